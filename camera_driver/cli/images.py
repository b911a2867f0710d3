# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures: list, download, thumbnails, capture, preview, delete, protect, unprotect, upload."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
import os
from pathlib import Path
import sys
from threading import Thread
import time
from typing import Any, TYPE_CHECKING

from camera_driver.abilities import (
    ProtectsImages, StoresImages, TakesPictures, TakesPreviews, UploadsImages)
from camera_driver.cli.job import Command, Job, Opened
from camera_driver.cli.output import clean, duration, error_words, size, stamp, table, yes_no
from camera_driver.cli.parser import Parser, UsageError
from camera_driver.device import Device
from camera_driver.errors import (
    Cancelled, DeviceError, NotSupported, OutcomeUnknown, PortError, ReplyTimeout,
    SessionLost, StorageError)

if TYPE_CHECKING:
    from camera_driver.model import Picture, ProgressCallback
    from camera_driver.pictures.image import Checked
    from camera_driver.pictures.storage import PictureStore

FATAL = (PortError, ReplyTimeout, SessionLost, StorageError, Cancelled, OutcomeUnknown)
"""Errors that end the whole command: the next picture would meet them too."""

PARTLY = 7
THUMBNAIL = 'thumb_'  # in front of its picture's name
MOST = 9999  # pictures in one range


def list_images(job: Job[StoresImages]) -> int:
    """Show what is stored."""
    with job.device() as opened, job.out.progress('listing', ' pictures') as progress:
        images = opened.device.list_images(progress, _flat(job.args.index) or None)
    folders = any(image.folder for image in images)
    clocks = {image.clock for image in images} - {''}
    date = f'DATE ({" ".join(sorted(clocks)).upper()})' if clocks else 'DATE'
    header = ['NO.', 'NAME', *(['FOLDER'] if folders else []), 'SIZE', 'THUMBNAIL', date,
              'PROTECTED']
    rows = [[str(image.index), image.name or '-', *([image.folder] if folders else []),
             size(image.size), size(image.thumbnail_size), stamp(image.stamp),
             yes_no(image.write_protected)] for image in images]
    total = sum(image.size or 0 for image in images)
    right = [0, 2 + folders, 3 + folders]
    text = 'No pictures.'
    if images:
        text = f'{table(header, rows, right)}\n{_count(len(images))}, {size(total)}'
    job.out.show({'images': images}, text)
    return 0


def download(job: Job[StoresImages]) -> int:
    """Save pictures; what fails its checks is read again, and marked if it is so in the camera."""
    args = job.args
    if bool(args.index) == args.all:
        raise UsageError('say which pictures: numbers such as 1 4-7, or --all')
    store = open_store(args.directory)
    _load_libraries()
    with job.device() as opened:
        indices = _flat(args.index)
        if args.all:
            with job.out.progress('listing', ' pictures') as progress:
                images = opened.device.list_images(progress)
            indices = [image.index for image in images]
            _check_room(store, sum(image.size or 0 for image in images))

        return _fetch(job, opened, store, indices, opened.device.download)


def thumbnails(job: Job[StoresImages]) -> int:
    """Save thumbnails."""
    store = open_store(job.args.directory)
    _load_libraries()
    with job.device() as opened:
        with job.out.progress('listing', ' pictures') as progress:
            names = {image.index: image.name for image in opened.device.list_images(progress)}

        def read(index: int, progress: ProgressCallback) -> Picture:
            picture = opened.device.thumbnail(index, progress)
            return replace(picture, name=picture.name or names.get(index, ''))

        return _fetch(job, opened, store, _flat(job.args.index) or list(names), read, THUMBNAIL)


