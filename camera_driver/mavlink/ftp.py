# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The server's side of MAVLink FTP, for files that are only read: what a definition file needs.

Every request can be asked again and gets the same answer, so that losses do no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import struct
import zlib

from pymavlink.dialects.v20 import common as mavlink

TERMINATE, RESET, OPEN, READ, CRC32, BURST = 1, 2, 4, 5, 14, 15
ACK, NAK = 128, 129
FAIL, INVALID_SIZE, INVALID_SESSION, NO_SUCH_COMMAND, END_OF_FILE, NOT_FOUND = 1, 3, 4, 7, 6, 10
HEADER = struct.Struct('<HBBBBBxI')  # number, session, opcode, size, request, burst ended, offset
MOST = 239  # bytes of data in a message
PAYLOAD = 251  # bytes

Sender = tuple[int, int]
"""System and component id."""


@dataclass(frozen=True)
class Reply:
    """One answer; of a burst there are many, by their place in it."""

    number: int
    opcode: int
    request: int
    data: bytes = b''
    offset: int = 0
    last: bool = False  # of a burst

    def payload(self) -> list[int]:
        """Return it as the message has it."""
        head = HEADER.pack(self.number & 0xffff, 0, self.opcode, len(self.data), self.request,
                           self.last, self.offset)
        return list((head + self.data).ljust(PAYLOAD, b'\0'))


class FileServer:
    """Serves files, by their paths."""

    def __init__(self) -> None:
        self.files: Mapping[str, bytes] = {}
        self._open: dict[Sender, bytes] = {}  # what each has opened, as it was then

    def ask(self, sender: Sender, payload: list[int]) -> list[Reply]:
        """Return the answers to a request."""
        number, _, opcode, size, _, _, offset = HEADER.unpack_from(bytes(payload))
        data = bytes(payload[HEADER.size:HEADER.size + size])

        def reply(data: bytes = b'', offset: int = 0) -> list[Reply]:
            return [Reply(number + 1, ACK, opcode, data, offset)]

        def refuse(code: int) -> list[Reply]:
            return [Reply(number + 1, NAK, opcode, bytes([code]))]

        if opcode in (TERMINATE, RESET):
            self._open.pop(sender, None)
            return reply()
        if opcode in (OPEN, CRC32):
            path = '/' + data.split(b'\0')[0].decode(errors='replace').lstrip('/')
            if path not in self.files:
                return refuse(NOT_FOUND)
            found = self.files[path]
            if opcode == CRC32:
                return reply(struct.pack('<I', _crc32(found)))
            self._open[sender] = found
            return reply(struct.pack('<I', len(found)))
        if opcode not in (READ, BURST):
            return refuse(NO_SUCH_COMMAND)
        if sender not in self._open:
            return refuse(INVALID_SESSION)
        found = self._open[sender]
        if offset >= len(found):
            return refuse(END_OF_FILE)
        if opcode == READ:
            return reply(found[offset:offset + min(size or MOST, MOST)], offset)
        step = min(size or MOST, MOST)
        places = range(offset, len(found), step)
        return [Reply(number + 1 + place, ACK, opcode, found[start:start + step], start,
                      start == places[-1]) for place, start in enumerate(places)]


def _crc32(data: bytes) -> int:
    """Return the checksum of MAVLink FTP: that of zlib, without its complements."""
    return ~zlib.crc32(data, 0xffffffff) & 0xffffffff


def message(sender: Sender, reply: Reply) -> mavlink.MAVLink_message:
    """Return a reply as a message to who asked."""
    return mavlink.MAVLink_file_transfer_protocol_message(0, *sender, reply.payload())
