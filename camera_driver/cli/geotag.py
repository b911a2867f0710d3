# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver geotag`: where the shots of a ledger were taken, from a track of the flight."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
import hashlib
from math import isfinite, nan
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from camera_driver.cli.images import open_store, PARTLY
from camera_driver.cli.output import Output, table
from camera_driver.cli.parser import Arguments, Parser, UsageError
from camera_driver.cli.shots import add_ledger, opened, place
from camera_driver.errors import DamagedPicture, NotSupported, StorageError

if TYPE_CHECKING:
    from camera_driver.ledger.shared import SharedLedger
    from camera_driver.ledger.shots import ShotRecord
    from camera_driver.payload.geotag import Tag
    from camera_driver.payload.lens import Lens
    from camera_driver.payload.rig import Place
    from camera_driver.payload.track import Track
    from camera_driver.pictures.storage import PictureStore

HEIGHTS = {'ellipsoid': 'ellipsoid', 'msl': 'mean sea level'}
STAMP = ('stamp', 'stamp_source', 'stamp_uncertainty')


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
Each shot of the ledger gets its position, which stays there for `camera-driver shots --export`;
with --output or --in-place its picture gets it as well. Without a track, pictures get the
positions that the ledger has, of a node's own geotags. Shots are never matched by their number or
by the date of a file. What gets no position keeps the one it has, and is listed with the reason.

A CSV track has a header line: time,latitude,longitude,height_ellipsoid (or height_msl) and, if
they are known, yaw,pitch,roll of the platform and horizontal_accuracy,vertical_accuracy. Times are
Unix seconds, or ISO 8601 with the zone.

examples:
  camera-driver geotag --track flight.csv --output tagged
  camera-driver geotag --output tagged
  camera-driver geotag --find-offset triggers.csv
  camera-driver geotag --camera-clock --events hotshoe.csv
  camera-driver geotag --track flight.csv --events hotshoe.csv --output tagged
  camera-driver geotag --track bag --fix-topic /gps/fix --attitude-topic /imu/data --output tagged
  camera-driver geotag --track flight.gpx --height msl --offset 0.084 --in-place