def capture(job: Job[TakesPictures]) -> int:
    """Take a picture, and save it when asked to."""
    download = getattr(job.args, 'download', False)
    store = open_store(job.args.directory) if download else None
    if store is not None:
        _load_libraries()
    with job.device() as opened:
        with job.out.note('Taking a picture ...'):
            shot = opened.device.capture()
        if shot.settled and shot.image_index is None and isinstance(opened.device, StoresImages):
            raise OutcomeUnknown(f'{job.args.port}: {shot.settled}; the command list shows what '
                                 'is stored')
        took = '' if shot.done is None else f' in {duration(shot.done - shot.sent)}'
        number = '' if shot.image_index is None else f' {shot.image_index}'
        ready = f', after {duration(shot.delay)} to make it ready' if shot.delay else ''
        settled = f'; {shot.settled}' if shot.settled else ''
        # The shot's times are the port's; a script wants the world's.
        since_1970 = time.time() - opened.port.now()
        document = {'shot': shot, 'unix_time': round(since_1970 + shot.sent, 6)}
        job.out.show(document, clean(f'Picture{number} taken{took}{ready}{settled}.'))
        if store is None:
            return 0
        if shot.image_index is None:
            raise NotSupported('the picture was taken, and this device does not tell its number: '
                               'list shows what is stored, download fetches it')
        assert isinstance(opened.device, StoresImages)
        return _fetch(job, opened, store, [shot.image_index], opened.device.download)


def preview(job: Job[TakesPreviews]) -> int:
    """Take a preview, which the device does not keep, and save it."""
    store = open_store(job.args.directory)
    _load_libraries()
    with job.device() as opened:
        with job.out.progress('preview') as progress:
            picture = opened.device.take_preview(progress)
        from camera_driver.pictures.image import check_picture
        _save(job, store, picture, check_picture(picture), 'preview', 0.0)
    return 0


def delete(job: Job[StoresImages]) -> int:
    """Delete pictures, after a question."""
    args = job.args
    if bool(args.index) == args.all:
        raise UsageError('say which pictures: numbers such as 1 4-7, or --all')
    indices = _flat(args.index)
    what = ('ALL pictures that are not protected' if args.all else
            f'picture{"s" * (len(indices) > 1)} {", ".join(map(str, indices))}')
    if not job.confirm(f'to delete {what}', f'Delete {what} from the device?'):
        print('Nothing was deleted.', file=sys.stderr)
        return 1
    with job.device() as opened:
        if args.all:
            opened.device.delete_all()
        else:
            opened.device.delete(indices)
        left = opened.device.poll().images_stored
    rest = '' if left is None else f'; {_count(left)} left'
    job.out.show({'deleted': None if args.all else indices, 'images_stored': left},
                 f'Deleted {what}{rest}.')
    return 0


def protect(job: Job[ProtectsImages]) -> int:
    """Protect pictures against deletion."""
    return _protect(job, True)


def unprotect(job: Job[ProtectsImages]) -> int:
    """Let pictures be deleted again."""
    return _protect(job, False)


def upload(job: Job[UploadsImages]) -> int:
    """Store a picture in the camera, after a question."""
    from camera_driver.pictures.image import read_jpeg
    args = job.args
    path = args.file
    data, checked = read_jpeg(path)
    if not job.confirm(f'to upload {path}', f'Upload {path} (what the camera could not have made '
                       'itself may hang it)?'):
        print('Nothing was uploaded.', file=sys.stderr)
        return 1
    with job.device() as opened:
        begun = opened.port.now()
        with job.out.progress('uploading') as progress:
            image = opened.device.upload(args.name or path.name, data, args.overwrite, progress,
                                         accept_hang=True)
        seconds = opened.port.now() - begun
    job.out.show(
        {'image': image, 'path': path, 'bytes': len(data), 'width': checked.width,
         'height': checked.height, 'seconds': round(seconds, 3)},
        clean(f'{path} is now picture {image.index} {image.name}'.rstrip())
        + f': {size(len(data))} in {duration(seconds)}')
    return 0


def _protect(job: Job[ProtectsImages], protected: bool) -> int:
    indices = _flat(job.args.index)
    with job.device() as opened:
        for index in indices:
            opened.device.protect(index, protected)
    job.out.show({'protected' if protected else 'unprotected': indices},
                 ', '.join(map(str, indices)) + (' protected' if protected else ' not protected'))
    return 0


