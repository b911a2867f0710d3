# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The notation of conversations, and that the documents' own are read whole."""

from hashlib import sha256

from conversations import DEVICE, document, DOCUMENTS, HOST, Host, pairs, parse, WAIT
import fuji_mx.conversations
from helpers import Echo
import pytest
import sierra.host

from camera_driver.catalog import BUILT_IN

FRAMES = {'fuji_mx': fuji_mx.conversations.FRAMES, 'sierra': sierra.host.FRAMES}
FRAME = bytes(range(40))
TEXT = f"""
    # before
    C>H  15             ; by itself
    H>C  05
    wait 0.3 s          ; silence
    C>H  06
    C>H  00 01 .. 26 27  [40 bytes, sha256 {sha256(FRAME).hexdigest()[:16]}]

    H>C  frame
"""


def test_notation():
    found = parse(TEXT, {'frame': FRAME})
    assert found == [(DEVICE, b'\x15'), (HOST, b'\5'), (WAIT, 0.3), (DEVICE, b'\6'),
                     (DEVICE, FRAME), (HOST, FRAME)]
    assert pairs(found) == [(b'', b'\x15'), (b'\5', b'\6' + FRAME), (FRAME, None)]


@pytest.mark.parametrize('text', ['M>C 05', 'H>C', 'H>C 5', 'H>C name', 'wait long',
                                  'C>H 00 .. 27 [40 bytes, sha256 0123456789abcdef]'])
def test_what_is_no_conversation_is_an_error(text):
    with pytest.raises((AssertionError, ValueError)):
        parse(text, {'frame': FRAME})


@pytest.mark.parametrize('heard', ['05', '06', '05 05'])
def test_a_host_misses_and_overlooks_nothing(heard):
    play = Host(Echo()).play
    conversation = parse(f'H>C 05\nC>H {heard}')
    if heard == '05':
        play(conversation)
    else:
        with pytest.raises(AssertionError):
            play(conversation)
    with pytest.raises(AssertionError):
        play(parse('H>C 05'))


@pytest.mark.parametrize('kind', BUILT_IN)
def test_every_conversation_of_a_document_is_read(kind):
    text = (DOCUMENTS / f'{kind}.md').read_text()
    lines = [line for line in text.splitlines() if line.startswith((f'{HOST} ', f'{DEVICE} '))]
    read = [line for flows in document(kind, FRAMES.get(kind)).values() for flow in flows
            for line in flow if line[0] != WAIT]
    assert len(read) == len(lines) > 10