"""
    add_ledger(parser)
    parser.add_argument('--track', metavar='FILE', type=Path,
                        help='GPX, CSV with a header line, or a ROS 2 bag (MCAP or SQLite)')
    parser.add_argument('--fix-topic', metavar='TOPIC', default='', help='of a bag: NavSatFix of '
                        'the antenna; needed where it has several')
    parser.add_argument('--attitude-topic', metavar='TOPIC', default='', help='of a bag: Imu or '
                        'QuaternionStamped of the body; likewise')
    parser.add_argument('--gimbal-topic', metavar='TOPIC', default='', help='of a bag: JointState '
                        'of the gimbal that carries the camera')
    parser.add_argument('--gimbal-joints', metavar='JOINT,...', type=_names, default=(),
                        help='its joints, from the body to the camera')
    parser.add_argument('--gimbal-axes', metavar='AXES', default='', help='what each turns about '
                        'at 0: x (forward), y (left) or z (up), such as zxy')
    parser.add_argument('--event-topic', metavar='TOPIC', default='', help='of a bag given '
                        'as LOG: TimeReference; needed where it has several')
    parser.add_argument('--height', choices=list(HEIGHTS), help='what heights of the track are '
                        'over, where the file does not say it')
    parser.add_argument('--offset', metavar='S', type=_number, default=0.0, help='what the clock '
                        "of the track is ahead of the shots' (default: 0)")
    parser.add_argument('--find-offset', metavar='LOG', type=Path, help='tell the offset that '
                        'fits a log of triggers, a CSV with a column time or a bag, and change '
                        'nothing')
    parser.add_argument('--camera-clock', action='store_true', help='tell offset and drift of the '
                        'clock of the camera, from the times in its pictures, and change nothing; '
                        'with --events against these')
    parser.add_argument('--events', metavar='LOG', type=Path, help='exposure events by the clock '
                        'of the track, a CSV with a column time or a bag: of each shot that has '
                        'one it becomes the stamp, in the ledger as well')
    parser.add_argument('--event-uncertainty', metavar='S', type=_number, help='of these times, '
                        'standard deviation (default: not known, nor is that of the positions)')
    parser.add_argument('--lever-arm', metavar='X,Y,Z', type=_vector, default=(0.0, 0.0, 0.0),
                        help='from the antenna to the camera: forward, right, down [m]')
    parser.add_argument('--boresight', metavar='YAW,PITCH,ROLL', type=_vector,
                        default=(0.0, 0.0, 0.0), help='from the platform to the camera [deg]; '
                        '0,0,0: it looks down, the top of the picture ahead')
    parser.add_argument('--rig', metavar='CAMERA,...', type=_names, default=(), help='the cameras '
                        'of a rig: their shots of one trigger get one CaptureUUID, and each '
                        'its place here as RigCameraIndex')
    parser.add_argument('--rig-tolerance', metavar='S', type=_number, default=0.25, help='within '
                        'which the stamps of one trigger lie; less than half the time between '
                        'triggers (default: %(default)g)')
    parser.add_argument('--lens', metavar='CAMERA=FILE,UM', type=_lens, action='append',
                        default=[], help='also write the calibration of a camera into its '
                        'pictures: its file, and how wide a pixel of them is on the sensor [um]; '
                        'once for each camera')
    parser.add_argument('--max-age', metavar='S', type=_number, default=0.2,
                        help='beyond the track a position holds for (default: %(default)g)')
    parser.add_argument('--max-gap', metavar='S', type=_number, default=2.0,
                        help='between fixes a position is told for (default: %(default)g)')
    parser.add_argument('--max-speed', metavar='M/S', type=_number, default=100.0,
                        help='fixes that would be faster do not count (default: %(default)g)')
    where = parser.add_mutually_exclusive_group()
    where.add_argument('--output', metavar='DIR', type=Path,
                       help='where tagged copies of the pictures go; made if absent')
    where.add_argument('--in-place', action='store_true', help='tag the pictures themselves')
    parser.set_defaults(run=run)


def run(args: Arguments, out: Output) -> int:
    """Tag the shots, or find the offset."""
    tells = bool(args.find_offset) + args.camera_clock
    if tells + bool(args.track) > 1:
        raise UsageError('say --track FILE or --find-offset LOG, not both; nor either with '
                         '--camera-clock')
    if not (args.track or tells or args.output or args.in_place):
        raise UsageError('say --track FILE or --find-offset LOG; or --output DIR or --in-place, '
                         'to write the positions that the ledger has into the pictures')
    if args.lens and not (args.output or args.in_place):
        raise UsageError('--lens is for pictures: say --output DIR or --in-place')
    if tells and (args.output or args.in_place):
        raise UsageError('--find-offset and --camera-clock change nothing: leave --output and '
                         '--in-place out')
    by_log = args.camera_clock and args.events
    if not args.track and (any((*args.lever_arm, *args.boresight)) or args.height
                           or args.offset and not by_log):
        raise UsageError('--offset, --lever-arm, --boresight and --height are of a --track: the '
                         'positions that the ledger has are those of the cameras already')
    if args.events and not (args.track or args.camera_clock):
        raise UsageError('--events are of a --track: by its clock')
    _check_topics(args)
    with opened(args) as (ledger, shots):
        of_one = tells or args.events or any((*args.lever_arm, *args.boresight))
        if of_one and len({shot.camera for shot in shots}) > 1:
            raise UsageError('--find-offset, --camera-clock, --events, --lever-arm and '
                             '--boresight are of one camera: say --camera NAME')
        if args.find_offset:
            return _find_offset(args, shots, out)
        if args.camera_clock:
            return _camera_clock(shots, _by_events(args, shots) if args.events else {}, out)
        if not args.track:
            return _tag_all(args, ledger, shots, None, out)
        track = _track(args)
        for reason, count in track.dropped.items():
            print(f'camera-driver: {args.track}: {count} fixes or attitudes dropped: {reason}',
                  file=sys.stderr)
        if args.events:
            found = _by_events(args, shots)
            for shot in found.values():
                ledger.geotag(shot.shot_id, shot.geotag or {})  # first: no estimate is lost
                ledger.stamped(shot.shot_id, *(getattr(shot, name) for name in STAMP))
            shots = [found.get(shot.shot_id, shot) for shot in shots]
        return _tag_all(args, ledger, shots, track, out)


def _check_topics(args: Arguments) -> None:
    from camera_driver.payload.bag import is_bag
    of_track = (args.fix_topic, args.attitude_topic, args.gimbal_topic)
    if any(of_track) and not (args.track and is_bag(args.track)):
        raise UsageError('--fix-topic, --attitude-topic and --gimbal-topic are of a bag: give one '
                         'as --track')
    if args.event_topic and not any(log and is_bag(log) for log in (args.events,
                                                                    args.find_offset)):
        raise UsageError('--event-topic is of a bag: give one as --events or --find-offset')
    if len({bool(one) for one in (args.gimbal_topic, args.gimbal_joints, args.gimbal_axes)}) > 1:
        raise UsageError('a gimbal needs --gimbal-topic, --gimbal-joints and --gimbal-axes')


def _log(path: Path, topic: str) -> Sequence[float]:
    """Return the times of a log of triggers or events."""
    from camera_driver.payload.bag import is_bag, read_events
    from camera_driver.payload.readers import read_triggers
    return read_events(path, topic) if is_bag(path) else read_triggers(path)


def _by_events(args: Arguments, shots: Sequence[ShotRecord]) -> Mapping[str, ShotRecord]:
    """Return shots stamped by their exposure events, by their ids; tell which have none."""
    from camera_driver.payload.events import associate, EXPOSURE_EVENT
    from camera_driver.payload.geotag import middle, NO_PICTURE
    taken = [shot for shot in shots if shot.stamp is not None and shot.state not in NO_PICTURE]
    estimated = [_estimate(shot) for shot in taken]
    events = _log(args.events, args.event_topic)
    pairs, delay = associate([middle(shot) + args.offset for shot in estimated], events)
    found = {taken[shot].shot_id: replace(
        taken[shot], stamp=events[event] - args.offset, stamp_source=EXPOSURE_EVENT,
        stamp_uncertainty=args.event_uncertainty, geotag=(taken[shot].geotag or {}) | {
            'estimate': {name: getattr(estimated[shot], name) for name in STAMP}})
        for shot, event in pairs}
    without = [shot.shot_id for shot in taken
               if shot.shot_id not in found and shot.stamp_source != EXPOSURE_EVENT]
    print(f'camera-driver: {args.events}: {len(pairs)} of {len(taken)} shots have one of '
          f'{len(events)} events'
          + (f', {delay.offset:+.4f} s behind their stamps, deviation {delay.deviation:.4f} s'
             if isfinite(delay.deviation) else '')
          + (f'; by their stamps alone: {", ".join(without)}' if without else ''),
          file=sys.stderr)
    return found


def _estimate(shot: ShotRecord) -> ShotRecord:
    """Return a shot as it was stamped before an event of an earlier run: that may be replaced."""
    return replace(shot, **(shot.geotag or {}).get('estimate', {}))


def _find_offset(args: Arguments, shots: Sequence[ShotRecord], out: Output) -> int:
    from camera_driver.payload.offset import find_offset
    found = find_offset([shot.stamp for shot in map(_estimate, shots) if shot.stamp is not None],
                        _log(args.find_offset, args.event_topic))
    out.show(found._asdict(), f'Offset {found.offset:+.4f} s: {found.matched} of {found.shots} '
             f'shots have one of {found.triggers} triggers; residual {found.residual:.4f} s, at '
             f'most {found.worst:.4f} s.\nNothing was changed. If it is right: camera-driver '
             f'geotag --offset={found.offset:.4f} --track ...')
    return 0


def _camera_clock(shots: Sequence[ShotRecord], by_events: Mapping[str, ShotRecord], out: Output
                  ) -> int:
    """Tell how the camera's clock goes, by the pictures that are as they came from it."""
    from camera_driver.payload.camera_clock import fit
    from camera_driver.payload.geotag import middle, NO_PICTURE
    from camera_driver.pictures.image import read_exif
    told, taken, uncertain = [], [], []
    for shot in shots:
        data, lack = _picture(shot)
        time = read_exif(data).taken if data and _sha256(data) == shot.sha256 else None
        if lack or time is None or shot.stamp is None or shot.state in NO_PICTURE:
            continue
        shot = by_events.get(shot.shot_id, shot)
        told.append(time.replace(tzinfo=timezone.utc).timestamp())
        taken.append(middle(_with_exposure(shot, data)))
        uncertain.append(shot.stamp_uncertainty or 0.0)
    found = fit(told, taken, uncertain)
    at = datetime.fromtimestamp(found.time, timezone.utc)
    slack = (f'; no line fits unless each picture may be {found.slack:.3f} s off'
             if found.slack else '')
    out.show(found._asdict(), f'The clock of the camera is {found.offset:+.3f} s ahead, standard '
             f'deviation {found.offset_error:.3f} s, at {at:%Y-%m-%d %H:%M:%S} UTC, and gains '
             f'{1e6 * found.drift:+.0f} ppm, standard deviation {1e6 * found.drift_error:.0f} ppm '
             f'({found.pictures} of {len(shots)} shots have a picture with a time, in whole '
             f'seconds{slack}).\nNothing was changed.')
    return 0


