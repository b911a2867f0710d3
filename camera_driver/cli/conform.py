# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver conform`: what a device does, reported with the evidence."""

from __future__ import annotations

from argparse import SUPPRESS
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
import platform
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any, TYPE_CHECKING

from camera_driver.catalog import find, TYPES
from camera_driver.cli.complete import offer, ports
from camera_driver.cli.device import add_connection
from camera_driver.cli.job import Job
from camera_driver.cli.output import clean, Output, table
from camera_driver.cli.parser import add_common, Arguments, Parser, UsageError
from camera_driver.cli.unfinished import Unfinished
from camera_driver.conform.facts import Level, Verdict
from camera_driver.device_type import DeviceType
from camera_driver.errors import StorageError

if TYPE_CHECKING:
    from camera_driver.device import Device

OPTIONS: Mapping[str, Any] = {'level': Level.LOOK.value, 'out': None, 'with_pictures': False,
                              'sign': None, 'junit': None, 'yes': False}
QUESTIONS = {
    Level.LOOK: '',
    Level.CAPTURE: 'Take one picture and download it, and set each setting to another value and '
                   'back?',
    Level.ALL: 'Take one picture, download, protect and delete it, set each setting to another '
               'value and back, and set the clock to what it shows?'}


def fill(parser: Parser) -> None:
    """Add the device types; each adds its arguments when it is used."""
    parser.usage = ('%(prog)s [TYPE] --port PORT [--level LEVEL] [--out REPORT]\n'
                    '       %(prog)s --verify REPORT\n'
                    '       %(prog)s --replay REPORT [--link PATH]')
    parser.epilog = """\
It asks the device what no document proves, and writes a report: a zip file with the wire trace,
from which names, serial numbers, passwords and pictures are taken, and with what follows from it.
Everybody can compute that again, without the device: --verify.

exit codes: 0 nothing is refuted, 1 the device does otherwise than the document says; else those
of camera-driver --help

examples:
  camera-driver conform --port /dev/ttyUSB0
  camera-driver conform sierra --port /dev/ttyUSB0 --level capture
  camera-driver conform --verify report.zip
  camera-driver conform --replay report.zip --link /tmp/camera
"""
    parser.add_argument('--verify', metavar='REPORT', type=Path,
                        help='compute the results of a report again, from its trace')
    parser.add_argument('--signers', metavar='FILE', type=Path, help='with --verify: the report '
                        'has to be signed by one of these (allowed signers of ssh-keygen)')
    parser.add_argument('--replay', metavar='REPORT', type=Path,
                        help='play the trace of a report as a device, on a pseudo-terminal')
    parser.add_argument('--link', metavar='PATH',
                        help='make the port of --replay appear here')
    offer(parser.add_argument('--port', metavar='PORT', default=SUPPRESS, help='without TYPE: '
                              'find out which device answers there, as probe does'), ports)
    _add_options(parser)
    parser.set_defaults(run=_without_type)
    types = parser.add_subparsers(metavar='TYPE', title='device types')
    for device_type in TYPES.values():
        if device_type.listener:
            types.add_parser(device_type.name, help=device_type.title,
                             description=f'Report what this does: {device_type.title}.',
                             fill=partial(_fill, device_type))


def _add_options(parser: Parser) -> None:
    """Add what is the same for all types; given before TYPE or behind it."""
    def add(name: str, text: str, **more: Any) -> None:
        parser.add_argument(name, default=SUPPRESS, help=text, **more)

    add('--level', 'how far to go (default: look)', choices=[level.value for level in Level])
    add('--out', 'the report (default: TYPE-DATE-TIME.zip)', metavar='REPORT', type=Path)
    add('--with-pictures', 'put the picture that is taken into the report, as it is',
        action='store_true')
    add('--sign', 'sign the report with this SSH key, as ssh-keygen -Y sign does', metavar='KEY',
        type=Path)
    add('--junit', 'write the results as JUnit XML, too', metavar='FILE', type=Path)
    add('--yes', 'do not ask before something is changed or used up', action='store_true')


def _fill(device_type: DeviceType, parser: Parser) -> None:
    """Add the arguments of one device type."""
    parser.epilog = """\
levels:
  look      reads only
  capture   takes one picture and downloads it; sets each setting to another value and back
  all       protects and deletes its own picture; sets the clock to what it shows
"""
    _add_options(parser)
    add_common(parser)
    add_connection(parser, device_type.device_class(), shown=True)
    parser.set_defaults(run=partial(run, device_type))


def _with_defaults(args: Arguments) -> Arguments:
    """Return all options, those too that were not given."""
    return Arguments(**{**OPTIONS, **vars(args)})


def _without_type(args: Arguments, out: Output) -> int:
    """Do what needs a report alone, or find out which type it is."""
    args = _with_defaults(args)
    if args.replay:
        return _replay(args.replay, args.link, out)
    if args.verify:
        return _verify(args, out)
    if 'port' not in args:
        raise UsageError('say where the device is, with --port PORT, or --verify or --replay with '
                         'a report; see camera-driver conform --help')
    from camera_driver.cli.probe import ask, FOUND, judge, say
    with out.interrupt.handled():
        answers, heard = ask(args.port, list(TYPES.values()), out)
    if judge(answers, heard) != FOUND:
        return say(out, args.port, answers, heard)
    return run(find(answers[0].device_type), args, out)