def _fetch(job: Job[Any], opened: Opened[Any], store: PictureStore, indices: Sequence[int],
           read: Callable[[int, ProgressCallback], Picture], prefix: str = '') -> int:
    """Read, check and save pictures one by one; return the exit code."""
    from camera_driver.pictures.keep import read_sound
    from camera_driver.pictures.storage import safe_name
    reread = getattr(job.args, 'verify', '') == 'reread'
    keep_odd = getattr(job.args, 'keep_odd', False)
    failed: list[Exception] = []
    odd = False
    for number, index in enumerate(indices, 1):
        title = f'picture {index}' + (f' ({number} of {len(indices)})' if indices[1:] else '')
        begun = opened.port.now()
        try:
            with job.out.progress(title) as progress:
                if prefix == THUMBNAIL:
                    picture = read(index, progress)
                    from camera_driver.pictures.image import check_thumbnail
                    checked = check_thumbnail(picture.data)
                else:
                    picture, checked = read_sound(partial(read, index, progress), reread, keep_odd)
            name = prefix + safe_name(picture.name, f'picture_{index:04d}')
            _save(job, store, picture, checked, name, opened.port.now() - begun)
            odd |= bool(checked.odd)
        except FATAL:
            raise
        except (DeviceError, IndexError) as error:
            failed.append(error)
            if job.args.json:
                job.out.show({'index': index, 'error': error_words(error)}, '')
            if indices[1:]:
                print(f'camera-driver: picture {index}: {clean(error_words(error))}',
                      file=sys.stderr)
    if not indices and not job.args.json:
        print('No pictures.')
    if not failed:
        return PARTLY if odd and not keep_odd else 0
    if len(failed) == len(indices) == 1:
        raise failed[0]
    some = len(failed) < len(indices)
    print(f'camera-driver: {len(failed)} of {len(indices)} pictures failed, as said above; '
          'download these again', file=sys.stderr)
    return PARTLY if some else 1


def _save(job: Job[Any], store: PictureStore, picture: Picture, checked: Checked, name: str,
          seconds: float) -> None:
    """Save a picture that was checked."""
    from camera_driver.pictures.keep import file_name
    if name.endswith(('.JPG', '.jpg')) and checked.format == 'png':
        name = name[:-4]  # a thumbnail of raw pixels
    data = checked.data
    path = store.save(file_name(name, checked), data)
    shown = path if job.args.directory.is_absolute() else Path(os.path.relpath(path))
    rate = f' ({size(int(len(data) / seconds))}/s)' if seconds else ''
    took = f' in {duration(seconds)}{rate}' if seconds else ''
    odd = clean(f'; odd in the camera: {checked.odd}') if checked.odd else ''
    job.out.show(
        {'index': picture.index, 'name': picture.name, 'path': path, 'bytes': len(data),
         'width': checked.width, 'height': checked.height, 'format': checked.format,
         'odd': checked.odd or None, 'seconds': round(seconds, 3)},
        f'{shown}  {checked.width} x {checked.height}, {size(len(data))}{took}{odd}')


def open_store(directory: Path) -> PictureStore:
    """Return the place for pictures; refuse before a long download what would fail after it."""
    from camera_driver.pictures.storage import PictureStore
    store = PictureStore(directory)
    if not os.access(store.directory, os.W_OK | os.X_OK):
        raise StorageError(f'{store.directory} cannot be written to; choose another --directory, '
                           'or change its owner')
    return store


def _load_libraries() -> None:
    """Begin to load what checks pictures, while the log-in waits for the line."""
    Thread(target=import_module, args=('camera_driver.pictures.image',)).start()


def _check_room(store: PictureStore, needed: int) -> None:
    free = store.free_bytes()
    if needed > free:
        raise StorageError(f'the pictures need {size(needed)} and {store.directory} has '
                           f'{size(free)} left; delete files or choose another --directory')