def _track(args: Arguments) -> Track:
    from camera_driver.payload.bag import is_bag, read_bag
    from camera_driver.payload.readers import read_track
    from camera_driver.payload.track import Track
    said = args.height and HEIGHTS[args.height]
    if is_bag(args.track):
        read = read_bag(args.track, args.fix_topic, args.attitude_topic, args.gimbal_topic,
                        args.gimbal_joints, args.gimbal_axes)
        said = said or HEIGHTS['ellipsoid']  # as NavSatFix.msg has it
    else:
        read = read_track(args.track)
    if not (read.height_kind or said):
        raise UsageError(f'{args.track} does not say what its heights are over: --height '
                         'ellipsoid (of the GNSS itself) or --height msl (mean sea level)')
    if read.height_kind and said and said != read.height_kind:
        raise UsageError(f'{args.track} says that its heights are over the {read.height_kind}, '
                         f'and --height {args.height} does not')
    track = Track(read.fixes, read.attitudes, read.gimbal, height_kind=read.height_kind or said,
                  max_age=args.max_age, max_gap=args.max_gap, max_speed=args.max_speed)
    track.dropped.update(read.dropped)
    return track


def _tag_all(args: Arguments, ledger: SharedLedger, shots: Sequence[ShotRecord],
             track: Track | None, out: Output) -> int:
    """Tag shot by shot, without a track by what the ledger has; return the exit code."""
    from camera_driver.model import Progress
    from camera_driver.payload.geotag import geotag, Mounting, NO_PICTURE, Tag
    from camera_driver.payload.rig import group
    from camera_driver.payload.track import Untagged
    mounting = Mounting(args.lever_arm, args.boresight)
    store = open_store(args.output) if args.output else None
    rows: list[list[str]] = []
    documents = []
    tagged = failed = 0
    for camera in set(args.rig) - {shot.camera for shot in shots}:
        print(f'camera-driver: --rig: the ledger has no shots by {camera!r}', file=sys.stderr)
    lenses = _lenses(args.lens, {shot.camera for shot in shots})
    grouped = group(shots, args.rig, args.rig_tolerance)
    if grouped.unclear:
        print(f'camera-driver: {len(grouped.unclear)} shots follow each other within '
              f'{args.rig_tolerance:g} s and are of more than one trigger: they get no place in '
              'the rig; give a smaller --rig-tolerance', file=sys.stderr)
    with out.progress('tagging', ' shots') as progress:
        for shot in shots:
            shot = _in_rig(shot, grouped.places)
            progress(Progress(len(rows), len(shots)))
            tag, words, file = None, '', None
            data, lack = _picture(shot)
            try:
                if track:
                    tag = geotag(_with_exposure(shot, data), track, mounting, args.offset)
                else:
                    tag = _tag_of(shot)
                if track or shot.shot_id in grouped.places:
                    ledger.geotag(shot.shot_id, _kept(shot, tag))
                tagged += 1
                if store or args.in_place:
                    if lack:
                        raise NotSupported(f'{lack}; the ledger has its position')
                    file = _write(shot, data, tag, ledger, store, lenses.get(shot.camera))
            except Untagged as error:
                words = str(error)
                if not track:
                    failed += shot.state not in NO_PICTURE
                elif Tag.of(shot):
                    words += '; it keeps the position that it has'
                else:
                    failed += shot.state not in NO_PICTURE
                    ledger.geotag(shot.shot_id, (shot.geotag or {}) | {'untagged': words})
            except (DamagedPicture, NotSupported) as error:
                failed += 1
                words = str(error)
            documents.append({'shot_id': shot.shot_id, 'tag': tag, 'file': file,
                              'reason': words or None})
            rows.append([shot.shot_id, *_position(tag), words or str(file or '')])
    text = f'{tagged} of {len(shots)} shots have a position from {args.track or args.ledger}.'
    if rows:
        header = ['SHOT', 'POSITION', 'HEIGHT', 'UNCERTAIN', 'PICTURE']
        text = f'{table(header, rows, [2, 3])}\n{text}'
    out.show({'shots': documents, 'tagged': tagged, 'failed': failed}, text)
    return 0 if not failed else PARTLY if failed < len(shots) else 1


