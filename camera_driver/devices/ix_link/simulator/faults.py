# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Faults of a simulated iX Link camera's program, on demand (those of the line: sim.faults)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from camera_driver.devices.ix_link.codec import encode, Frame, Reply, Request, UNDEFINED_ID
from camera_driver.devices.ix_link.commands import Code
from camera_driver.sim.misbehaviour import Misbehaviour

LATE = 0.7  # s, beyond the time-out of a host
PIECES = 0.02  # s between the pieces of a reply that comes in pieces

FAULTS: Mapping[str, str] = {
    'silence': 'a command is neither obeyed nor answered',
    'general': 'a command is answered -1, not obeyed',
    'not_supported': 'a command is answered -2',
    'cannot_execute': 'a command is answered -3, not obeyed',
    'msg_size': 'a command is answered -4, not obeyed',
    'protocol_version': 'a command is answered -5, not obeyed',
    'out_of_range': 'a command is answered -6, not obeyed',
    'unknown_code': 'a command is answered -100, not obeyed',
    'positive_code': 'a command is obeyed and answered 7',
    'unnamed_size': 'a command is answered -4 with id 255, not obeyed',
    'unnamed_general': 'a command is answered -1 with id 255, not obeyed',
    'lose_reply': 'a command is obeyed, the reply is lost',
    'late_reply': f'a command is obeyed, the reply comes {LATE} s late',
    'repeated_reply': 'a reply comes twice',
    'wrong_checksum': 'a reply has a wrong checksum',
    'wrong_size': 'a reply has a size one too large',
    'wrong_id': 'a reply has the next higher id',
    'version_2': 'a reply has version 2',
    'truncated': 'a reply lacks its last byte',
    'pieces': 'a reply comes byte by byte',
    'noise_before': 'noise with a prefix in it comes before a reply',
    'noise_inside': 'a byte of noise is inside a reply',
    'shifted': 'a byte is inserted before the last data byte of a reply, and the checksum fits',
    'data_too_long': 'a reply has one data byte too many',
    'data_missing': 'a reply has no data',
    'error_with_data': 'a command is answered -1 with data, not obeyed',
    'zero_denominator': 'the last data byte of a reply is 0',
    'reversed_range': 'the first data byte of a reply is 127',
    'unknown_status': 'the first data byte of a reply is 7',
    'fail_capture': 'a picture is accepted and fails: the status is error from then on',
    'stay_busy': 'a picture is accepted and never finished',
}
"""What `IxLinkSimulator.misbehave` takes."""

ANSWERS: Mapping[str, tuple[int, bytes]] = {  # code and data of what is not obeyed
    'general': (Code.ERR_GENERAL, b''),
    'not_supported': (Code.ERR_NOT_SUPPORTED, b''),
    'cannot_execute': (Code.ERR_CANNOT_EXECUTE, b''),
    'msg_size': (Code.ERR_MSG_SIZE, b''),
    'protocol_version': (Code.ERR_PROTOCOL_VERSION, b''),
    'out_of_range': (Code.ERR_INPUT_OUT_OF_RANGE, b''),
    'unknown_code': (-100, b''),
    'error_with_data': (Code.ERR_GENERAL, b'\x01\x02'),
}
UNNAMED: Mapping[str, int] = {'unnamed_size': Code.ERR_MSG_SIZE,
                              'unnamed_general': Code.ERR_GENERAL}


class IxLinkMisbehaviour(Misbehaviour):
    """The faults that are to happen, in order, and what they do to what is sent."""

    def __init__(self) -> None:
        super().__init__(FAULTS)

    def instead(self, request: Request) -> Reply | None:
        """Return what is answered to a request that is not obeyed."""
        for name, (code, data) in ANSWERS.items():
            if self.happens(name):
                return Reply(code, request.command, data)
        for name, code in UNNAMED.items():
            if self.happens(name):
                return Reply(code, UNDEFINED_ID)
        return None

    def sent(self, reply: Reply) -> list[tuple[float, bytes]]:
        """Return what is sent as a reply: (delay [s], bytes) pairs."""
        happens = self.happens
        if happens('lose_reply'):
            return []
        data = _changed(encode(self._reply(reply)), happens)
        if reply.data and happens('shifted'):
            data = data[:-2] + data[-1:] + data[-2:]
        if happens('truncated'):
            data = data[:-1]
        if happens('noise_inside'):
            data = data[:4] + b'\x58' + data[4:]
        if happens('noise_before'):
            data = b'\x00\x58\xff\x01' + data
        if happens('repeated_reply'):
            data *= 2
        if happens('late_reply'):
            return [(LATE, data)]
        if happens('pieces'):
            return [(PIECES * i, data[i:i + 1]) for i in range(len(data))]
        return [(0.0, data)]

    def _reply(self, reply: Reply) -> Frame:
        data, code = reply.data, reply.code
        if self.happens('data_too_long'):
            data += b'\x01'
        if self.happens('data_missing'):
            data = b''
        if data and self.happens('zero_denominator'):
            data = data[:-1] + b'\0'
        if data and self.happens('reversed_range'):
            data = b'\x7f' + data[1:]
        if data and self.happens('unknown_status'):
            data = b'\x07' + data[1:]
        if self.happens('positive_code'):
            code = 7
        answered = reply.command + self.happens('wrong_id')
        return Reply(code, answered & 0xFF, data)


def _changed(data: bytes, happens: Callable[[str], bool]) -> bytes:
    """Return an encoded reply with a wrong size, version or checksum."""
    if happens('wrong_size'):
        data = data[:1] + bytes([data[1] + 1]) + data[2:]
    if happens('version_2'):
        data = data[:2] + b'\x02' + data[3:-1] + bytes([data[-1] ^ 3])
    if happens('wrong_checksum'):
        data = data[:-1] + bytes([data[-1] ^ 0x01])
    return data
