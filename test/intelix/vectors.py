# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The test vectors of docs/protocols/intelix.md, section 7, and a session with a matrix."""

from conversations import document, pairs

from camera_driver.devices.intelix.session import IntelixSession, LINE
from camera_driver.devices.intelix.simulator.simulator import IntelixSimulator
from camera_driver.sim.loop import LoopPort, Transcript

# 7.1: wire, data
ORDINARY = {
    1: ('F1 02 00 00', '00 00'),
    2: ('F1 02 00 01', '00 01'),
    3: ('F1 02 00 03', '00 03'),
    4: ('F1 03 00 04 00', '00 04 00'),
    5: ('F1 06 00 02 31 32 33 34', '00 02 31 32 33 34'),
    6: ('F1 03 03 01 05', '03 01 05'),
    7: ('F1 0B 03 02 05 01 02 03 04 05 06 07 08', '03 02 05 01 02 03 04 05 06 07 08'),
    8: ('F1 0B 03 05 05 4E 45 57 53 20 20 20 20', '03 05 05 4E 45 57 53 20 20 20 20'),
    9: ('F1 08 01 00 01 44 56 44 20 20', '01 00 01 44 56 44 20 20'),
    10: ('F1 05 02 03 03 06 F0 0F', '02 03 03 06 FF'),
    11: ('F1 05 02 03 03 02 F0 06', '02 03 03 02 F6'),
    12: ('F1 01 00', '00'),
    13: ('F1 01 F0 00', 'F0'),
    14: ('F1 01 F0 01', 'F1'),
    15: ('F1 01 EF', 'EF'),
    16: ('F1 04 F0 00 0F F0 0F 00', 'F0 0F FF 00'),
    17: ('F1 05 F0 0F F0 0F F0 0F F0 0F F0 0F', 'FF FF FF FF FF'),
    18: ('F1 F0 0E' + ' F0 0F' * 254, 'FF ' * 254),
}
LONGEST_SHA256 = '110c05e562aaf363'

# 7.2: length -> SHA-256 of the frame of as many zeros
LENGTHS = {
    0xF0: 'eabace70ed4a1ef6', 0xF1: 'e56c56c6504ad0d4', 0xF2: '980ed61eec889699',
    0xF3: '07abc6f2699e38f4', 0xF4: 'ee199336f715425f', 0xF5: '5bdf091c2b828776',
    0xF6: 'bdeca9c3b14105ca', 0xF7: '89ac211f6c647695', 0xF8: '20225f9d25232a75',
    0xF9: '6114814f05eb23cf', 0xFA: 'a80f1877de9eb9c7', 0xFB: 'fdca267cc66b133a',
    0xFC: 'b531bb5c81c178b6', 0xFD: '0afe121ba2478a40', 0xFE: 'f26accef02e48f9a',
}

# 7.4: checksum sum8 -> wire of one data byte
CHECKSUMS = {
    0xF0: 'F1 01 EF F0 00', 0xF1: 'F1 01 F0 00 F0 01', 0xF2: 'F1 01 F0 01 F0 02',
    0xF3: 'F1 01 F0 02 F0 03', 0xF4: 'F1 01 F0 03 F0 04', 0xF5: 'F1 01 F0 04 F0 05',
    0xF6: 'F1 01 F0 05 F0 06', 0xF7: 'F1 01 F0 06 F0 07', 0xF8: 'F1 01 F0 07 F0 08',
    0xF9: 'F1 01 F0 08 F0 09', 0xFA: 'F1 01 F0 09 F0 0A', 0xFB: 'F1 01 F0 0A F0 0B',
    0xFC: 'F1 01 F0 0B F0 0C', 0xFD: 'F1 01 F0 0C F0 0D', 0xFE: 'F1 01 F0 0D F0 0E',
    0xFF: 'F1 01 F0 0E F0 0F',
}

# 7.4, at its end: checksum, data, wire
MORE_CHECKSUMS = [
    ('sum8', '02 03 03 06 FF', 'F1 05 02 03 03 06 F0 0F 12'),
    ('sum8_twos', '02 03 03 06 FF', 'F1 05 02 03 03 06 F0 0F EE'),
    ('xor8', '02 03 03 06 FF', 'F1 05 02 03 03 06 F0 0F F0 0E'),
    ('sum8', '00 00', 'F1 02 00 00 02'),
    ('sum8_twos', '00 00', 'F1 02 00 00 F0 0E'),
    ('xor8', '00 00', 'F1 02 00 00 02'),
]

# 7.5: wire, what comes out: data of frames, control bytes, or reasons of damage
FAULTY = {
    1: ('F1 02 00 F0 10', ['bad escape']),
    2: ('F1 02 00 F0 F0 00', ['bad escape', 'noise']),
    3: ('F1 02 00 F1 02 00 01', ['restart', '00 01']),
    4: ('F1 02 F0 F1 02 00 01', ['bad escape', '00 01']),
    5: ('F1 00', ['bad length']),
    6: ('F1 F0 0F 00', ['bad length', 'noise']),
    7: ('F1 03 00 FE F1 02 00 01', ['reserved byte in frame', 'ERROR', '00 01']),
    8: ('FC F1 02 00 01 FD', ['ACK_0', '00 01', 'ACK_1']),
    9: ('F8 02 00 01', ['stray', 'noise', 'noise', 'noise']),
    10: ('30 30 F1 02 00 00', ['noise', 'noise', '00 00']),
    12: ('F1 02 00 01 F1 02 00 01', ['00 01', '00 01']),
    14: ('F1 02 00 00 02', ['00 00', 'noise']),
}

# 6: section -> its conversation
FLOWS = {section: conversation for section, (conversation,) in document('intelix').items()}


def transcript(*conversations):
    """Return a port that plays conversations."""
    return Transcript(pairs(sum(conversations, [])), LINE)


def connected(**options):
    """Return a simulated matrix, the port to it, a session, and the list of what it hears."""
    matrix = IntelixSimulator(**options)
    port = LoopPort(matrix)
    heard = []
    return matrix, port, IntelixSession(port, options.get('checksum', 'none'), heard.append), heard