def _in_rig(shot: ShotRecord, places: Mapping[str, Place]) -> ShotRecord:
    """Return a shot with its place in the rig; one that it has stays if it gets no other."""
    place = places.get(shot.shot_id)
    return replace(shot, geotag=(shot.geotag or {}) | {'rig': asdict(place)}) if place else shot


def _tag_of(shot: ShotRecord) -> Tag:
    """Return the tag that the ledger has. Raises Untagged, with the reason."""
    from camera_driver.payload.exports import why_untagged
    from camera_driver.payload.geotag import Tag
    from camera_driver.payload.track import Untagged
    tag = Tag.of(shot)
    if tag is None:
        raise Untagged(why_untagged(shot))
    return tag


def _picture(shot: ShotRecord) -> tuple[bytes, str]:
    """Return a shot's picture, or in words why there is none."""
    if shot.path is None:
        return b'', 'its picture is not on this computer'
    try:
        data = Path(shot.path).read_bytes()
    except OSError as error:
        return b'', f'{shot.path} cannot be read: {error.strerror}'
    if _sha256(data) not in (shot.sha256, *_ours(shot)):
        return b'', (f'{shot.path} is not what was downloaded for this shot (its SHA-256 is '
                     'another one): it was changed or replaced, and is left alone')
    return data, ''


