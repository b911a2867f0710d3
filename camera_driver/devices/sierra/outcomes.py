# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What must not be done twice to a sierra camera, and how it is found out what became of it.

No answer to such an action is believed alone (sierra.md 5.3): a NAK, a DC1 or silence may hide an
action that was carried out, so the camera's count, names and sizes decide. An action that was
answered NAK and was not carried out, by this evidence, is sent again, N_RETRY times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
import logging

from camera_driver.devices.sierra import upload
from camera_driver.devices.sierra.codec import Control
from camera_driver.devices.sierra.exchange import N_RETRY
from camera_driver.devices.sierra.memory import AGREE, Memory, Path
from camera_driver.devices.sierra.registers import Action, NUMBER
from camera_driver.devices.sierra.session import SierraSession
from camera_driver.errors import DeviceError, OutcomeUnknown, ProtocolError, Refused
from camera_driver.model import ProgressCallback
from camera_driver.operations import (
    carry_out, Evidence, line_lost, Outcome, Record, Settlement)

log = logging.getLogger(__name__)

T_CHANGE = 2.0  # s for the count to follow; it does at once, unless the answer came too early
T_AGAIN = 0.5

OPERATIONS = ('capture', 'delete', 'delete_all', 'upload')


class Outcomes:
    """The once operations of one camera, and their settlement."""

    def __init__(self, session: SierraSession, memory: Memory) -> None:
        self._session = session
        self._memory = memory

    # The operations.

    def before_shot(self) -> Evidence:
        """Go where the camera records, and return the evidence of a shot."""
        return {'operation': 'capture', **self._stored()}

    def shoot(self, evidence: Evidence, accepted: Callable[[float], None], record: Record,
              ) -> tuple[float | None, Settlement]:
        """Take a picture; returns what `_once` does."""
        return self._once(evidence, lambda: self._session.act(
            Action.TAKE_PICTURE, accepted=accepted), record)

    def upload(self, data: bytes, progress: ProgressCallback,
               record: Record) -> tuple[int, Evidence]:
        """Store a picture and return its index, and the evidence."""
        evidence: Evidence = {'operation': 'upload', 'size': len(data), **self._stored()}
        found = self._once(evidence, lambda: upload.send(self._session, data, progress),
                           record)[1]
        if found.image_index is None:
            raise OutcomeUnknown(f'{self._session.port.name}: the picture was sent. '
                                 f'{found.words}', evidence)
        return found.image_index, evidence

    def delete(self, indices: Sequence[int], record: Record) -> None:
        """Delete one by one, the highest number first, since those behind move down."""
        memory = self._memory
        memory.changed()
        wanted = sorted(set(indices), reverse=True)
        for index in wanted[:1] + wanted[-1:]:
            memory.find(index)  # all of them exist, before the first is deleted
        names = {index: memory.name(memory.select(index)) for index in wanted}
        if self._session.may_begin_anew:  # then which folder these came from is not certain
            memory.changed()
        gone: list[int] = []
        for index in wanted:
            evidence: Evidence = {'operation': 'delete', 'indices': wanted, 'index': index,
                                  'gone': list(gone)}
            try:
                frame = memory.select(index)
                evidence = self._erase_evidence(evidence, frame)
                if evidence['name'] != names[index]:
                    raise ProtocolError(
                        f'{self._session.port.name}: image {index} was {names[index]} and is '
                        f'{evidence["name"]} now: list the images again')
                self._erase(evidence, frame, record)
            except Refused as error:
                raise Refused(f'image {index} was not deleted (is it protected?); '
                              f'{_so_far(wanted, gone)}: {error}', error.code) from error
            except OutcomeUnknown as doubt:
                raise OutcomeUnknown(f'{_so_far(wanted, gone, index)}: {doubt}',
                                     doubt.evidence) from doubt
            except (DeviceError, IndexError, KeyboardInterrupt) as error:  # not sent, this one
                if not gone:
                    raise
                raise OutcomeUnknown(f'{_so_far(wanted, gone)}: {error or "interrupted"}',
                                     evidence) from error
            gone.append(index)

    def delete_all(self, record: Record) -> None:
        """
        Delete what is not protected, folder by folder, one by one where 'all' does nothing.

        Raises Refused when something is left that does not say that it is protected.
        """
        memory = self._memory
        memory.changed()
        count = memory.count()
        evidence: Evidence = {'operation': 'delete_all', 'count': count}
        begun = False
        left: list[Refused] = []
        try:
            for path in reversed([path for path, frames in memory.counts().items() if frames]):
                memory.enter(path)
                if not memory.frames():
                    continue
                try:
                    carry_out(evidence, lambda: self._session.act(Action.ERASE_ALL),
                              self.settle, record)
                    begun = True
                except Refused as error:
                    log.info('%s; deleting one by one', error)
                except OutcomeUnknown as doubt:
                    begun = True
                    if line_lost(doubt):
                        raise
                    log.info('%s; deleting one by one', doubt)  # what is left
                memory.enter(path)
                for frame in range(memory.frames(), 0, -1):
                    if memory.protected(frame):
                        continue
                    one = self._erase_evidence({**evidence, 'index': None}, frame)
                    try:
                        self._erase(one, frame, record)
                        begun = True
                    except Refused as error:
                        left.append(error)
        except OutcomeUnknown as doubt:
            doubt.evidence = evidence
            raise
        except (DeviceError, KeyboardInterrupt) as error:
            if not begun:
                raise
            raise OutcomeUnknown(f'{self._session.port.name}: deleting all images was begun and '
                                 f'not finished: {error or "interrupted"}', evidence) from error
        memory.changed()
        if left:
            raise Refused(f'{len(left)} images were not deleted: {left[0]}', left[0].code)

    def _stored(self) -> Evidence:
        self._memory.enter_last()
        for _ in range(AGREE):
            count = self._memory.count()
            with suppress(IndexError):  # it was deleted at the camera meanwhile
                name = self._name(count)
                return {'count': count, 'last': name, 'folder': list(self._memory.here)}
        return {'count': count, 'last': ''}

    def _erase(self, evidence: Evidence, frame: int, record: Record) -> None:
        self._once(evidence, lambda: self._session.act(Action.ERASE_FRAME, frame=frame), record,
                   lambda _: self._settle_erasure(evidence))

    def _erase_evidence(self, evidence: Evidence, frame: int) -> Evidence:
        memory = self._memory
        return {**evidence, 'count': evidence.get('count', memory.count()),
                'folder': list(memory.here), 'frame': frame, 'frames': memory.frames(),
                'size': memory.declared(frame), 'name': memory.name(frame)}  # the name last

    def _once(self, evidence: Evidence, command: Callable[[], None], record: Record,
              settle: Callable[[Evidence], Settlement] | None = None,
              ) -> tuple[float | None, Settlement]:
        """
        Do what must not be done twice; what the camera says is compared with what it counts.

        Returns when it reported the end, or None, and what the count says.
        """
        with record(evidence):
            return self._counted(evidence, command, settle or self.settle)

    def _counted(self, evidence: Evidence, command: Callable[[], None],
                 settle: Callable[[Evidence], Settlement]) -> tuple[float | None, Settlement]:
        where = self._session.port.name
        found: Settlement | None = None
        for attempt in range(1 + N_RETRY):
            try:
                found = carry_out(evidence, command, settle)[1]
                break
            except Refused as error:
                if error.code != Control.NAK or attempt == N_RETRY:
                    raise
                log.info('%s; sending it again', error)
        if found:
            return None, found
        done = self._session.port.now()
        try:
            found = settle(evidence)
            counted = found.image_index is not None or (
                'frames' in evidence and self._memory.frames() == evidence['frames'] - 1)
        except KeyboardInterrupt as error:
            raise OutcomeUnknown(f'{where}: interrupted; the camera had reported it as done',
                                 evidence) from error
        except DeviceError as error:
            return done, Settlement(Outcome.DONE, 'the camera reported it as done; what it '
                                    f'counts could not be asked: {error}')
        if found.outcome is not Outcome.DONE and not counted:  # names may go by places
            raise OutcomeUnknown(f'{where}: the camera reported it as done. {found.words}',
                                 evidence)
        return done, found

    # Their settlement.

    def settle(self, evidence: Evidence) -> Settlement:
        """Say what became of an operation by what the camera counts and lists now."""
        return {'capture': self._settle_stored, 'upload': self._settle_stored,
                'delete': self._settle_erasure,
                'delete_all': self._settle_all}[evidence['operation']](evidence)

    def _settle_stored(self, evidence: Evidence) -> Settlement:
        """Say whether there is one image more, behind the same last one."""
        memory, before = self._memory, evidence['count']
        taken = 'size' not in evidence
        newest = self._current_frame() if taken else 0
        count = self._changed(before, lambda: memory.recount(before))
        if count == before:
            what = 'no picture was taken' if taken else 'nothing was stored'
            return Settlement(Outcome.NOT_DONE, f'It still counts {before} images: {what}; try '
                              'again')
        index = memory.index_of(newest)
        index = index if newest and before < index <= count else count
        words = f'it counts {count} images instead of {before}'
        if count < before or evidence['last'] and self._name(before) != evidence['last']:
            return Settlement(Outcome.UNKNOWN, f'{words}, and image {before} is not '
                              f'{evidence["last"] or "what it was"} any more: its memory was '
                              'changed. List the images')
        if not taken:
            size = memory.declared(memory.select(count))
            if size not in (None, evidence['size']):
                return Settlement(Outcome.UNKNOWN, f'{words}; the last one has {size} bytes and '
                                  f'not {evidence["size"]}', index)
        elif 'folder' in evidence and list(memory.find(index)[0]) != evidence['folder']:
            # Of folders but that one the count before the shot was not asked anew.
            return Settlement(Outcome.UNKNOWN, f'{words}, and the last one is not in the folder '
                              'that was recorded in before: somebody may have taken it before '
                              'that. List the images', index)
        more = ': more than one was stored' if count > before + 1 else ''
        return Settlement(Outcome.DONE, words + more, index)

    def _settle_erasure(self, evidence: Evidence) -> Settlement:
        """Say whether a frame is gone: one less in its folder, and another one in its place."""
        gone = tuple(evidence.get('gone', ()))
        if 'frame' not in evidence:
            return Settlement(Outcome.NOT_DONE, 'It was not told to delete it.', gone=gone)
        memory, frame, before = self._memory, evidence['frame'], evidence['frames']
        index = evidence['index']
        here: Path = tuple(evidence['folder'])
        if memory.here != here:
            memory.changed()
            memory.enter(here)
        else:
            self._session.go_back()
        count = self._changed(before, memory.frames)
        found = (memory.name(frame), memory.declared(frame)) if frame <= count else ('', None)
        same = evidence['name'] in ('', found[0]) and evidence['size'] in (None, found[1])
        if count == before and same:
            return Settlement(Outcome.NOT_DONE, f'It still counts {before} images: nothing was '
                              'deleted; try again', gone=gone)
        told = bool(evidence['name'] or evidence['size'])
        if count == before - 1 and not (told and same):
            return Settlement(Outcome.DONE, f'it counts {count} images instead of {before}',
                              gone=gone if index is None else (*gone, index))
        return Settlement(
            Outcome.UNKNOWN, f'It counts {count} images where {before - 1} or {before} should be, '
            f'and {found[0] or "no name"} in place of {evidence["name"] or "no name"}: list the '
            'images again before anything else', gone=gone,
            in_doubt=() if index is None else (index,))

    def _settle_all(self, evidence: Evidence) -> Settlement:
        """Say whether nothing is left but what is protected."""
        memory, before = self._memory, evidence['count']
        memory.changed()
        count = self._changed(before, memory.count)
        if count >= before:
            return Settlement(Outcome.NOT_DONE, f'It still counts {count} images: nothing was '
                              'deleted; try again')
        for index in range(1, count + 1):
            if not memory.protected(memory.select(index)):
                return Settlement(Outcome.UNKNOWN, f'It counts {count} images instead of '
                                  f'{before}, and image {index} is not protected: list the images')
        return Settlement(Outcome.DONE, f'it counts {count} images, all of them protected' if count
                          else 'it counts no images any more')

    def _changed(self, before: int, ask: Callable[[], int]) -> int:
        """Return a count when it differs from `before`, at the latest after T_CHANGE."""
        port = self._session.port
        end = port.now() + T_CHANGE
        while (count := ask()) == before and port.now() < end:
            port.pause(T_AGAIN)
        return count

    def _name(self, index: int) -> str:
        """Return the name of an image; empty: there is none, or the camera does not say."""
        return self._memory.name(self._memory.select(index)) if index else ''

    def _current_frame(self) -> int:
        try:
            return self._session.read_int(NUMBER['current_frame'])
        except Refused:
            return 0


def _so_far(wanted: Sequence[int], gone: Sequence[int], doubtful: int | None = None) -> str:
    """Say of each image of a deletion what is known; by the numbers that it had before."""
    parts = [f'deleted: {_numbers(gone)}']
    if doubtful is not None:
        parts.append(f'unknown: {doubtful}')
    rest = [index for index in wanted if index not in gone and index != doubtful]
    return ', '.join([*parts, f'not deleted: {_numbers(rest)}']) + ' (numbers before)'


def _numbers(indices: Sequence[int]) -> str:
    return ', '.join(map(str, indices)) or 'none'
