# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Where pictures and the like become files: complete, durable, never over another file."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import errno
import fcntl
import fnmatch
import os
from pathlib import Path, PurePosixPath
import re
import secrets
import shutil
import stat
from typing import BinaryIO, cast

from camera_driver.errors import StorageError

LONGEST_NAME = 100      # bytes; file systems take 255, and a number may have to be added
DEVICE_NAMES = re.compile(r'(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE | re.ASCII)
TEMPORARY = '.camera_driver-{}.part'
MOST_NUMBERS = 9999
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

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

    :raises StorageError: it leads out of the directory, or is not a path.
    """
    if not path.isprintable():  # control characters, halves of surrogate pairs
        raise StorageError(f'path {path[:80]!a} cannot be used: it has control characters, or is '
                           'not Unicode')
    where = directory / PurePosixPath(path)
    try:
        where = where.resolve()
        inside = where.is_relative_to(directory.resolve())
    except (OSError, ValueError, RuntimeError) as error:    # a circle before 3.13
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
        try:
            self.directory = Path(directory).expanduser().absolute()
        except RuntimeError:
            raise StorageError(f'{directory}: there is no home directory; set HOME, or choose '
                               'another directory') from None
        self._cleaned: set[Path] = set()
        with self._opened(''):
            pass

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
        with self._opened(folder) as (where, _):
            pass
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
        self.make_room(name, len(data), folder)
        name = safe_name(name, 'picture')
        with self._opened(folder) as (where, directory):
            try:
                return where / _write(directory, where, name, data)
            except OSError as error:
                raise _explained(error, f'{where / name} was not saved') from error

    @contextmanager
    def _opened(self, folder: str) -> Iterator[tuple[Path, int]]:
        """
        Open a directory below, made if absent; remove our old temporaries in it once.

        Links are followed while they lead to a place below. From then on they are not: who
        swaps one in meanwhile gets no file written through it.
        """
        where = below(self.directory, folder)
        directory = -1
        try:
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
                top = self.directory.resolve()
                directory = os.open(top, DIRECTORY)
                for part in where.relative_to(top).parts:
                    inner = _inner(directory, part)
                    _close(directory)
                    directory = inner
                if where not in self._cleaned:
                    _remove_orphans(directory)
                    self._cleaned.add(where)
            except OSError as error:
                raise _explained(error, f'directory {str(where)!r} cannot be used') from error
            yield where, directory
        finally:
            _close(directory)


def _inner(directory: int, name: str) -> int:
    """Open a directory in another one, made if absent, and not through a link."""
    try:
        os.mkdir(name, dir_fd=directory)
    except FileExistsError:
        pass
    return os.open(name, DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)


def _close(directory: int) -> None:
    """Close a directory, if it is open; what a disk may say to that matters to no file."""
    if directory >= 0:
        with suppress(OSError):
            os.close(directory)


def write_new(path: Path, data: bytes) -> None:
    """
    Write a file, which appears when it is complete and on the disk.

    :raises StorageError: there is one already, no room, no permission ...; nothing is left behind.
    """
    try:
        directory = os.open(path.parent, DIRECTORY)
        try:
            with _temporary(directory, data) as temporary:
                _link(directory, temporary, path.name)
            _settle(directory, path.name)
        finally:
            _close(directory)
    except FileExistsError:
        raise StorageError(f'{path} exists; choose another name, or remove it') from None
    except OSError as error:
        raise _explained(error, f'{path} was not saved') from error


def replace(path: Path, data: bytes) -> None:
    """
    Replace a file: at every moment it is the old one or the new one, complete, on the disk.

    :raises StorageError: no room, no permission ...; the file is the old one then, or the message
        says that it is the new one.
    """
    try:
        path = path.resolve()  # a link stays one
        directory = os.open(path.parent, DIRECTORY)
        try:
            with _locked(directory, fcntl.LOCK_SH), _temporary(directory, data) as temporary:
                os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode), dir_fd=directory)
                os.replace(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
            try:
                os.fsync(directory)
            except OSError as error:
                raise _explained(error, f'{path} was replaced, and may be the old one again after '
                                 'a loss of power') from error
        finally:
            _close(directory)
    except OSError as error:
        raise _explained(error, f'{path} was not replaced') from error


@contextmanager
def _temporary(directory: int, data: bytes) -> Iterator[str]:
    """Write a hidden file, complete and on the disk, which always goes."""
    name = TEMPORARY.format(secrets.token_hex(8))
    try:
        with _open(directory, name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 'wb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        with suppress(OSError):  # gone, or it goes at the next start
            os.unlink(name, dir_fd=directory)


def _settle(directory: int, name: str) -> None:
    """Bring a new name onto the disk, or take it back."""
    try:
        os.fsync(directory)
    except OSError:
        with suppress(OSError):
            os.unlink(name, dir_fd=directory)
        raise


def _open(directory: int, name: str, flags: int, mode: str) -> BinaryIO:
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    return cast(BinaryIO, os.fdopen(os.open(name, flags, 0o666, dir_fd=directory), mode))


def _write(directory: int, where: Path, name: str, data: bytes) -> str:
    """Give a picture the first free name, and read it back; return the name."""
    with _locked(directory, fcntl.LOCK_SH):
        with _temporary(directory, data) as temporary:
            name, new = _give_name(directory, where, temporary, name, data)
        if new:
            _settle(directory, name)
        else:  # whoever wrote it may have been killed before its name was on the disk
            os.fsync(directory)
    if new and not _holds(directory, name, data):
        os.unlink(name, dir_fd=directory)
        raise StorageError(f'{where / name}: the disk gives back something else than was '
                           'written; check it, and choose another directory')
    return name


@contextmanager
def _locked(directory: int, kind: int) -> Iterator[None]:
    """Hold a directory locked: shared by writers, exclusively by who cleans up."""
    try:
        fcntl.flock(directory, kind)
    except OSError:     # the file system has no locks, so nobody cleans up; writing can go on
        if kind != fcntl.LOCK_SH:
            raise
    yield
    # Closing the directory unlocks it.


def _give_name(directory: int, where: Path, temporary: str, name: str,
               data: bytes) -> tuple[str, bool]:
    """Return the name, and whether it is new and not that of the same picture."""
    stem, extension = os.path.splitext(name)
    for number in range(1, MOST_NUMBERS + 1):
        final = name if number == 1 else f'{stem}-{number}{extension}'
        try:
            _link(directory, temporary, final)
            return final, True
        except FileExistsError:
            if _holds(directory, final, data):
                return final, False
    raise StorageError(f'{where} has {MOST_NUMBERS} pictures called {name}; move some away')


def _link(directory: int, temporary: str, final: str) -> None:
    """Give the file its name unless the name is taken, with no moment between the two."""
    try:
        os.link(temporary, final, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        _open(directory, final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 'wb').close()
        try:
            os.replace(temporary, final, src_dir_fd=directory, dst_dir_fd=directory)
        except OSError:
            os.unlink(final, dir_fd=directory)
            raise


def _holds(directory: int, name: str, data: bytes) -> bool:
    """Say whether a file, not a link, has this content on the disk."""
    try:
        with _open(directory, name, os.O_RDONLY, 'rb') as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size != len(data):
                return False
            # Out of the memory's copy (it has been synchronised), so that the disk is asked.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return file.read() == data
    except OSError:     # a link, a directory, somebody else's
        return False


def _remove_orphans(directory: int) -> None:
    """Remove what killed processes left, unless a living one is writing there just now."""
    try:
        with _locked(directory, fcntl.LOCK_EX | fcntl.LOCK_NB):
            for name in fnmatch.filter(os.listdir(directory),
                                       TEMPORARY.format('[0-9a-f]' * 16)):
                os.unlink(name, dir_fd=directory)
    except OSError:
        pass        # in use, or not ours to remove: they do no harm
    finally:
        fcntl.flock(directory, fcntl.LOCK_UN)


def _explained(error: Exception, what: str) -> StorageError:
    reason = str(error)
    if isinstance(error, OSError):
        reason = REASONS.get(error.errno or 0, error.strerror or reason)
    return StorageError(f'{what}: {reason}')
