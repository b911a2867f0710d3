# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A matrix in an installer's words."""

import logging
import random

from helpers import recorder
from hostile import hostile, seconds
import pytest

from camera_driver.devices.intelix.simulator.simulator import IntelixSimulator
from camera_driver.devices.intelix.switcher import IntelixSwitcher
from camera_driver.errors import (
    Forbidden, NotConfirmed, NotSupported, options_of, OutcomeUnknown, ProtocolError,
    Refused, ReplyTimeout, StorageError)
from camera_driver.link.trace import entries, TracingPort
from camera_driver.operations import Outcome
from camera_driver.sim.faults import Faults
from camera_driver.sim.loop import LoopPort

STRAIGHT = (1, 2, 3, 4, 5, 6, 7, 8)
REVERSED = STRAIGHT[::-1]


def connected(options=None, **simulated):
    """Return a simulated matrix and an open switcher."""
    matrix = IntelixSimulator(**simulated)
    switcher = IntelixSwitcher(LoopPort(matrix), options or {})
    switcher.open()
    return matrix, switcher


@pytest.fixture
def password(tmp_path, monkeypatch):
    """Give a file with the password 1234, and an environment without."""
    monkeypatch.delenv('INTELIX_PANEL_PASSWORD', raising=False)
    monkeypatch.delenv('INTELIX_ADMIN_PASSWORD', raising=False)
    path = tmp_path / 'password'
    path.write_text('1234\n')
    return path


def changes(switcher):
    """Watch a switcher and return the list that its routing is put into when it changes."""
    seen = [switcher.routing()]

    def noticed():
        if switcher.routing() != seen[-1]:
            seen.append(switcher.routing())

    switcher.watch(noticed)
    return seen


def test_identity():
    _, switcher = connected()
    assert not switcher.open().verifiable and str(switcher.open()) == 'intelix'


def test_routing_is_unknown_until_it_is_reported():
    matrix, switcher = connected()
    seen = changes(switcher)
    assert switcher.routing() is None
    assert switcher.poll().details['routing'] == 'unknown'
    matrix.press(1, 4)
    switcher.listen()
    assert switcher.routing() == (4, *STRAIGHT[1:])
    matrix.press(1, 4)
    switcher.listen()
    assert seen == [None, (4, *STRAIGHT[1:])]
    assert switcher.poll().details['routing'] == '4 2 3 4 5 6 7 8'
    switcher.open()  # it may have been off
    assert switcher.routing() is None and seen[-1] is None


@pytest.mark.parametrize('ask', ['poll', 'listen'])
def test_where_an_answer_is_late_nothing_is_lost(ask):
    matrix, switcher = connected()
    switcher.watch(lambda: None, closely=True)
    assert switcher.route(8, REVERSED) == REVERSED
    matrix.misbehave('late_report')
    getattr(switcher, ask)()
    assert switcher.routing() == REVERSED
    assert switcher.statistics.retries == 1


@pytest.mark.parametrize('ask', ['poll', 'listen'])
def test_where_an_answer_is_lost_a_report_may_be_lost_too(ask):
    matrix, switcher = connected()
    switcher.watch(lambda: None, closely=True)
    assert switcher.route(8, REVERSED) == REVERSED
    matrix.misbehave('no_report')
    matrix.press(6, 5)
    matrix.misbehave('deaf')
    getattr(switcher, ask)()
    assert switcher.routing() is None


@pytest.mark.parametrize('base', [0, 1])
def test_presets(base):
    matrix, switcher = connected({'index_base': base}, index_base=base)
    assert switcher.preset(2) == STRAIGHT
    assert switcher.set_preset(2, REVERSED) == REVERSED
    assert matrix.presets[1 + base] == bytes(number - 1 + base for number in REVERSED)
    assert switcher.set_preset_name(2, 'NEWS') == 'NEWS' == switcher.preset_name(2)
    assert switcher.routing() is None
    seen = changes(switcher)
    assert switcher.trigger_preset(2) == REVERSED == switcher.routing()
    switcher.trigger_preset(1)
    assert seen == [None, REVERSED, None, STRAIGHT]


