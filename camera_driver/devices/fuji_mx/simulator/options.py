# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What may differ from one simulated Fuji camera to another, and what it can do wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from camera_driver.devices.fuji_mx.commands import MX_700_COMMANDS


@dataclass(eq=False)
class Frame:
    """One picture on the card; `head` is what get_thumbnail answers."""

    data: bytes
    head: bytes
    name: str


@dataclass(frozen=True)
class Options:
    """
    What may differ from camera to camera: the keyword arguments of `FujiMxSimulator`.

    Sections are those of fuji_mx.md.
    """

    # Who it is and what it can do.
    version: str = '01.00,MX-700'
    camera_type: str = 'DIGCAM\\MX-700\\FUJIFILM'
    camera_id: str = 'TESTCAM'
    commands: bytes = MX_700_COMMANDS  # without 4c it cannot tell them (the DS-7)

    # What it holds.
    frames: Sequence[Frame] | None = None  # None: generated pictures
    memory_size: int = 8_192_000  # bytes, a multiple of 512
    card_status: int = 0  # anything else: no card, or an unusable one
    clock: datetime = datetime(2001, 6, 14, 10, 0, 0)  # at power-on

    # What it makes.
    width: int = 640
    height: int = 480
    preview_width: int = 80
    preview_height: int = 60
    preview: bytes | None = None  # as get_preview answers it; None: generated

    # Time [s].
    reply_delay: float = 0.01  # from the ACK to the answer
    exposure_duration: float = 2.0  # of 27 and 64
    charge_duration: float = 3.0  # of 34
    idle_timeout: float | None = None  # then closed without a word (3.5)

    # Speed and session.
    max_speed: int = 115200  # [baud]; codes above are refused
    claims_above: int | None = None  # [baud]; faster ones are accepted, and 9600 remains (3.3)
    garbles_above: int | None = None  # [baud]; faster ones are accepted, the line is too bad
    eot_keeps_speed: bool = False  # (3.4)

    # Quirks.
    card_status_last: bool = False  # long, then status (4.3)
    no_operation_answer: bytes = b'\0'  # or nothing (8 #10)
    plus_one: bool = False  # answers have the command's number plus 1 (4.2)
    echoes_prefix: bool = False  # answers have the command's prefix (4.2)
    code_5: int = 28800  # [baud], or 19200 (3.3)
    counts_on: bool = False  # ENQ does not clear the count of refusals
    lax: bool = False  # takes blocks whose length does not fit (9.1)


FAULTS: Mapping[str, str] = {
    'silent_enq': 'an ENQ is not answered',
    'nak_command': 'a command is answered NAK, not obeyed',
    'eot_command': 'a command is answered EOT: the camera has reset itself',
    'silence': 'a command is neither answered nor obeyed',
    'lose_ack': 'a command is obeyed, its ACK is lost',
    'lose_answer': 'a command is obeyed, its answer does not come',
    'lose_both': 'a command is obeyed, neither ACK nor answer comes',
    'nak_obeyed': 'a command is obeyed and answered NAK',
    'fail_obeyed': 'the same as fail, but it is obeyed',
    'take_two': 'take_picture takes two',
    'fail': 'a command with an errno answers 1, nothing is done; take_picture status 1',
    'hang': 'after the ACK the camera hangs until it is switched off (1.3)',
    'damaged_block': 'a block has a wrong bit',
    'wrong_bcc': 'a block has a wrong BCC',
    'lost_block': 'a block does not come',
    'truncated_block': 'a block lacks its end',
    'late_block': 'a block comes 0.5 s late',
    'very_late_block': 'a block comes 3 s late',
    'duplicate_block': 'after its ACK a block comes again',
    'wrong_number': 'a block has a wrong response number',
    'eot_in_transfer': 'in place of a block after the first comes EOT',
    'empty_blocks': 'the blocks of an answer are empty and never end',
    'tiny_blocks': 'the blocks of an answer are of one byte',
    'reset_in_transfer': 'in place of a block after the first the camera resets without a word',
    'endless_data': 'the blocks of an answer never end',
    'short_answer': 'an answer ends half way, with a good last block',
    'damaged_answer': 'an answer has a wrong bit that no BCC shows',
    'huge_size': 'get_picture_size says 4294967295',
    'huge_count': 'get_picture_count says 65535',
    'hostile_name': "get_picture_name says '../../etc/passwd'",
    'huge_preview': 'the preview claims 65535 x 65535 pixels',
    'empty_answer': 'an answer has no payload',
}
"""What `FujiMxSimulator.misbehave` takes."""
