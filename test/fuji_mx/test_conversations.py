# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The session against the conversations of docs/protocols/fuji_mx.md, section 6."""

from datetime import datetime

from fuji_mx.conversations import ACK, begun, CONVERSATIONS, ENQ, EOT, FAST, GREY, pairs
from helpers import pattern
import pytest

from camera_driver.devices.fuji_mx.codec import Block, encode
from camera_driver.devices.fuji_mx.session import AT_FIRST, FujiMxSession
from camera_driver.errors import Refused
from camera_driver.link.port import LineSettings
from camera_driver.sim.loop import Transcript

VERSION = [(encode(Block(0x09)), ACK + encode(Block(0x05, b'01.00,MX-700'))), (ACK, b'')]


def test_6_1_connect():
    port = Transcript(pairs(CONVERSATIONS['6.1'][0]) + VERSION, AT_FIRST)
    session = FujiMxSession(port)
    session.login()
    assert port.done
    assert (port.line, session.logins) == (FAST, 1)


def test_6_1_a_refused_speed():
    refused = pairs(CONVERSATIONS['6.1'][1])
    good = ACK + encode(Block(0x08, b'\0'))
    port = Transcript([(ENQ, ACK), *refused[:-1], (refused[-1][0], good), (ACK, b''), (EOT, b''),
                       (ENQ, ACK), *VERSION], AT_FIRST)
    FujiMxSession(port).login()
    assert port.done
    assert port.line == LineSettings(57600, 'E')


def test_6_2_identify():
    session, port = begun(*CONVERSATIONS['6.2'])
    assert len(session.command_list()) == 33
    assert session.version() == '01.00,MX-700'
    assert session.camera_type() == 'DIGCAM\\MX-700\\FUJIFILM'
    assert session.camera_id() == 'TESTCAM'
    assert port.done


def test_6_3_count_and_list():
    session, port = begun(*CONVERSATIONS['6.3'])
    assert (session.picture_count(), session.picture_name(1)) == (3, 'DSC00001.JPG')
    assert session.picture_size(1) == 1100
    card = session.card_status()
    assert (card.status, card.free) == (0, 2048000)
    assert port.done


def test_6_4_thumbnail():
    session, port = begun(*CONVERSATIONS['6.4'])
    assert session.thumbnail(1) == pattern(600)
    assert port.done


@pytest.mark.parametrize('number', [0, 1])
def test_6_5_picture(number):
    session, port = begun(CONVERSATIONS['6.5'][number])
    progress = []
    assert session.picture(1, 1100, progress.append) == pattern(1100)
    assert [p.done for p in progress] == [512, 1024, 1100]
    assert port.done
    statistics = session.channel.counters.snapshot()
    assert (statistics.damaged_frames, statistics.retries) == (number, number)


def test_6_6_take_a_picture():
    session, port = begun(*CONVERSATIONS['6.6'])
    accepted = []
    session.charge_flash(200)
    assert session.take_picture(accepted.append) == 4
    assert (port.done, accepted) == (True, [0.0])


def test_6_7_preview():
    session, port = begun(*CONVERSATIONS['6.7'])
    assert session.take_preview() == 0
    assert session.preview() == GREY  # 18 equal blocks, and each of them is meant
    assert port.done


def test_6_8_delete():
    session, port = begun(*CONVERSATIONS['6.8'])
    session.delete_picture(2)
    assert port.done


def test_6_9_settings():
    session, port = begun(*CONVERSATIONS['6.9'])
    session.set_flash_mode(3)
    assert session.flash_mode() == 3
    session.set_camera_id(b'HELLO')
    assert port.done


def test_6_10_clock():
    session, port = begun(*CONVERSATIONS['6.10'])
    session.set_date(datetime(1999, 6, 6, 12, 34, 56))
    assert session.date() == datetime(1999, 6, 6, 12, 34, 57)
    assert port.done


def test_6_11_upload():
    session, port = begun(*CONVERSATIONS['6.11'])
    assert session.upload_name('DSC00009.JPG') == 0
    progress = []
    session.upload_data(pattern(1040), progress.append)
    assert [(p.done, p.total) for p in progress] == [(512, 1040), (1024, 1040), (1040, 1040)]
    assert port.done


def test_6_12_disconnect():
    session, port = begun(*CONVERSATIONS['6.12'])
    session.end()
    session.end()
    assert port.done
    assert port.line == AT_FIRST


def test_6_13_unsupported():
    session, port = begun(CONVERSATIONS['6.13'][0][:6] * 2)  # asked for again behind the ENQ
    with pytest.raises(Refused, match='refused to get command list') as caught:
        session.command_list()
    assert caught.value.code == 0x15
    assert port.done
