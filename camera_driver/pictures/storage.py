# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Where pictures and the like become files: complete, durable, never over another file."""

from collections.abc import Iterator
from contextlib import contextmanager
import errno
import fcntl
import os
from pathlib import Path, PurePosixPath
import re
import secrets
import shutil

from camera_driver.errors import StorageError

LONGEST_NAME = 100      # bytes; file systems take 255, and a number may have to be added
DEVICE_NAMES = re.compile(r'(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE | re.ASCII)
TEMPORARY = '.camera_driver-{}.part'
MOST_NUMBERS = 9999

REASONS = {
    errno.ENOSPC: 'the disk is full; delete files or choose another directory',
    errno.EDQUOT: 'the disk quota is used up; delete files or choose another directory',
    errno.EFBIG: 'the file exceeds the size that this process or file system allows',
    errno.EROFS: 'the file system is read-only; choose another directory or remount it',
    errno.EACCES: 'permission denied; choose another directory or change its owner',
    errno.EPERM: 'not permitted there; choose another directory',
    errno.ENOTDIR: 'a part of this path is a file; choose another directory',
    errno.EEXIST: 'it is a file; choose another directory',
    errno.ENAMETOOLONG: 'the name is too long; choose a shorter one',
    errno.ELOOP: 'symbolic links go in a circle; choose another directory',
    errno.EIO: 'the disk reports an error; check it',
}


def safe_name(name: str, fallback: str) -> str:
    """
    Return a file name that is harmless on every file system, made from a device's word.

    What is kept: the last part of a path, of its characters A-Z a-z 0-9 . _ - (others become _),
    no leading dots or hyphens, no trailing dots, at most 100 characters with the extension kept.
    Idempotent.

    :param fallback: taken (and made safe too) when nothing is left of the name.
    """
    for candidate in (name, fallback):
        last = re.split(r'[/\\]', candidate.split('\0')[0].rstrip('/\\ '))[-1]
        safe = re.sub('[^A-Za-z0-9._-]', '_', last.strip()).lstrip('.-')
        if DEVICE_NAMES.match(safe):    # Windows opens the device whatever the extension
            safe = '_' + safe
        stem, extension = os.path.splitext(safe.rstrip('.'))
        extension = extension[:16]
        safe = (stem[:LONGEST_NAME - len(extension)] + extension).rstrip('.')
        if safe.strip('._-'):
            return safe
    return 'unnamed'


def below(directory: Path, path: str) -> Path:
    """
    Return where a path below a directory really is, links followed.

    :raises StorageError: it leads out of the directory, or is no path.
    """
    where = directory / PurePosixPath(path)
    try:
        where = where.resolve()
        inside = where.is_relative_to(directory.resolve())
    except (OSError, ValueError, RuntimeError) as error:    # a NUL; a circle before 3.13
        raise _explained(error, f'path {str(where)!r} cannot be used') from error
    if not inside:
        raise StorageError(f'{path!r} leads out of {directory}: choose one below it')
    return where


class PictureStore:
    """
    Pictures as files in one directory and directories below it.

    A file appears under its name only when it is complete and on the disk: it is written to a
    hidden file beside it, synchronised and then linked; what a killed process left behind is
    removed at the next start. No file is ever overwritten. Where the file system has no hard
    links (FAT), the name is reserved with an empty file, which the picture replaces at once.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """
        Make the directory if it is absent.

        :raises StorageError: it cannot be made, or is a file.
        """
        self.directory = Path(directory).expanduser().absolute()
        self._cleaned: set[Path] = set()
        self._folder('')

    def free_bytes(self) -> int:
        """Return the room for pictures [bytes], as far as this user may fill the disk."""
        try:
            return shutil.disk_usage(self.directory).free
        except OSError as error:
            raise _explained(error, f'{self.directory} cannot be examined') from error

    def make_room(self, name: str, size: int, folder: str = '') -> Path:
        """
        Return a directory below this store's, made if absent, in which there is room.

        :param name: of the picture that is to be saved; `size` [bytes].
        :raises StorageError: no room, no permission, outside of the directory ...
        """
        name = safe_name(name, 'picture')
        where = self._folder(folder)
        free = self.free_bytes()
        if size > free:
            raise StorageError(f'{name} needs {size:,} bytes and {where} has {free:,} left: '
                               f'{REASONS[errno.ENOSPC]}')
        if not os.access(where, os.W_OK | os.X_OK):
            read_only = os.statvfs(where).f_flag & os.ST_RDONLY
            raise StorageError(f'{where / name} was not saved: '
                               f'{REASONS[errno.EROFS if read_only else errno.EACCES]}')
        return where

    def save(self, name: str, data: bytes, folder: str = '') -> Path:
        """
        Save a picture and return its file.

        The same name with the same content is the same file; with other content it gets a
        number: P1010001.JPG, P1010001-2.JPG, ...

        :param name: as the device gave it; goes through `safe_name`.
        :param folder: path of a directory below this store's, made if absent.
        :raises StorageError: no room, no permission, outside of the directory ...; nothing is
            left behind then.
        """
        where = self.make_room(name, len(data), folder)
        name = safe_name(name, 'picture')
        try:
            return _write(where, name, data)
        except OSError as error:
            raise _explained(error, f'{where / name} was not saved') from error

    def _folder(self, folder: str) -> Path:
        """Return a directory below, made if absent, and remove our old temporaries in it once."""
        where = below(self.directory, folder)
        try:
            where.mkdir(parents=True, exist_ok=True)
            if where not in self._cleaned:
                _remove_orphans(where)
                self._cleaned.add(where)
        except OSError as error:
            raise _explained(error, f'directory {str(where)!r} cannot be used') from error
        return where


def write_new(path: Path, data: bytes) -> None:
    """
    Write a file, which appears when it is complete and on the disk.

    :raises StorageError: there is one already, no room, no permission ...; nothing is left behind.
    """
    temporary = path.with_name(TEMPORARY.format(secrets.token_hex(8)))
    try:
        try:
            _write_through(temporary, data)
            _link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError:
        raise StorageError(f'{path} exists; choose another name, or remove it') from None
    except OSError as error:
        raise _explained(error, f'{path} was not saved') from error


def _write_through(path: Path, data: bytes) -> None:
    with open(path, 'xb') as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _write(where: Path, name: str, data: bytes) -> Path:
    """Write a hidden file, then give it the first free name; the hidden file always goes."""
    temporary = where / TEMPORARY.format(secrets.token_hex(8))
    with _locked(where, fcntl.LOCK_SH) as directory:
        try:
            _write_through(temporary, data)
            final = _give_name(temporary, where, name, data)
        finally:
            temporary.unlink(missing_ok=True)
        os.fsync(directory)
    return final


@contextmanager
def _locked(where: Path, kind: int) -> Iterator[int]:
    """Hold a directory open and locked: shared by writers, exclusively by who cleans up."""
    directory = os.open(where, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(directory, kind)
        except OSError:     # the file system has no locks, so nobody cleans up; writing can go on
            if kind != fcntl.LOCK_SH:
                raise
        yield directory
    finally:
        os.close(directory)


def _give_name(temporary: Path, where: Path, name: str, data: bytes) -> Path:
    stem, extension = os.path.splitext(name)
    for number in range(1, MOST_NUMBERS + 1):
        final = where / (name if number == 1 else f'{stem}-{number}{extension}')
        try:
            _link(temporary, final)
            return final
        except FileExistsError:
            if _holds(final, data):
                return final
    raise StorageError(f'{where} has {MOST_NUMBERS} pictures called {name}; move some away')


def _link(temporary: Path, final: Path) -> None:
    """Give the file its name unless the name is taken, with no moment between the two."""
    try:
        os.link(temporary, final)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        try:
            os.replace(temporary, final)
        except OSError:
            final.unlink()
            raise


def _holds(path: Path, data: bytes) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != len(data):
        return False
    return path.read_bytes() == data


def _remove_orphans(where: Path) -> None:
    """Remove what killed processes left, unless a living one is writing there just now."""
    try:
        with _locked(where, fcntl.LOCK_EX | fcntl.LOCK_NB):
            for path in where.glob(TEMPORARY.format('[0-9a-f]' * 16)):
                path.unlink(missing_ok=True)
    except OSError:
        return      # in use, or not ours to remove: they do no harm


def _explained(error: Exception, what: str) -> StorageError:
    reason = str(error)
    if isinstance(error, OSError):
        reason = REASONS.get(error.errno or 0, error.strerror or reason)
    return StorageError(f'{what}: {reason}')
