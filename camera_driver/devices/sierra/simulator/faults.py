# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a simulated Sierra camera's program, on demand (those of the line: sim.faults)."""

from __future__ import annotations

from collections.abc import Mapping

from camera_driver.devices.sierra.codec import Control
from camera_driver.devices.sierra.registers import NUMBER
from camera_driver.sim.misbehaviour import Misbehaviour

FAULTS: Mapping[str, str] = {
    'nak_command': 'a command is answered 15, not obeyed',
    'refuse': 'a command is answered 11',
    'cancel_code': 'a command is answered 18',
    'session_end': 'a command is answered ff, the session is over',
    'session_error': 'a command is answered fc, the session is over',
    'wrong_speed': 'a command is answered 8c, the session is over',
    'silence': 'a command is neither answered nor obeyed',
    'lose_signature': 'a wake-up is not answered',
    'lose_ack': 'a command other than an action is obeyed, its 06 is lost',
    'lose_ack_of_action': 'an action is executed, neither 06 nor 05 comes',
    'damaged_ack_of_action': 'an action is executed, in place of its 06 comes 46',
    'fail_action': 'an action is answered 06, then 11; nothing is done',
    'nak_obeyed': 'a command that changes something is obeyed and answered 15',
    'refuse_obeyed': 'a command that changes something is obeyed and answered 11',
    'fail_obeyed': 'an action is executed, in place of its 05 comes 11',
    'take_two': 'take_picture takes two',
    'lose_done': 'an action is executed, 05 does not come',
    'damaged_packet': 'a data packet has a wrong bit',
    'lost_packet': 'a data packet does not come',
    'truncated_packet': 'a data packet lacks its end',
    'dropped_byte': 'a data packet lacks a byte within',
    'ack_unheard': "an ACK of the host's is not heard",
    'wrong_sequence': 'a data packet has a number 5 too high',
    'duplicate_packet': 'after its ACK a data packet comes again',
    'end_session_in_transfer': 'in place of a data packet after the first comes ff',
    'endless_data': 'the data packets of a reply never end',
    'empty_packets': 'the data packets of a reply are empty and never end',
    'tiny_packets': 'the data packets of a reply hold one byte each',
    'damaged_reply': 'a reply has a wrong bit that no checksum shows',
    'short_reply': 'a reply ends half way, with a good last packet',
    'huge_length': 'frame_length reads 2147483647',
    'negative_length': 'frame_length reads -2147483648',
    'huge_count': 'frames_taken reads 2147483647',
    'hostile_name': "frame_filename reads '../../etc/passwd'",
    'endless_name': 'frame_filename has 2048 bytes and no NUL',
}
"""What `Misbehaviour.add` takes."""

ANSWERS: Mapping[str, Control | None] = {  # what is answered instead of obeying
    'nak_command': Control.NAK,
    'refuse': Control.DC1,
    'cancel_code': Control.CAN,
    'session_end': Control.SESSION_END,
    'session_error': Control.SESSION_ERROR,
    'wrong_speed': Control.WRONG_SPEED,
    'silence': None,
}

OBEYED: Mapping[str, Control] = {  # what is answered although it is obeyed
    'nak_obeyed': Control.NAK,
    'refuse_obeyed': Control.DC1,
}

VALUES: Mapping[str, tuple[int, int | bytes]] = {  # register, what it reads as
    'huge_length': (NUMBER['frame_length'], 2 ** 31 - 1),
    'negative_length': (NUMBER['frame_length'], -2 ** 31),
    'huge_count': (NUMBER['frames_taken'], 2 ** 31 - 1),
    'hostile_name': (NUMBER['frame_filename'], b'../../etc/passwd\0'),
    'endless_name': (NUMBER['frame_filename'], b'A' * 2048),
}


class SierraMisbehaviour(Misbehaviour):
    """The faults that are to happen, in order, and what they do to what is sent."""

    def __init__(self) -> None:
        super().__init__(FAULTS)

    def obeyed(self) -> Control | None:
        """Return what is answered to a command that is obeyed; None: what should be."""
        for name, answer in OBEYED.items():
            if self.happens(name):
                return answer
        return None

    def value(self, register: int) -> int | bytes | None:
        """Return what a register reads as by a fault; None: the truth."""
        for name, (number, value) in VALUES.items():
            if number == register and self.happens(name):
                return value
        return None

    def reply(self, data: bytes) -> bytes:
        """Return what is sent as a reply's data."""
        if data and self.happens('damaged_reply'):
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 0x40]) + data[middle + 1:]
        return data[:len(data) // 2] if self.happens('short_reply') else data

    def packet(self, packet: bytes) -> bytes:
        """Return what is sent as a packet."""
        if self.happens('damaged_packet'):
            place = 4 + min(96, (len(packet) - 6) // 2)
            packet = packet[:place] + bytes([packet[place] ^ 0x40]) + packet[place + 1:]
        if self.happens('dropped_byte'):
            place = len(packet) // 2
            packet = packet[:place] + packet[place + 1:]
        if self.happens('truncated_packet'):
            packet = packet[:-3]
        return b'' if self.happens('lost_packet') else packet
