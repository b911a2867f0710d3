# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The owner of operations that must not be repeated."""

from contextlib import contextmanager

import pytest

from camera_driver.errors import (
    Cancelled, DeviceError, NotConfirmed, OutcomeUnknown, PortError, Refused, ReplyTimeout)
from camera_driver.operations import (
    carry_out, confirmed, Kind, line_lost, once, Operation, operation, operations, Outcome,
    Settlement)

EVIDENCE = {'operation': 'capture', 'count': 2}


class Leaf:
    @operation(Kind.ONCE, 'taking a picture')
    def capture(self):
        """Declare it."""

    def look(self):
        """Read."""


class Camera(Leaf):
    def capture(self):
        """Do it."""


def test_a_method_keeps_the_kind_that_it_was_declared_with():
    assert operations(Camera) == {'capture': Operation(Kind.ONCE, 'taking a picture')}


def test_before_the_first_byte_everything_is_what_it_is():
    for error in (PortError('gone'), Refused('no'), KeyboardInterrupt(), ZeroDivisionError()):
        with pytest.raises(type(error)) as caught:
            with once('take a picture', '/dev/x'):
                raise error
        assert caught.value is error


@pytest.mark.parametrize('error', [
    PortError('/dev/x: gone'), ReplyTimeout('silent'), Refused('nak', 21), Cancelled('end'),
    KeyboardInterrupt(), SystemExit(1), DeviceError(''), ZeroDivisionError('ours')], ids=repr)
def test_behind_it_everything_is_a_doubt(error):
    with pytest.raises(OutcomeUnknown, match='^/dev/x: .*take a picture.*unknown') as caught:
        with once('take a picture', '/dev/x') as attempt:
            attempt.sending()
            raise error
    assert caught.value.__cause__ is error


def test_but_a_clear_no():
    with pytest.raises(Refused, match='full'):
        with once('take a picture', '/dev/x') as attempt:
            attempt.sending()
            raise attempt.clear_no(Refused('full'))


@pytest.mark.parametrize('error, lost', [
    (PortError('gone'), True), (Cancelled('end'), True), (KeyboardInterrupt(), True),
    (ReplyTimeout('silent'), False), (Refused('nak'), False), (ZeroDivisionError(), False)],
    ids=repr)
def test_whether_it_can_be_asked_at_once(error, lost):
    doubt = OutcomeUnknown('doubt')
    doubt.__cause__ = error
    assert line_lost(doubt) is lost


class Device:
    """Takes notes of the order of things; `found` is what evidence tells."""

    def __init__(self, error=None, found=None):
        self.error = error
        self.found = found
        self.done = []

    def command(self):
        with once('take a picture', '/dev/x') as attempt:
            attempt.sending()
            self.done.append('sent')
            if self.error:
                raise self.error
        return 'picture'

    def settle(self, evidence):
        self.done.append('settle')
        assert evidence is EVIDENCE
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def run(self):
        return carry_out(EVIDENCE, self.command, self.settle, self.record)

    @contextmanager
    def record(self, evidence):
        self.done.append('recorded')
        yield
        self.done.append('known')


def test_evidence_is_recorded_before_anything_is_sent_and_a_yes_needs_no_question():
    device = Device()
    assert device.run() == ('picture', None)
    assert device.done == ['recorded', 'sent', 'known']


def test_a_doubt_is_settled_at_once_where_the_line_lives():
    found = Settlement(Outcome.DONE, 'it counts 3 images', image_index=3)
    device = Device(ReplyTimeout('silent'), found)
    assert device.run() == (None, found)
    assert device.done == ['recorded', 'sent', 'settle', 'known']


def test_what_was_refused_and_not_done_is_refused_with_its_code():
    device = Device(Refused('/dev/x: no room', 7), Settlement(Outcome.NOT_DONE, 'It counts 2.'))
    with pytest.raises(Refused, match='no room. It counts 2') as caught:
        device.run()
    assert caught.value.code == 7


@pytest.mark.parametrize('error', [PortError('gone'), Cancelled('end'), KeyboardInterrupt()],
                         ids=repr)
def test_no_question_where_the_line_is_gone_or_somebody_ends_it(error):
    device = Device(error, Settlement(Outcome.DONE, ''))
    with pytest.raises(OutcomeUnknown) as caught:
        device.run()
    assert device.done == ['recorded', 'sent'] and caught.value.evidence is EVIDENCE


@pytest.mark.parametrize('found', [
    ReplyTimeout('silent again'), Settlement(Outcome.UNKNOWN, 'silent again')], ids=repr)
def test_what_cannot_be_settled_stays_unknown_and_keeps_its_evidence(found):
    with pytest.raises(OutcomeUnknown, match='silent again') as caught:
        Device(ReplyTimeout('silent'), found).run()
    assert caught.value.evidence is EVIDENCE


class Setting:
    """Writes `value`, or fails with `error` before, within or behind it; then tells it."""

    def __init__(self, error=None, done=True, sent=True, told=lambda held: held):
        self.error, self.done, self.sent, self.told = error, done, sent, told
        self.held = 1

    def write(self, attempt):
        if self.sent:
            attempt.sending()
        if self.done and self.sent:
            self.held = 2
        if self.error:
            raise self.error

    def run(self):
        return confirmed('level: 2', self.write, lambda: self.told(self.held),
                         lambda held: held == 2)


def silent(held):
    raise ReplyTimeout('silent')


def test_what_was_written_is_what_is_read_back():
    assert Setting().run() == 2
    with pytest.raises(Refused, match='level: 2: the device took it and holds 1'):
        Setting(done=False).run()


@pytest.mark.parametrize('error', [ReplyTimeout('silent'), Refused('nak')], ids=repr)
def test_what_it_answered_does_not_count(error):
    assert Setting(error).run() == 2
    with pytest.raises(type(error)):
        Setting(error, done=False).run()


def test_a_once_command_that_was_not_done_is_no_doubt_any_more():
    with pytest.raises(Refused, match='holds 1'):
        Setting(OutcomeUnknown('doubt'), done=False).run()


@pytest.mark.parametrize('error', [
    ReplyTimeout('silent'), PortError('gone'), Cancelled('end'), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize('told', [silent, lambda held: None])
def test_what_cannot_be_read_back_is_not_confirmed(error, told):
    with pytest.raises(NotConfirmed, match='^level: 2: sent to the device'):
        Setting(error, told=told).run()
    with pytest.raises(type(error)):
        Setting(error, sent=False).run()


def test_a_no_counts_where_nothing_can_be_read_back():
    with pytest.raises(Refused, match='nak'):
        Setting(Refused('nak'), told=lambda held: None).run()
    assert Setting(told=lambda held: None).run() is None
    with pytest.raises(NotConfirmed, match='silent'):
        Setting(told=silent).run()


def test_a_no_to_a_repetition_is_not_a_clear_no():
    def twice(attempt):
        attempt.sending()
        attempt.sending()
        raise Refused('no')

    def once_(attempt):
        attempt.sending()
        raise Refused('no')

    def unreadable():
        raise Refused('not told')

    for read in (unreadable, lambda: None):
        with pytest.raises(NotConfirmed):
            confirmed('level: 3', twice, read, bool)
        with pytest.raises(Refused, match='^no$'):
            confirmed('level: 3', once_, read, bool)