def _with_exposure(shot: ShotRecord, data: bytes) -> ShotRecord:
    """Return a shot with the exposure time that its picture tells, if the camera did not."""
    if shot.exposure_time or not data:
        return shot
    from camera_driver.pictures.image import read_exif
    return replace(shot, exposure_time=read_exif(data).exposure_time)


def _kept(shot: ShotRecord, tag: Tag) -> dict[str, Any]:
    """Return what the ledger keeps: the tag, and of an earlier run where a file is."""
    return {name: value for name, value in (shot.geotag or {}).items() if name != 'untagged'} | {
        'tag': asdict(tag)}


def _ours(shot: ShotRecord) -> Sequence[str]:
    """Return the SHA-256 of what may be there of the last run."""
    known: Sequence[str] = (shot.geotag or {}).get('sha256', ())
    return known


def _write(shot: ShotRecord, data: bytes, tag: Tag, ledger: SharedLedger,
           store: PictureStore | None, lens: Lens | None) -> Path:
    """Tag a copy of a shot's picture, or without a store the picture itself; return its file."""
    from camera_driver.payload.jpeg_tags import tagged
    from camera_driver.payload.rig import Place
    from camera_driver.pictures import storage
    path, kept = Path(shot.path or ''), _kept(shot, tag)
    rig = kept.get('rig')
    new = tagged(data, tag, shot.shot_id, Place(**rig) if rig else None, lens)
    kept['sha256'] = [_sha256(data), _sha256(new)]
    if store:
        last = Path(kept.get('file', ''))
        copy = _content(last) if last.parent == store.directory.resolve() else None
        if copy is None or last == path or _sha256(copy) not in _ours(shot):
            path = store.save(path.name, new)
            ledger.geotag(shot.shot_id, kept | {'file': str(path)})
            return path
        kept['sha256'].append(_sha256(copy))
        path = last  # a second copy beside it would be one picture too many
    # First what the file will be: after a power cut in between it is known as well.
    ledger.geotag(shot.shot_id, kept | {'file': str(path)})
    storage.replace(path, new)
    return path


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _position(tag: Tag | None) -> tuple[str, str, str]:
    """Return position, height and the uncertainty for people."""
    if tag is None:
        return 'untagged', '-', '-'
    uncertain = 'unknown' if tag.horizontal is None else f'{tag.horizontal:.2f} m'
    return place(tag.latitude, tag.longitude), f'{tag.height:.1f} m', uncertain


