# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver shots`: what a ledger knows of each shot, as a table or for other programs."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
import os
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from camera_driver.cli.output import Output, table
from camera_driver.cli.parser import Arguments, Parser, UsageError

if TYPE_CHECKING:
    from camera_driver.ledger.shared import SharedLedger
    from camera_driver.ledger.shots import ShotRecord

FORMATS = ('geojson', 'kml', 'csv-pix4d', 'csv-metashape', 'csv-opk', 'odm-geo', 'opensfm')
WITH_FOOTPRINTS = FORMATS[:2]


def add_ledger(parser: Parser) -> None:
    """Add the options that say which shots."""
    home = os.environ.get('ROS_HOME') or '~/.ros'
    parser.add_argument('--ledger', metavar='FILE', type=Path,
                        default=Path(home, 'camera_driver', 'shots.sqlite3'),
                        help='the shot ledger of the nodes (default: %(default)s)')
    parser.add_argument('--camera', metavar='NAME', help='of this camera alone (default: of all)')


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
examples:
  camera-driver shots
  camera-driver shots --camera nadir --export odm-geo --output pictures/geo.txt
  camera-driver shots --export kml --calibration nadir=nadir.yaml --ground 431 --output shots.kml
"""
    add_ledger(parser)
    parser.add_argument('--export', metavar='FORMAT', choices=FORMATS,
                        help=f'for other programs: {", ".join(FORMATS)}')
    parser.add_argument('--output', metavar='FILE', type=Path,
                        help='where the export goes; a file that is there is kept (default: '
                        'printed)')
    parser.add_argument('--calibration', metavar='CAMERA=FILE', type=_calibration, action='append',
                        default=[], help='geojson and kml: add what the pictures of a camera '
                        'show of the ground; its calibration file; once for each camera')
    parser.add_argument('--ground', metavar='M', type=float, help='height of the level ground, '
                        'over what the heights of the positions are over')
    parser.set_defaults(run=run)


def _calibration(text: str) -> tuple[str, Path]:
    camera, equals, file = text.partition('=')
    if not (camera and equals and file):
        raise ArgumentTypeError(f'{text!r}: write CAMERA=FILE, such as nadir=nadir.yaml')
    return camera, Path(file)


def run(args: Arguments, out: Output) -> int:
    """Show or export the shots."""
    if args.output and not args.export:
        raise UsageError('--output is for --export: say which format')
    if bool(args.calibration) != (args.ground is not None):
        raise UsageError('footprints need both --calibration CAMERA=FILE and --ground M')
    if args.calibration and args.export not in WITH_FOOTPRINTS:
        raise UsageError(f'footprints are for --export {" or ".join(WITH_FOOTPRINTS)}')
    with opened(args) as (_, shots):
        return (_export if args.export else _show)(args, shots, out)


def _export(args: Arguments, shots: Sequence[ShotRecord], out: Output) -> int:
    from camera_driver.payload.exports import export
    text, left_out = export(args.export, shots, _footprints(args, shots))
    if args.output:
        from camera_driver.pictures.storage import write_new
        write_new(args.output, text.encode())
        out.show({'output': args.output, 'shots': len(shots),
                  'left_out': [shot.shot_id for shot in left_out]},
                 f'{args.output}  {len(shots) - len(left_out)} of {len(shots)} shots')
    else:
        print(text, end='')
    if left_out:
        print(f'camera-driver: {len(left_out)} of {len(shots)} shots have no position or no '
              f'picture and are not in {args.export}; camera-driver shots shows which',
              file=sys.stderr)
    return 0


def _footprints(args: Arguments, shots: Sequence[ShotRecord]
                ) -> dict[str, Sequence[tuple[float, float]]]:
    """Return what shots show of the ground, by their ids; why not, is told."""
    from camera_driver.errors import StorageError
    from camera_driver.payload.footprint import footprint, NoFootprint
    from camera_driver.payload.geotag import Tag
    from camera_driver.pictures.calibration import read
    found = {}
    for camera, path in args.calibration:
        if camera not in {shot.camera for shot in shots}:
            raise UsageError(f'--calibration {camera}={path}: no shots of {camera!r} are exported')
        try:
            intrinsics = read(path)
        except OSError as error:
            raise StorageError(f'{path}: {error.strerror}; give a calibration file') from error
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from None
        without: Counter[str] = Counter()
        for shot in shots:
            if shot.camera == camera and (tag := Tag.of(shot)):
                try:
                    found[shot.shot_id] = footprint(tag, intrinsics, args.ground)
                except NoFootprint as error:
                    without[str(error)] += 1
        for reason, count in without.items():
            print(f'camera-driver: {count} shots of {camera} have no footprint: {reason}',
                  file=sys.stderr)
    return found


def _show(args: Arguments, shots: Sequence[ShotRecord], out: Output) -> int:
    from camera_driver.payload.exports import name_of, why_untagged
    from camera_driver.payload.geotag import Tag
    rows = []
    for shot in shots:
        tag = Tag.of(shot)
        taken = datetime.fromtimestamp(shot.stamp or shot.commanded, timezone.utc)
        rows.append([shot.shot_id, shot.state, f'{taken:%Y-%m-%d %H:%M:%S}', name_of(shot) or '-',
                     place(tag.latitude, tag.longitude) if tag else
                     f'untagged: {why_untagged(shot)}'])
    header = ['SHOT', 'STATE', 'TIME (UTC)', 'FILE', 'POSITION']
    out.show({'shots': shots}, table(header, rows) if rows else 'No shots.')
    return 0


def place(latitude: float, longitude: float) -> str:
    """Return a position for people, to a decimetre."""
    return f'{latitude:.6f} {longitude:.6f}'


@contextmanager
def opened(args: Arguments) -> Iterator[tuple[SharedLedger, Sequence[ShotRecord]]]:
    """Give the ledger and the shots that are asked for."""
    from camera_driver.ledger.shared import SharedLedger
    ledger = SharedLedger(args.ledger)
    try:
        names = ledger.cameras()
        if args.camera is not None and args.camera not in names:
            raise UsageError(f'{args.ledger} has no shots of {args.camera!r}; it has some of '
                             f'{", ".join(names) or "no camera"}')
        yield ledger, ledger.shots(args.camera)
    finally:
        ledger.close()