def _range(text: str) -> Sequence[int]:
    """Return the numbers of '4' or '4-7'."""
    first, dash, last = text.partition('-')
    try:
        low, high = int(first), int(last if dash else first)
    except ValueError:
        raise ArgumentTypeError(f'{text!r} is not a picture number; write 4, or 4-7') from None
    if not 1 <= low <= high < low + MOST:
        raise ArgumentTypeError(f'{text!r}: pictures are numbered from 1; write 4, or 4-7')
    return range(low, high + 1)


def _flat(ranges: Sequence[Sequence[int]]) -> list[int]:
    """Return the numbers of all ranges, each once, in the order given."""
    return list(dict.fromkeys(index for numbers in ranges for index in numbers))


def _count(number: int) -> str:
    return f'{number} picture{"s" * (number != 1)}'


def _add_indices(parser: Parser, nargs: str, text: str) -> None:
    parser.add_argument('index', metavar='INDEX', nargs=nargs, type=_range, help=text)


def add_directory(parser: Parser) -> None:
    """Add the option that says where files go."""
    parser.add_argument('--directory', metavar='DIR', type=Path, default=Path(),
                        help='where files go; made if absent (default: here)')


def _list_arguments(parser: Parser, cls: type[Device]) -> None:
    _add_indices(parser, '*', 'of these alone: 1 4-7 (default: all)')


def _download_arguments(parser: Parser, cls: type[Device]) -> None:
    _add_indices(parser, '*', 'numbers as list shows them: 1 4-7')
    parser.add_argument('--all', action='store_true', help='every picture')
    add_directory(parser)
    parser.add_argument('--verify', choices=('decode', 'reread'), default='decode',
                        help='decode: check that it is a sound picture (default); reread: also '
                        'download it until two readings agree')
    parser.add_argument('--keep-odd', action='store_true', help='save a picture that fails its '
                        'check after one reading (default: if a second reading agrees); its name '
                        'is marked with _odd')


def _thumbnails_arguments(parser: Parser, cls: type[Device]) -> None:
    _add_indices(parser, '*', 'numbers as list shows them: 1 4-7 (default: all)')
    add_directory(parser)


def _capture_arguments(parser: Parser, cls: type[Device]) -> None:
    if not issubclass(cls, StoresImages):
        return  # its pictures do not come over the line
    parser.add_argument('--download', action='store_true', help='save the picture')
    add_directory(parser)


def _preview_arguments(parser: Parser, cls: type[Device]) -> None:
    add_directory(parser)


def _delete_arguments(parser: Parser, cls: type[Device]) -> None:
    _add_indices(parser, '*', 'numbers as list shows them; those behind move down')
    parser.add_argument('--all', action='store_true', help='every picture that is not protected')
    parser.add_argument('--yes', action='store_true', help='do not ask')


def _protect_arguments(parser: Parser, cls: type[Device]) -> None:
    _add_indices(parser, '+', 'numbers as list shows them: 1 4-7')


def _upload_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('file', metavar='FILE', type=Path, help='a JPEG')
    parser.add_argument('--name', metavar='NAME', help='its name in the camera, where the camera '
                        'does not choose it (default: that of the file)')
    parser.add_argument('--overwrite', action='store_true',
                        help='replace a picture of that name, where the camera can')
    parser.add_argument('--yes', action='store_true', help='do not ask')


COMMANDS = (
    Command('list', StoresImages, 'list the pictures', list_images, _list_arguments),
    Command('download', StoresImages, 'save pictures as files', download, _download_arguments),
    Command('thumbnails', StoresImages, 'save thumbnails as files', thumbnails,
            _thumbnails_arguments),
    Command('capture', TakesPictures, 'take a picture', capture, _capture_arguments),
    Command('preview', TakesPreviews, 'take a preview and save it as a file; the camera does '
            'not keep it', preview, _preview_arguments),
    Command('delete', StoresImages, 'delete pictures', delete, _delete_arguments),
    Command('protect', ProtectsImages, 'protect pictures against deletion', protect,
            _protect_arguments),
    Command('unprotect', ProtectsImages, 'let pictures be deleted again', unprotect,
            _protect_arguments),
    Command('upload', UploadsImages, 'store a picture in the camera; one of another make may '
            'hang it', upload, _upload_arguments),
)
