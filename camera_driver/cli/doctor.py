# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver doctor`: what is wrong with the port, the adapter or the computer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
import os
from pathlib import Path
import time
from typing import Any

from camera_driver.catalog import TYPES
from camera_driver.cli.complete import offer, ports
from camera_driver.cli.output import clean, Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.doctor import adapter, computer
from camera_driver.doctor.findings import error, Finding, Level, note, ok, warning
from camera_driver.errors import PortError, StorageError
from camera_driver.host.clock import clock_error

LISTEN = 0.5  # s
COMPUTER = 'this computer'


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
It looks at the port from outside (name, adapter, permission, programs that take ports), opens
it, listens, and asks which device answers, with harmless questions (see `camera-driver probe`).
Then at the computer: clock, disk, ROS 2, shared memory. Nothing is changed, and ROS 2 is not
needed. With a rig file each of its ports is looked at, and its device is asked for first.

exit codes: 0 nothing in the way, 1 an ERROR was found

examples:
  camera-driver doctor
  camera-driver doctor /dev/ttyUSB0
  camera-driver doctor rig.yaml --no-questions
"""
    offer(parser.add_argument('what', nargs='?', metavar='PORT|RIG',
                              help='a serial port, or the file of a rig; neither: the computer '
                              'alone'), ports)
    parser.add_argument('--no-questions', action='store_true',
                        help='do not ask the devices: the ports are opened and listened to')
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class Place:
    """A port that is looked at, and the device that is expected there."""

    port: str
    device: str = ''  # name in the rig file
    type: str = ''  # noqa: A003; of TYPES; empty: any
    folders: Mapping[str, str] = field(default_factory=dict)  # what is written -> where


def run(args: Arguments, out: Output) -> int:
    """Look at all there is and print it."""
    places = _places(args.what) if args.what else []
    report: dict[str, list[Finding]] = {}
    with out.interrupt.handled():
        for place in places:
            title = f'{place.device} ({place.type}), {place.port}' if place.device else place.port
            report[title] = [*_port(place, out, not args.no_questions)]
        report[COMPUTER] = [*_computer(places)]
    found = [one for findings in report.values() for one in findings]
    well = not any(one.level is Level.ERROR for one in found)
    lines = []
    for title, findings in report.items():
        lines.append(title)
        for one in findings:
            lines.append(f'  {one.level.value:5}  {one.subject}: {clean(one.words)}')
            if one.advice:
                lines.append(f'         -> {one.advice}')
    lines.append(', '.join(_count(found, level, word) for level, word in (
        (Level.ERROR, 'error'), (Level.WARN, 'warning'))))
    out.show({'well': well, 'findings': {title: [
        {'level': one.level.value, 'subject': one.subject, 'words': one.words,
         'advice': one.advice} for one in findings] for title, findings in report.items()}},
        '\n'.join(lines))
    return 0 if well else 1


def _count(found: Sequence[Finding], level: Level, word: str) -> str:
    number = sum(one.level is level for one in found)
    return f'{number} {word}{"s" * (number != 1)}'


def _places(what: str) -> list[Place]:
    """Return the port, or those of a rig file. Raises StorageError and ValueError."""
    path = Path(what)
    if '://' in what or not path.is_file():
        if path.suffix in ('.yaml', '.yml'):
            raise StorageError(f'{what}: no such file; name a rig file or a port')
        return [Place(what)]
    import yaml
    try:
        document: Any = yaml.safe_load(path.read_bytes())
        devices = document['devices']
        places = []
        for one in devices:
            parameters = one.get('parameters') or {}
            if parameters.get('simulate'):
                continue
            folders = {f'{key} of {one["name"]}': str(parameters[key])
                       for key in ('download_directory', 'ledger_file') if parameters.get(key)}
            places.append(Place(str(parameters.get('port', '')), str(one['name']),
                                str(one['type']), folders))
        return places
    except OSError as problem:
        raise StorageError(f'{what}: {problem.strerror}; name a rig file or a port') from None
    except (yaml.YAMLError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError(f'{what}: not a rig file that can be read; camera-driver up {what} '
                         '--simulate says where it is wrong') from None


def _port(place: Place, out: Output, ask: bool) -> Iterator[Finding]:
    """Yield what is found of one port, from outside first."""
    if place.type and place.type not in TYPES:
        yield error('type', f'there is no device type {place.type!r}', 'one of '
                    + ', '.join(TYPES))
        return
    if not place.port:
        yield error('port', 'the rig file names none', 'port: under parameters:')
        return
    outside = [*adapter.look_at(place.port)]
    yield from outside
    if any(one.level is Level.ERROR for one in outside):
        return
    try:
        yield from _line(place)
        if ask:
            yield from _device(place, out)
    except PortError as problem:
        yield error('port', str(problem).removeprefix(f'{place.port}: '))


def _line(place: Place) -> Iterator[Finding]:
    """Yield what an open port tells before anything is asked. Raises PortError."""
    from camera_driver.link.port import LineSettings, SerialPort
    from camera_driver.link.ports import open_port
    line = TYPES[place.type].device_class().LINE if place.type else LineSettings(9600)
    port = open_port(place.port, line)
    try:
        here = port if isinstance(port, SerialPort) and '://' not in place.port else None
        lines = here.modem_lines() if here else None
        before = here.line_errors() if here else None
        heard = port.read(LISTEN)
        after = here.line_errors() if here else None
    finally:
        port.close()
    yield ok('port', f'opens at {line}')
    if not place.type:
        yield from _parity(place)
    if lines is not None:
        on = [name for name, state in lines.items() if state]
        yield note('modem lines', f'{", ".join(on)} on' if on else 'all off: a cable with three '
                   'wires, or nothing is connected or switched on')
    if before is not None and after is not None:
        more = {kind: count - before[kind] for kind, count in after.items()
                if count > before[kind]}
        if more:
            yield warning('line', 'damaged bytes while nothing was asked: ' + ', '.join(
                f'{count} {kind}' for kind, count in more.items()),
                'framing errors: something talks at another speed; else see to cable and ground')
        elif any(after.values()):
            yield note('line', 'damaged bytes since the adapter was plugged in: ' + ', '.join(
                f'{count} {kind}' for kind, count in after.items() if count))
    if heard:
        yield note('line', f'{len(heard)} bytes came without a question: {heard[:16].hex(" ")}')


def _parity(place: Place) -> Iterator[Finding]:
    """Yield for which types the port lacks the parity."""
    from camera_driver.link.ports import open_port
    for one in TYPES.values():
        line = one.device_class().LINE
        if line.parity != 'N':
            try:
                open_port(place.port, line).close()
            except PortError as problem:
                yield warning('parity', str(problem).removeprefix(f'{place.port}: '),
                              f'it is of no use for {one.name}')


def _device(place: Place, out: Output) -> Iterator[Finding]:
    """Yield which device answers. Raises PortError."""
    from camera_driver.cli.probe import ask, FOUND, judge, NOTHING
    expected = [TYPES[place.type]] if place.type else []
    answers, heard = ask(place.port, expected or list(TYPES.values()), out)
    if expected and judge(answers, heard) != FOUND:
        others, more = ask(place.port, [one for one in TYPES.values() if one not in expected], out)
        if judge(others, more) == FOUND:
            yield error('device', f'a {others[0].device_type} answers, not a {place.type}: '
                        f'{others[0].detail}', 'are two ports of the rig file exchanged?')
            return
        answers, heard = [*answers, *others], heard + more
    verdict = judge(answers, heard)
    if verdict == FOUND:
        yield ok('device', f'{answers[0].device_type}: {answers[0].detail}')
    elif verdict == NOTHING:
        yield error('device', 'nothing answers', 'is it switched on and in its computer mode, and '
                    'the cable in the right sockets? Is it a crossed cable where it has to be?')
    else:
        words = '; '.join(f'{one.device_type}: {one.detail}' for one in answers
                          if one.verdict not in (FOUND, NOTHING))
        yield error('device', 'something else answers, or a known device at another speed'
                    + (f' ({words})' if words else ''), 'switch it off and on, so that it is at '
                    'its first speed again; the commands of its own type look at other speeds, '
                    'too')


def _computer(places: list[Place]) -> Iterator[Finding]:
    yield computer.clock(time.time(), clock_error())
    home = os.environ.get('HOME', '')
    ros_home = os.environ.get('ROS_HOME') or (home and os.path.join(home, '.ros'))
    folders = {what: folder for place in places for what, folder in place.folders.items()}
    if ros_home:
        folders['shots and logs'] = ros_home
    else:
        yield warning('disk', 'neither HOME nor ROS_HOME is set', 'export ROS_HOME=/var/lib/ros')
    for what, folder in folders.items():
        path = Path(os.path.expanduser(folder))
        yield computer.disk(path.parent if what.startswith('ledger_file') else path, what)
    yield from computer.ros(os.environ)
    yield from computer.shared_memory()
