# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver probe`: which device answers at a port, found out with harmless questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING

from camera_driver.catalog import TYPES
from camera_driver.cli.complete import offer, ports
from camera_driver.cli.output import Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.device_type import DeviceType
from camera_driver.errors import DeviceError, PortError, ReplyTimeout

if TYPE_CHECKING:
    from camera_driver.link.port import LineSettings, Port
    from camera_driver.model import Identity

LISTEN = 0.5  # s of listening before the first question
ROUNDS = (2.0, 6.0)  # s for each type: a device that is awake and hears well answers at once
FOUND, NOTHING, OTHER = 'found', 'nothing', 'something else'
EXIT_CODES = {FOUND: 0, NOTHING: 4, OTHER: 5}


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = f"""\
It listens for {LISTEN} s, then opens each type in turn at that type's own line settings, as
the type's driver does, asks who is there, and leaves again. It ends with the first device that
answers. In a first round each type gets {ROUNDS[0]:g} s; when none has answered, a second one of
{ROUNDS[1]:g} s each is for cameras that are slow to wake and for noisy lines. It tries no other
speeds: a device that was left at one, as a fuji_mx camera may be by a program that was killed, is
found by the commands of its own type alone.

exit codes: 0 found, 4 nothing answers, 5 something else answers
"""
    offer(parser.add_argument('port', metavar='PORT', help='e.g. /dev/ttyUSB0'), ports)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class Answer:
    """What came of asking for one device type."""

    device_type: str
    line: str
    verdict: str  # FOUND, NOTHING or OTHER
    detail: str
    identity: Identity | None = None


def run(args: Arguments, out: Output) -> int:
    """Listen, ask for each type, and say what it was."""
    with out.interrupt.handled():
        answers, heard = ask(args.port, list(TYPES.values()), out)
    return say(out, args.port, answers, heard)


def ask(port: str, types: Sequence[DeviceType], out: Output) -> tuple[Sequence[Answer], bytes]:
    """
    Ask for device types, in this order, until one answers.

    Returns the answers, that one alone if there is one, and what was heard before any question.
    Raises PortError.
    """
    heard = b''
    answers: dict[str, Answer] = {}
    for patience in ROUNDS:
        for device_type in types:
            cls = device_type.device_class()
            with out.note(f'Asking for {device_type.name} at {cls.LINE} ...'):
                if not answers:
                    heard = _listen(port, cls.LINE)
                answer = answers[device_type.name] = _ask(port, device_type, patience)
            if answer.verdict == FOUND:
                return [answer], heard
    return list(answers.values()), heard


def judge(answers: Sequence[Answer], heard: bytes) -> str:
    """Return the verdict on all answers."""
    verdicts = [answer.verdict for answer in answers]
    if FOUND in verdicts:
        return FOUND
    return OTHER if heard or OTHER in verdicts else NOTHING


def say(out: Output, port: str, answers: Sequence[Answer], heard: bytes) -> int:
    """Show what it was; return the exit code."""
    verdict = judge(answers, heard)
    document = {'port': port, 'verdict': verdict, 'heard': heard,
                'answers': [asdict(answer) for answer in answers]}
    out.show(document, '\n'.join(_report(port, verdict, answers, heard)))
    return EXIT_CODES[verdict]


class ProbePort:
    """A port that keeps its speed: a driver that looks at others finds nothing there."""

    def __init__(self, port: Port, patience: float) -> None:
        """Take over an open port; ReplyTimeout is raised `patience` seconds from now."""
        self._port = port
        self._patience = patience
        self._end = monotonic() + patience
        self.name = port.name
        self.line = port.line
        self.now, self.write, self.flush = port.now, port.write, port.flush
        self.cancel, self.close = port.cancel, port.close

    def configure(self, line: LineSettings) -> None:
        """Set the format."""
        if line.baudrate != self.line.baudrate:
            raise ReplyTimeout(f'{self.name}: nothing answers at {self.line}')
        self._port.configure(line)
        self.line = line

    def read(self, timeout: float) -> bytes:
        """Read, within the patience."""
        return self._port.read(self._at_most(timeout))

    def pause(self, seconds: float) -> None:
        """Wait, within the patience."""
        self._port.pause(self._at_most(seconds))

    def _at_most(self, seconds: float) -> float:
        rest = self._end - monotonic()
        if rest < 0:
            raise ReplyTimeout(f'{self.name}: no answer within {self._patience} s')
        return min(seconds, rest)


def _listen(name: str, line: LineSettings) -> bytes:
    from camera_driver.link.ports import open_port
    port = open_port(name, line)
    try:
        return port.read(LISTEN)
    finally:
        port.close()


def _ask(name: str, device_type: DeviceType, patience: float) -> Answer:
    from camera_driver.cli.job import defaults
    from camera_driver.link.ports import open_port
    cls = device_type.device_class()
    options = defaults(cls)
    if 'baudrate' in options:
        options['baudrate'] = cls.LINE.baudrate  # enough for a question
    device = cls(ProbePort(open_port(name, cls.LINE), patience), options)
    verdict, detail, identity = FOUND, '', None
    try:
        identity = device.open()
        detail = str(identity)
    except PortError:
        raise
    except ReplyTimeout as error:
        verdict, detail = OTHER if device.statistics.bytes_received else NOTHING, str(error)
    except DeviceError as error:
        verdict, detail = OTHER, str(error)
    finally:
        device.close()
    return Answer(device_type.name, str(cls.LINE), verdict, detail, identity)


def _report(port: str, verdict: str, answers: Sequence[Answer], heard: bytes) -> list[str]:
    from camera_driver.link.framing import hexdump
    found = [answer for answer in answers if answer.verdict == FOUND]
    lines = []
    if heard:
        lines.append(f'heard before anything was asked: {hexdump(heard)}')
    lines += [f'{answer.device_type} at {answer.line}: '
              + ('no answer' if answer.verdict == NOTHING else answer.detail)
              for answer in answers]
    if verdict == FOUND:
        lines.append(f'Next:  camera-driver {found[0].device_type} --port {port} info')
    elif verdict == OTHER:
        lines.append(f'{port}: something else answers, or a known device at another speed')
    else:
        lines.append(f'{port}: nothing answers. Is the device on and in its computer mode? Is '
                     'the cable in the right sockets?')
    return lines
