# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The n-th call of a flight that changes the disk fails, or the process ends there; for every n.

`disk.c` counts and hits the calls of Python and of SQLite alike, in a process that loads it. There
each n has a child of its own, which flies: shots, their pictures, a deletion, positions written
into a picture. It tells what it was told. Afterwards the disk is looked at, by the next start.
"""

from contextlib import suppress
import ctypes
from dataclasses import dataclass
import errno
from functools import cache
import json
import logging
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import traceback

from camera_driver.errors import StorageError
from camera_driver.ledger.shots import Ledger
from camera_driver.model import Exposure, Identity, StoredImage
from camera_driver.pictures import storage
from camera_driver.pictures.image import Checked
from camera_driver.pictures.keep import keep
from camera_driver.pictures.storage import PictureStore

ROOT = Path(__file__).parents[2]
NOW = 1_800_000_000.0
CAMERA = Identity('sierra', 'Olympus', 'C-3040Z', 'A17')
ONCE, FULL, BROKEN, KILLED_BEFORE, KILLED_AFTER = range(5)
FAULTS = {  # what is told of them -> what disk.c is told
    'fails once': (ONCE, errno.EIO),
    'the disk is full from then on': (FULL, errno.ENOSPC),
    'the disk is broken from then on': (BROKEN, errno.EIO),
    'the process is killed before': (KILLED_BEFORE, 0),
    'the process is killed after': (KILLED_AFTER, 0)}
NOTHING_GOES = ('the disk is broken from then on',)  # not even what is to be removed
PICTURES = {number: bytes([number]) * 20_000 for number in (1, 2, 3)}
TAGGED = PICTURES[2] + b'position'
STATES = ('failed', 'commanded', 'unknown', 'exposed', 'stored', 'downloaded', 'verified')


@cache
def library(folder):
    """Return the compiled library, or nothing where there is no compiler."""
    if shutil.which('gcc') is None:
        return None
    path = Path(folder, 'disk.so')
    subprocess.run(['gcc', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', path,
                    Path(__file__).with_name('disk.c'), '-ldl'], check=True)
    return path


def sweep(folder, first=0, step=1):
    """Sweep every `step`-th call in another process; returns its results, and what is wrong."""
    done = subprocess.run(
        [sys.executable, '-m', 'endurance.disk', library(folder), folder, str(first), str(step)],
        env={**os.environ, 'LD_PRELOAD': str(library(folder)),
             'PYTHONPATH': os.pathsep.join([str(ROOT / 'test'), str(ROOT)] + sys.path)},
        stdout=subprocess.PIPE, text=True, check=True)
    results = json.loads(done.stdout)
    return results, [f'{fault}, call {n} ({name}): {words}'
                     for fault, n, name, words in results if words]


class Flight:
    """One run of a program that takes, fetches and deletes pictures, as nodes do."""

    def __init__(self, folder, tell):
        self.folder = folder
        self.tell = tell
        self.ledger = Ledger(folder / 'shots.sqlite3', 'front', NOW)
        self.store = None

    @property
    def kept(self):
        """Whether what the ledger took is in its file, by its own words."""
        return not self.ledger.problem

    def fly(self):
        """Do all of it."""
        for number in PICTURES:
            self.shoot(number)
        images = [image(number) for number in PICTURES]
        self.ledger.listed(CAMERA, images)
        self.fetch(images)
        self.tag()
        doubt = self.ledger.doubt(CAMERA, {'operation': 'delete'}, NOW + 9)
        self.tell('deleting', doubt, self.kept)
        self.ledger.deleted(CAMERA, [image(1)])
        self.tell('clearing', doubt, self.kept)
        self.ledger.clear(doubt)
        self.tell('deleted', doubt, self.kept)
        self.refusing('exported', lambda: storage.write_new(self.folder / 'shots.csv', b'shots'))
        self.ledger.close()
        self.tell('end', '', self.kept)

    def shoot(self, number):
        """Take a picture."""
        shot = self.ledger.command(CAMERA, NOW + number)
        self.ledger.fetch_later(CAMERA, shot, NOW)
        self.ledger.record(shot, {'operation': 'capture'})
        self.tell('commanded', shot, self.kept)
        self.ledger.triggered(shot, NOW + number)
        self.ledger.exposed(shot, NOW + number, 'trigger', 0.01, Exposure(0.004), number)
        self.tell('stored', shot, self.kept)

    def fetch(self, images):
        """Download what is not downloaded yet."""
        for one in images:
            if self.ledger.has(CAMERA, one):
                continue
            kept = self.refusing('saved', lambda: self.keep(one))
            if kept is None:
                continue
            self.ledger.downloaded(CAMERA, one, kept.path, kept.size, kept.sha256, NOW)
            self.ledger.verified(CAMERA, kept.sha256)
            shot = self.ledger.shot_of(CAMERA, one)
            self.tell('verified', shot.shot_id if shot else '', self.kept)

    def keep(self, one):
        """Save a picture."""
        if self.store is None:
            self.store = PictureStore(self.folder / 'pictures')
        data = PICTURES[one.index]
        return keep(Checked('jpeg', 0, 0, '', data=data), one, self.store, '')

    def tag(self):
        """Write a position into a picture."""
        path = self.folder / 'pictures' / image(2).name
        if path.exists():
            self.refusing('tagged', lambda: storage.replace(path, TAGGED))

    def refusing(self, what, work):
        """Do what may be refused for the disk's sake, and tell which it was."""
        try:
            result = work()
        except StorageError as error:
            self.tell(f'not {what}', str(error), True)
            return None
        path = getattr(result, 'path', '')
        self.tell(what, str(path), True)
        return result