def _replay(path: Path, link: str | None, out: Output) -> int:
    """Play a report's trace, as `camera-driver replay` does."""
    from camera_driver.cli import replay
    from camera_driver.conform import report
    found = report.read(path)
    with TemporaryDirectory() as folder:
        wire = Path(folder) / report.TRACE
        wire.write_bytes(found.files[report.TRACE])
        return replay.run(Arguments(file=wire, link=link), out)


def _verify(args: Arguments, out: Output) -> int:
    from camera_driver.conform import report
    from camera_driver.conform.signature import signer
    path: Path = args.verify
    found = report.read(path)
    kind = find(str(found.about.get('type')))
    results, same = report.verify(kind, found)
    if args.signers and not found.signature:
        raise StorageError(f'{path}: it is not signed')
    signed = signer(found.manifest, found.signature, args.signers) if found.signature else None
    words = ('The results follow from the trace.' if same else
             'Made with other facts than this version knows: judged anew.')
    _show(args, out, found.about, results, f'{path}: {words} Signed by: {signed or "nobody"}.',
          verified=True, same_facts=same, signed=signed)
    return _code(results)


def run(device_type: DeviceType, args: Arguments, out: Output) -> int:
    """Ask the device and write the report; it is written as well when it ends early."""
    args = _with_defaults(args)
    job: Job[Device] = Job(args, out, device_type)
    if 'port' not in args:
        with job.device():  # raises the error that names the ports
            pass
    if 'trace' in args:
        raise UsageError('the trace is in the report: leave --trace out')
    level = Level(args.level)
    if level is not Level.LOOK and not job.confirm(f'to go to level {level.value}',
                                                   QUESTIONS[level]):
        level = Level.LOOK
    work = Unfinished(device_type, args.port)
    work.finish_earlier()
    path = args.out or Path(time.strftime(f'{device_type.name}-%Y%m%d-%H%M%S.zip'))
    args.trace = work.begin(path, _about(args.port, level))
    ended = 'interrupted'
    try:
        with job.device() as opened:
            work.know(opened.identity, str(opened.port.line))
            work.restore_earlier(opened.device, opened.identity)
            _levels(job, opened.device, work, level)
        ended = ''
    except Exception as error:
        ended = str(error)
        raise
    finally:
        report = work.end(ended)
        if ended and report:
            print(f'camera-driver: {path}: the report as far as it got', file=sys.stderr)
    assert report  # the device has answered
    for left in report.about['left']:
        print(clean(f'camera-driver: left changed: {left}; the next run at this port puts it '
                    'back'), file=sys.stderr)
    if args.sign:
        from camera_driver.conform.signature import sign
        replace(report, signature=sign(report.manifest, args.sign)).write(path)
    _show(args, out, report.about, report.results, f'{path}: the report; look at it before you '
          f'send it: unzip -p {path} summary.txt', report=path)
    return _code(report.results)


def _levels(job: Job[Device], device: Device, work: Unfinished, level: Level) -> None:
    """Go through the levels, and keep what was done."""
    from camera_driver.conform.steps import Steps
    with ExitStack() as shown:
        def say(words: str) -> None:
            shown.close()
            shown.enter_context(job.out.note(f'{words} ...'))

        steps = Steps(device, job.device_type.unproven(), work, say)
        for words in steps.go(level):
            work.did(words)
    if job.args.with_pictures:
        work.pictures = steps.pictures


def _about(port: str, level: Level) -> Mapping[str, Any]:
    """Return what is known before the device answers."""
    from importlib.metadata import PackageNotFoundError, version
    from camera_driver.link.port import adapter
    try:
        number = version('camera_driver')
    except PackageNotFoundError:
        number = ''
    return {'level': level.value, 'date': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
            'tool': {'version': number, 'python': platform.python_version(),
                     'system': platform.platform()},
            'adapter': adapter(port)}


def _show(args: Arguments, out: Output, about: Mapping[str, Any], results: Mapping[str, Any],
          last: str, **more: Any) -> None:
    """Show what was found, of what was tried."""
    from camera_driver.conform.report import count
    if args.junit:
        from camera_driver.conform.junit import junit
        try:
            args.junit.write_bytes(junit(about, results))
        except OSError as error:
            raise StorageError(f'{args.junit}: {error.strerror}') from error
    rows = [(one['id'], one['verdict'], one['says'], one['seen'] or '')
            for one in results['facts'] if one['verdict'] != Verdict.NOT_TRIED.value]
    counts = ', '.join(f'{number} {verdict}' for verdict, number in count(results).items())
    out.show({'about': about, 'results': results, **more}, '\n'.join([
        table(('FACT', 'RESULT', 'SAYS', 'SEEN'), rows), '', counts + '.', clean(last)]))


def _code(results: Mapping[str, Any]) -> int:
    return int(any(one['verdict'] == Verdict.REFUTED.value for one in results['facts']))