def _lens(text: str) -> tuple[str, Path, float]:
    camera, equals, rest = text.partition('=')
    file, comma, width = rest.rpartition(',')
    if not (camera and equals and file and comma):
        raise ArgumentTypeError(f'{text!r}: write CAMERA=FILE,UM, such as nadir=nadir.yaml,3.45')
    if not 0 < _number(width) < 1000:
        raise ArgumentTypeError(f'{text!r}: a pixel of {width} um is none')
    return camera, Path(file), float(width) * 1e-3


def _lenses(wanted: Sequence[tuple[str, Path, float]], cameras: Collection[str]
            ) -> Mapping[str, Lens]:
    """Return the lens of each camera that has one."""
    from camera_driver.payload.lens import Lens
    from camera_driver.pictures.calibration import read
    found = {}
    for camera, path, pixel in wanted:
        if camera not in cameras:
            raise UsageError(f'--lens {camera}=...: the ledger has no shots by {camera!r}')
        try:
            found[camera] = Lens.of(read(path), pixel)
        except OSError as error:
            raise StorageError(f'{path}: {error.strerror}; give a calibration file') from error
        except (ValueError, NotSupported) as error:
            raise ValueError(f'{path}: {error}') from None
    return found


def _number(text: str) -> float:
    """Return a number that is one."""
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise ArgumentTypeError(f'{text!r} is not a number')
    return value


def _names(text: str) -> tuple[str, ...]:
    """Return names with commas between them, each of which is there once."""
    names = tuple(name.strip() for name in text.split(','))
    if not all(names) or len(set(names)) < len(names):
        raise ArgumentTypeError(f'{text!r} is not a list of cameras; write nadir,oblique')
    return names


def _vector(text: str) -> tuple[float, float, float]:
    """Return three numbers with commas between them."""
    values = [_number(part) for part in text.split(',')]
    if len(values) != 3:
        raise ArgumentTypeError(f'{text!r} is not three numbers; write 0.1,0,-0.25')
    return values[0], values[1], values[2]