def test_a_number_that_is_none_of_an_input():
    matrix, switcher = connected()
    matrix.presets[3] = bytes([0, 9, 255, 1, 2, 3, 4, 5])
    assert switcher.trigger_preset(3) == (0, 0, 0, 1, 2, 3, 4, 5)
    assert switcher.preset(3) == (0, 0, 0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize('work, words', [
    (lambda s: s.preset(0), 'preset 0: there are 1 to 255'),
    (lambda s: s.preset(256), 'preset 256: there are 1 to 255'),
    (lambda s: s.set_preset(1, [1] * 7), '7 inputs: there has to be one for each of the 8'),
    (lambda s: s.set_preset(1, [1] * 7 + [9]), 'input 9: there are 1 to 8'),
    (lambda s: s.route(1, [0] * 8), 'input 0: there are 1 to 8'),
    (lambda s: s.set_input_name(9, 'A'), 'input 9: there are 1 to 8'),
    (lambda s: s.set_input_name(1, 'ABCDEF'), 'at most 5 printable ASCII'),
    (lambda s: s.set_preset_name(1, 'ABCDEFGHI'), 'at most 8 printable ASCII'),
    (lambda s: s.set_preset_name(1, 'Ä'), 'at most 8 printable ASCII'),
    (lambda s: s.set_lock('door', True), "lock 'door': there are panel, admin"),
    (lambda s: s.locked('door'), "lock 'door': there are panel, admin"),
])
def test_wrong_arguments_are_refused_before_anything_is_sent(work, words):
    _, switcher = connected()
    before = switcher.statistics.bytes_sent
    with pytest.raises(ValueError, match=words):
        work(switcher)
    assert switcher.statistics.bytes_sent == before


def test_a_preset_that_is_not_taken():
    matrix, switcher = connected(admin_locked=True)
    with pytest.raises(Refused, match='preset 1: the matrix holds 1 2 3 4 5 6 7 8 after it was '
                       'told 8 7 6 5 4 3 2 1; is admin locked'):
        switcher.set_preset(1, REVERSED)
    with pytest.raises(Refused, match="preset 1: it is called '' after it was named 'A'"):
        switcher.set_preset_name(1, 'A')


def test_route():
    matrix, switcher = connected()
    assert switcher.route(8, REVERSED) == REVERSED == tuple(matrix.routes)
    assert tuple(matrix.presets[8]) == REVERSED


def test_route_is_verified_by_the_report():
    matrix, switcher = connected()
    matrix.misbehave('unasked', command=b'\x03\x06')  # another routing, before its own
    assert switcher.route(8, REVERSED) == REVERSED
    matrix.misbehave('wrong_value', 2, command=b'\x03\x06')
    # Without a checksum nobody knows whether the routing or its report is wrong.
    with pytest.raises(OutcomeUnknown, match='reports 1 2 3 4 5 6 7 0 after it was told 1 2 3'):
        switcher.route(8, STRAIGHT)
    assert switcher.routing() is None and bytes(matrix.routes) == bytes(STRAIGHT)


def test_route_without_a_report():
    matrix, switcher = connected()
    switcher.route(8, STRAIGHT)
    matrix.misbehave('no_report', 2, command=b'\x03\x06')
    with pytest.raises(OutcomeUnknown, match='trigger preset.* unknown whether it did'):
        switcher.route(8, REVERSED)
    assert switcher.routing() is None


@pytest.mark.parametrize('seed', range(4))
def test_on_a_bad_line_it_never_says_that_it_routed_what_it_did_not(seed):
    matrix, switcher = connected()
    port = switcher.session.port
    rates = {'flip': 0.05, 'cut': 0.03, 'lose': 0.03, 'drop': 0.03, 'insert': 0.03,
             'repeat': 0.03, 'delay': 0.03}
    port.to_host, port.to_device = Faults(rates, seed), Faults(rates, 100 + seed)
    draw = random.Random(seed)
    done = 0
    for _ in range(150):
        wanted = tuple(draw.randint(1, 8) for _ in range(8))
        try:
            assert switcher.route(8, wanted) == wanted == tuple(matrix.routes)
            done += 1
        except (Refused, OutcomeUnknown, ReplyTimeout, ProtocolError):
            pass
    assert done > 75


def test_nothing_is_triggered_when_the_preset_is_not_set():
    matrix, switcher = connected()
    switcher.route(8, STRAIGHT)
    matrix.misbehave('deaf', 100, command=b'\x03\x00')
    with pytest.raises(ProtocolError, match='did not answer set_preset, though it is there'):
        switcher.route(8, REVERSED)
    matrix.misbehave('no_report', 100, command=b'\x03\x00')
    matrix.misbehave('deaf', 100, command=b'\x03\x01')
    with pytest.raises(NotConfirmed, match='preset 8: sent to the device'):
        switcher.route(8, REVERSED)
    assert matrix.routes == bytes(STRAIGHT) and switcher.routing() == STRAIGHT


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('base', [0, 1])
def test_what_is_read_is_true_on_a_line_that_damages_numbers(base, seed):
    """Without a checksum: the right value, or an error."""
    matrix, switcher = connected({'index_base': base}, index_base=base)
    matrix.presets[2] = bytes([base + 3] * 8)
    matrix.preset_names[2] = b'NEWS    '
    switcher.session.port.to_host = Faults({'flip': 0.3, 'insert': 0.1, 'drop': 0.1}, seed)
    number, done = 3 - base, 0
    for _ in range(60):
        for question, right in ((lambda: switcher.preset(number), (4,) * 8),
                                (lambda: switcher.preset_name(number), 'NEWS'),
                                (lambda: switcher.locked('admin'), False)):
            try:
                found = question()
            except (ProtocolError, ReplyTimeout):
                continue
            assert found in (right, None), found
            done += found == right
    assert done > 170


def test_a_late_report_settles_a_trigger():
    matrix, switcher = connected()
    matrix.misbehave('late_report', command=b'\x03\x06')
    assert switcher.trigger_preset(2) == STRAIGHT == switcher.routing()
    assert [one.key for one in matrix.log].count((3, 6)) == 1


def test_what_became_of_a_routing_in_another_session():
    matrix, switcher = connected()
    switcher.record, kept = recorder()
    matrix.misbehave('no_report', command=b'\x03\x06')
    with pytest.raises(OutcomeUnknown) as doubt:
        switcher.route(8, REVERSED)
    assert doubt.value.evidence == kept[0] == {
        'operation': 'route', 'preset': 8, 'inputs': list(REVERSED), 'before': None}
    again = IntelixSwitcher(LoopPort(matrix), {})
    again.open()
    assert again.settle(kept[0]).outcome is Outcome.UNKNOWN
    matrix.press(1, 8)
    assert again.settle(kept[0]).outcome is Outcome.DONE
    matrix.press(1, 7)
    assert again.settle(kept[0]).outcome is Outcome.UNKNOWN
    assert again.settle({'operation': 'set_password'}).outcome is Outcome.UNKNOWN


def test_a_lock_that_could_not_be_opened_again_is_not_locked(password, tmp_path):
    matrix, switcher = connected(panel_password=b'1234')
    for lock in switcher.LOCKS:
        with pytest.raises(Forbidden, match=f'the {lock} was not locked, .* INTELIX_') as refusal:
            switcher.set_lock(lock, True)
        assert options_of(refusal.value) == (f'{lock}_password_file',)
    _, switcher = connected({'panel_password_file': str(tmp_path / 'none')})
    with pytest.raises(StorageError):
        switcher.set_lock('panel', True)
    assert not any(matrix.locked.values())


def test_a_lock_that_could_not_be_opened_again_is_locked_on_demand(tmp_path):
    for options in ({}, {'panel_password_file': str(tmp_path / 'none')}):
        matrix, switcher = connected(options, panel_password=b'1234')
        switcher.set_lock('panel', True, without_password=True)
        assert matrix.locked['panel']
        with pytest.raises((Forbidden, StorageError)):
            switcher.set_lock('panel', False, without_password=True)
        assert matrix.locked['panel'] and not any(one.secret for one in matrix.log)


@pytest.mark.parametrize('locked', [True, False])
@pytest.mark.parametrize('answers', [True, False])
@pytest.mark.parametrize('fault', ['no_report', 'deaf', 'wrong_value'])
def test_a_lock_whose_report_is_lost(password, locked, answers, fault):
    matrix, switcher = connected({'panel_password_file': str(password)}, panel_password=b'1234',
                                 panel_locked=not locked, answers_lock_status=answers)
    matrix.misbehave(fault, 100, command=b'\x00\x0c' if locked else b'\x00\x02')
    try:
        switcher.set_lock('panel', locked)
    except NotConfirmed:
        assert not answers
    except (Refused, ProtocolError):
        assert matrix.locked['panel'] is not locked or fault == 'wrong_value' and not answers
    else:
        assert matrix.locked['panel'] is locked


def test_nothing_is_triggered_that_cannot_be_read():
    matrix, switcher = connected()
    with pytest.raises(ProtocolError, match='did not answer get_preset, though it is there'):
        switcher.trigger_preset(100)
    assert (3, 6) not in {one.key for one in matrix.log}


def test_one_warning_for_a_burst(caplog):
    matrix, switcher = connected()
    switcher.trigger_preset(1)
    for burst in (b'\xfe' * 500, b'\x55\xf8' * 500):
        caplog.clear()
        matrix.send(burst)
        for _ in range(5):
            switcher.poll()
        assert [record.levelname for record in caplog.records
                if record.levelno > logging.DEBUG] == ['WARNING']


HOSTILE = {
    'endless noise': (b'\x55' * 12, 0.001), 'reserved bytes': (b'\xf8\xfe\xf0', 0.001),
    'one byte after the other': (b'\x00', 0.09),
    'never an end': (b'\xf1\xf0\x0e' + b'\x00' * 9, 0.05), 'starts alone': (b'\xf1', 0.05),
    'reports without end': (bytes.fromhex('f1 0a 02 06 01 02 03 04 05 06 07 08'), 0.001),
    'another preset each time': (bytes.fromhex('f1 0b 03 02 09 01 02 03 04 05 06 07 08'), 0.001),
    'a frame that begins': (bytes.fromhex('f1 0b 03 02 01 01'), 0.09),
}


@pytest.mark.parametrize('mode', HOSTILE)
@pytest.mark.parametrize('work, most', [
    (lambda s: s.poll(), 4.5), (lambda s: s.listen(), 1.5), (lambda s: s.preset(1), 6.5),
    (lambda s: s.set_preset(1, REVERSED), 13.0), (lambda s: s.trigger_preset(1), 6.5),
    (lambda s: s.set_lock('panel', True), 13.0), (lambda s: s.set_input_name(1, 'A'), 5.0)])
def test_a_hostile_matrix_prolongs_nothing(mode, work, most, password):
    matrix = hostile(IntelixSimulator)()
    switcher = IntelixSwitcher(LoopPort(matrix), {'panel_password_file': str(password)})
    switcher.open()
    matrix.data, matrix.every = HOSTILE[mode]
    port = switcher.session.port
    assert seconds(port, work, switcher) < most


@pytest.mark.parametrize('work', [
    lambda s: s.poll(), lambda s: s.set_preset(1, REVERSED), lambda s: s.trigger_preset(1),
    lambda s: s.route(1, REVERSED), lambda s: s.set_lock('panel', True),
    lambda s: s.set_input_name(1, 'A'), lambda s: s.set_preset_name(1, 'A')])
@pytest.mark.parametrize('after', [0.01, 0.3, 0.6, 1.5, 3.0])
@pytest.mark.parametrize('mode', ['mute', 'endless noise'])
def test_what_is_cancelled_is_over_at_once(mode, after, work, password):
    matrix = hostile(IntelixSimulator)()
    switcher = IntelixSwitcher(LoopPort(matrix), {'panel_password_file': str(password)})
    switcher.open()
    matrix.data, matrix.every = HOSTILE.get(mode, (b'\x55', 1e6))
    port = switcher.session.port
    end = port.now() + after
    matrix.after(after, port.cancel)
    seconds(port, work, switcher)
    switcher.close()
    assert port.now() < end + 2.0


def test_input_names():
    matrix, switcher = connected()
    switcher.set_input_name(2, 'CAM')
    assert matrix.input_names[2] == b'CAM  '
    matrix.on_bytes = lambda data: None
    with pytest.raises(NotConfirmed, match='name of input 2: sent to the device'):
        switcher.set_input_name(2, 'CAM')


@pytest.mark.parametrize('lock', IntelixSwitcher.LOCKS)
def test_locks(lock, password):
    matrix, switcher = connected(
        {f'{lock}_password_file': str(password)}, **{f'{lock}_password': b'1234'})
    assert switcher.locked(lock) is False
    switcher.set_lock(lock, True)
    assert switcher.locked(lock) is True and matrix.locked[lock]
    assert switcher.poll().details[lock] == 'locked'
    switcher.set_lock(lock, False)
    assert switcher.locked(lock) is False and not matrix.locked[lock]
    sent = len(matrix.log)
    switcher.set_lock(lock, False)  # is so already: no password goes out
    assert not [one for one in list(matrix.log)[sent:] if one.secret]


def test_a_wrong_password(password):
    matrix, switcher = connected({'panel_password_file': str(password)}, panel_locked=True,
                                 panel_password=b'9999')
    with pytest.raises(Refused, match='the panel: it stays locked; is the password the right one'):
        switcher.set_lock('panel', False)
    assert len([one for one in matrix.log if one.secret]) == 1


def test_passwords_come_from_the_environment_too(password, monkeypatch):
    matrix, switcher = connected(panel_locked=True, panel_password=b'a b~')
    with pytest.raises(Forbidden, match='INTELIX_PANEL_PASSWORD') as refusal:
        switcher.set_lock('panel', False)
    assert options_of(refusal.value) == ('panel_password_file',)
    monkeypatch.setenv('INTELIX_PANEL_PASSWORD', 'abcde')
    with pytest.raises(ValueError, match='INTELIX_PANEL_PASSWORD: a password is 4') as error:
        switcher.set_lock('panel', False)
    assert 'abcde' not in str(error.value)
    monkeypatch.setenv('INTELIX_PANEL_PASSWORD', 'a b~')
    switcher.set_lock('panel', False)
    assert not matrix.locked['panel']


def test_password_files_that_are_none(tmp_path):
    for content, error, words in ((None, StorageError, 'No such file'),
                                  (b'\xff\xfe', ValueError, 'is not a text file'),
                                  (b'12345', ValueError, 'a password is 4 printable')):
        path = tmp_path / 'file'
        if content:
            path.write_bytes(content)
        _, switcher = connected({'panel_password_file': str(path)}, panel_locked=True)
        with pytest.raises(error, match=f'panel_password_file: .*{words}'):
            switcher.set_lock('panel', False)


def test_a_matrix_that_does_not_answer_get_lock_status(password):
    matrix, switcher = connected({'panel_password_file': str(password)}, panel_password=b'1234',
                                 answers_lock_status=False)
    assert switcher.locked('panel') is None
    switcher.set_lock('panel', True)
    assert matrix.locked['panel']
    switcher.set_lock('panel', False)
    assert not matrix.locked['panel']


def test_passwords_are_changed(password):
    matrix, switcher = connected()
    switcher.set_password('panel', password)
    assert matrix.passwords['panel'] == b'1234'
    matrix.locked['admin'] = True
    with pytest.raises(Refused, match='new password of the admin was not sent'):
        switcher.set_password('admin', password)
    matrix.locked['admin'] = False
    matrix.misbehave('no_report', command=b'\x00\x0a')
    with pytest.raises(OutcomeUnknown, match='set admin password, and it is unknown'):
        switcher.set_password('admin', password)
    matrix.misbehave('wrong_value', command=b'\x00\x0a')  # a no that is none
    with pytest.raises(OutcomeUnknown, match='though admin is unlocked'):
        switcher.set_password('admin', password)


def test_no_password_is_in_the_trace(password, tmp_path):
    matrix = IntelixSimulator(panel_password=b'1234')
    path = tmp_path / 'wire.log'
    switcher = IntelixSwitcher(TracingPort(LoopPort(matrix), path, 'intelix', 0.0),
                               {'panel_password_file': str(password)})
    switcher.open()
    switcher.set_lock('panel', True)
    switcher.set_lock('panel', False)
    switcher.set_password('panel', password)
    switcher.close()
    sent = b''.join(entry.data for entry in entries(path) if entry.mark == '>')
    assert b'1234' not in sent and bytes.fromhex('f1 06 00 02') + b'****' in sent
    assert '31 32 33 34' not in path.read_text()


def test_until_when_it_was_heard():
    matrix, switcher = connected()
    port = switcher.session.port
    switcher.trigger_preset(1)
    port.pause(1.0)
    before, seen = switcher.heard_until, []
    switcher.watch(lambda: seen.append(switcher.heard_until))
    switcher.listen()  # silence may be that of a broken line
    assert seen == [before] and before < port.now() - 0.9
    now = port.now()
    switcher.watch(lambda: seen.append(switcher.heard_until), closely=True)
    switcher.listen()
    assert seen[1:] == [now]
    matrix.misbehave('deaf', 5)
    with pytest.raises(ReplyTimeout):
        switcher.listen()
    assert switcher.heard_until == now


def test_what_may_have_been_a_report_leaves_the_routing_unknown():
    matrix, switcher = connected()
    for fault in ('cut_report', 'reserved_byte', 'bad_escape', 'short_report', 'wrong_id'):
        switcher.route(8, STRAIGHT)
        assert switcher.routing() == STRAIGHT
        matrix.misbehave(fault)
        matrix.press(1, 4)
        switcher.session.port.pause(0.2)
        switcher.listen()
        assert switcher.routing() != STRAIGHT, fault
    switcher.route(8, STRAIGHT)
    for fault in ('ack', 'error'):
        matrix.misbehave(fault)
        switcher.poll()
        assert switcher.routing() == STRAIGHT
    matrix.send(bytes.fromhex('f1 03 01 02 02'))  # of a name, as it seems
    switcher.listen()
    assert switcher.routing() == STRAIGHT


def test_nothing_is_routed_before_it_is_said_that_the_routing_is_unknown():
    matrix, switcher = connected()
    switcher.trigger_preset(1)
    seen = []
    switcher.watch(lambda: seen.append((switcher.routing(), bytes(matrix.routes))))
    switcher.route(2, REVERSED)
    known = [routes for routing, routes in seen if routing is None]
    assert known[0] == bytes(STRAIGHT) and seen[-1] == (REVERSED, bytes(REVERSED))


def test_video_follows_the_routing():
    matrix, switcher = connected()
    assert matrix.video_signal().caption == 'INPUT 8'
    switcher.route(1, [1] * 7 + [3])
    assert matrix.video_signal().number == 3
    other = IntelixSimulator()
    matrix.sources[3] = other.video_signal
    assert matrix.video_signal().caption == 'INPUT 8'
    matrix.video_output = 1
    assert matrix.video_signal().caption == 'INPUT 1'
    matrix.routes = bytes(8)
    assert matrix.video_signal() is None


def test_what_is_not_understood_is_shown():
    matrix, switcher = connected(reports_input_name=b'\x01\x02\x02BLURY')
    switcher.set_input_name(2, 'BLURY')
    details = switcher.poll().details
    assert details['last unknown message'] == 'unknown 01 02 02 42 4c 55 52 59'
    matrix.misbehave('short_report')
    matrix.press(1, 1)
    switcher.listen()
    assert switcher.routing() is None
    assert 'all_crosspoints_status_report of wrong length' in switcher.poll().details[
        'last unknown message']


def test_raw_messages():
    matrix, switcher = connected()
    assert switcher.send_message(b'\x03\x06\x01') == b'\x02\x06' + bytes(STRAIGHT)
    assert switcher.routing() == STRAIGHT
    for message in (b'\x00\x03', b'\x03\x01\x01', b'\x03\x00\x02' + bytes(REVERSED)):
        switcher.send_message(message)
        assert switcher.routing() == STRAIGHT


@pytest.mark.parametrize('message', [
    b'\x03\x06\x02', b'\x02\x03\x03\x06\x01', b'\x02\x00', b'\x09', b'\x03\x01\x01\x01'])
def test_raw_messages_that_may_route_leave_the_routing_unknown(message):
    matrix, switcher = connected()
    switcher.route(8, STRAIGHT)
    seen = changes(switcher)
    matrix.misbehave('no_report', 1)
    assert switcher.send_message(message) == b''
    assert seen == [STRAIGHT, None]


def test_self_test():
    matrix, switcher = connected()
    assert all(one.passed for one in switcher.self_test())
    matrix.misbehave('bad_escape')
    results = {one.name: one for one in switcher.self_test()}
    assert not results['line'].passed and results['line'].detail.startswith('1 damaged frames')
    matrix.options = type(matrix.options)(answers_lock_status=False)
    results = {one.name: one for one in switcher.self_test()}
    assert not results['locks'].passed and results['preset 1'].passed


def test_there_are_no_settings():
    _, switcher = connected()
    assert switcher.settings() == {}
    for operation in (lambda: switcher.get('gain'), lambda: switcher.set('gain', 1)):
        with pytest.raises(NotSupported, match="no setting 'gain'"):
            operation()


def test_options():
    for options in ({'checksum': 'crc'}, {'index_base': 2}, {'keep_alive': -1.0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            IntelixSwitcher(LoopPort(IntelixSimulator()), options)