def image(number):
    """Return what the camera tells of a picture."""
    return StoredImage(number, f'P{number:07}.JPG', '', len(PICTURES[number]))


@dataclass
class Told:
    """What a child told before its end."""

    words: list  # of what, of whom, whether it is said to be on the disk
    killed: bool

    def of(self, what, sure=True):
        """Return of whom it said this."""
        return [whom for kind, whom, kept in self.words if kind == what and (kept or not sure)]


def fly(shim, folder, fault, number):
    """Fly in a child in which a call is hit; returns what it told, and the name of the call."""
    reading, writing = os.pipe()
    shim.disk_arm(number, *FAULTS[fault])
    child = os.fork()
    if not child:
        os.close(reading)

        def tell(*words):
            os.write(writing, json.dumps(words).encode() + b'\n')

        try:
            shim.disk_watch(str(folder).encode())
            Flight(folder, tell).fly()
        except BaseException:
            tell('raised', traceback.format_exc(), True)
        os._exit(0)
    os.close(writing)
    with open(reading) as file:
        words = [json.loads(line) for line in file]
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return Told(words, killed), shim.disk_last().decode()


def wrong(folder, told, fault):
    """Start again; returns what was lost, doubled or half, if anything."""
    if problems := told.of('raised'):
        return problems[0]
    if told.killed == bool(told.of('end', sure=False)):
        return 'it neither ended nor was killed'
    again = Flight(folder, lambda *_: None)
    try:
        found = _wrong(again, told, fault)
    finally:
        again.ledger.close()
    return found


def _wrong(again, told, fault):
    ledger, pictures = again.ledger, again.folder / 'pictures'
    if ledger.problem:
        return f'the next start finds: {ledger.problem}'
    shots = {shot.shot_id: shot for shot in ledger.shots()}
    # What the ledger said to keep in memory only is in the file, too, unless the disk stayed full.
    sure = fault.endswith('from then on')
    for state, least in (('commanded', 1), ('stored', 4), ('verified', 6)):
        for shot in told.of(state, sure):
            if shot and (shot not in shots or STATES.index(shots[shot].state) < least):
                return f'{shot} was {state}, and is {shots.get(shot)}'
    if len(shots) > len(told.of('commanded', False)) + told.killed:
        return f'{len(shots)} shots in the ledger, {told.words}'
    doubts = {doubt.id for doubt in ledger.unsettled(CAMERA)} - set(shots)
    open_ones = set(told.of('deleting', sure)) - set(told.of('clearing', False))
    if not open_ones <= doubts or not told.killed and doubts and not sure:
        return f'doubts: {doubts}, {told.words}'
    if problem := _files(pictures, told, fault):
        return problem
    again.fetch([image(number) for number in PICTURES])
    names = {path.name: path.read_bytes() for path in pictures.iterdir()}
    tagged = names.get(image(2).name) == TAGGED
    if names != {image(number).name: TAGGED if number == 2 and tagged else data
                 for number, data in PICTURES.items()}:
        return f'after the next start there are {({k: len(v) for k, v in names.items()})}'
    if told.of('tagged') and not tagged:
        return 'the position was written, and is not there'
    exported = again.folder / 'shots.csv'
    if told.of('exported') and not exported.exists():
        return 'it was exported, and is not there'
    if exported.exists() and told.of('not exported') and fault not in NOTHING_GOES:
        return 'it was not exported, and is there'
    if exported.exists() and exported.read_bytes() != b'shots':
        return 'the export is half'
    return ''


def _files(pictures, told, fault):
    """Say what is wrong with the files of pictures, before anything is written again."""
    with suppress(StorageError):
        PictureStore(pictures)
    for path in pictures.iterdir():
        if path.name.startswith('.'):
            return f'{path.name} is left'
        number = next((n for n in PICTURES if path.name == image(n).name), None)
        if number is None:
            return f'{path.name}: whose is it?'
        if path.read_bytes() not in (PICTURES[number], *([TAGGED] if number == 2 else [])):
            return f'{path.name} is half: {path.stat().st_size}'
    for path in told.of('saved'):
        if not os.path.exists(path):
            return f'{path} was saved, and is not there'
    more = len(os.listdir(pictures)) - len(told.of('saved'))
    if more and not told.killed and fault not in NOTHING_GOES:
        return f'{os.listdir(pictures)}, {told.words}'
    return ''


def main(library, folder, first, step):
    """Sweep in this process, which has loaded the library; print what was found, as JSON."""
    logging.disable(logging.CRITICAL)
    shim = ctypes.CDLL(library)
    shim.disk_watch.argtypes = [ctypes.c_char_p]
    shim.disk_arm.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_int]
    shim.disk_last.restype = ctypes.c_char_p
    results = []
    for number, fault in enumerate(FAULTS):
        n = (first + number) % step  # another one for each fault
        while True:
            flight = Path(folder, 'flight')
            flight.mkdir()
            told, name = fly(shim, flight, fault, n)
            results.append((fault, n, name, wrong(flight, told, fault)))
            shutil.rmtree(flight)
            if not name:  # there are no more calls
                break
            n += step
    print(json.dumps(results))


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
