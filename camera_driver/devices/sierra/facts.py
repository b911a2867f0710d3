# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/protocols/sierra.md says without proof."""

from collections.abc import Sequence

from camera_driver.conform.facts import Fact, Level, Verdict, Watch
from camera_driver.devices.sierra.codec import Code, Control, unpack_int
from camera_driver.devices.sierra.registers import Action, NUMBER
from camera_driver.link.dialogue import Exchange, Said

ANSWERS = 2  # before the picture, and behind it
SUMMARY = bytes([Code.GET_VDATA, NUMBER['camera_summary']])
FRAME_SUMMARY = bytes([Code.GET_VDATA, NUMBER['frame_summary']])
LENGTH = bytes([Code.GET_INT, NUMBER['frame_length']])
INTEGER = '.. .. .. ..'


def _reads(number: int, registers: tuple[int, ...], answers: str, what: str,
           code: Code = Code.GET_VDATA) -> Fact:
    """Return the fact that registers read so."""
    names = ', '.join(map(str, registers))
    several = 's' if len(registers) > 1 else ''
    return Fact(f'sierra-{number:03}', f'Register{several} {names} read{"" if several else "s"} '
                f'{what}.', f'The answer is {what}.', 'It is another one.', Level.LOOK,
                ','.join(f'{code:02x} {register:02x}' for register in registers), answers)


def _grows(register: int) -> Watch:
    """Return what looks whether a register grows by one with a picture."""
    question = bytes([Code.GET_INT, register])
    shot = bytes([Code.ACTION, Action.TAKE_PICTURE])

    def grows(exchanges: Sequence[Exchange]) -> tuple[Verdict, Sequence[Exchange]]:
        shots = [number for number, one in enumerate(exchanges) if one.question[:2] == shot]
        # Sent once, and accepted: else it is not certain that there is one picture more.
        if len(shots) != 1 or exchanges[shots[0]].said != Said(bytes([Control.ACK])):
            return Verdict.NOT_TRIED, ()
        before, after = ([one for one in part if one.question == question and one.said
                          and not one.said.refused and len(one.said.data) == 4]
                         for part in (exchanges[:shots[0]], exchanges[shots[0]:]))
        told = [{one.said.data for one in part if one.said} for part in (before, after)]
        if min(len(before), len(after)) < ANSWERS or not all(len(part) == 1 for part in told):
            return Verdict.NOT_TRIED, ()
        was, now = (unpack_int(part.pop()) for part in told)
        verdict = Verdict.CONFIRMED if now == was + 1 else Verdict.REFUTED
        return verdict, [*before[:1], *after[:1]]

    return grows


def _alike(question: bytes, exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    """Return the answers to a question if there are enough, and all alike; else none."""
    found = [one for one in exchanges
             if one.question == question and one.said and not one.said.refused]
    alike = len({one.said for one in found}) == 1
    return found if alike and len(found) >= ANSWERS else ()


def _is_register(word: int, register: int, otherwise: Verdict) -> Watch:
    """Return what holds a word of camera_summary against a register, before any picture."""
    shot = bytes([Code.ACTION, Action.TAKE_PICTURE])

    def is_register(exchanges: Sequence[Exchange]) -> tuple[Verdict, Sequence[Exchange]]:
        first = next((number for number, one in enumerate(exchanges)
                      if one.question[:2] == shot), len(exchanges))
        summaries = _alike(SUMMARY, exchanges[:first])
        values = _alike(bytes([Code.GET_INT, register]), exchanges[:first])
        if not summaries or not values or not (summaries[0].said and values[0].said):
            return Verdict.NOT_TRIED, ()
        held = summaries[0].said.data[4 * word:4 * word + 4]
        same = held == values[0].said.data or (
            otherwise is Verdict.REFUTED and held == bytes(4))
        return Verdict.CONFIRMED if same else otherwise, [values[0], summaries[0]]

    return is_register


def _without_high_byte(exchanges: Sequence[Exchange]) -> tuple[Verdict, Sequence[Exchange]]:
    """Look for a summary of a frame whose word 0 has a high byte, and for the frame's length."""
    lengths = {one.said.data for one in exchanges
               if one.question == LENGTH and one.said and not one.said.refused}
    shown: dict[bool, list[Exchange]] = {True: [], False: []}
    for one in exchanges:
        data = one.said.data if one.said and one.question == FRAME_SUMMARY else b''
        if len(data) == 32 and data[3]:
            if data[:3] + b'\0' in lengths:
                shown[True].append(one)
            elif data[:4] in lengths:
                shown[False].append(one)
    for side, verdict in (True, Verdict.CONFIRMED), (False, Verdict.REFUTED):
        if len(shown[side]) >= ANSWERS and not shown[not side]:
            return verdict, shown[side]
    return Verdict.NOT_TRIED, ()


def _total(number: int, register: int) -> Fact:
    return Fact(f'sierra-{number:03}', f'Register {register} counts the frames that were taken.',
                'It is one more behind a picture than before.', 'It is not.', Level.CAPTURE,
                f'{Code.GET_INT:02x} {register:02x}', watch=_grows(register))


def _int(number: int, register: int, answers: str, what: str) -> Fact:
    return _reads(number, (register,), answers, what, Code.GET_INT)


FACTS = (
    Fact('sierra-001', 'DTR does not matter.', 'A session goes on through a change of DTR.',
         'The camera ends its session, or does not answer, with one of its states.'),
    Fact('sierra-002', '8c means that the session is lost.',
         'Behind 8c the camera answers a wake-up at 19200, and nothing at the old speed.',
         'It goes on at the old speed.'),
    Fact('sierra-003', 'A set of register 29 with 2046 bytes is followed by data packets.',
         'The camera takes packets 02 and 03 behind it, and stores the picture whole.',
         'It answers them with 11 or 15, or stores the first 2046 bytes.'),
    Fact('sierra-004', 'Speed codes between 6 and 256 do not exist.',
         'Setting register 17 to 7 is refused with 11.', 'It is acknowledged.'),
    Fact('sierra-005', 'The ff at the end of a session is sent at 19200.',
         'A host that stays at 57600 sees fc, one that is at 19200 by then ff.',
         'A host that stays at 57600 sees ff.'),
    Fact('sierra-006', 'Command code 5 does not exist.', 'It is answered with 11.',
         'It is answered with data, or obeyed.'),
    _int(7, 8, '80 00 00 00', '128'),
    _int(8, 9, '80 00 00 00', '128'),
    _int(9, 18, '01 00 00 00', '1'),
    _reads(10, (31,), '00', 'one NUL byte'),
    _int(11, 34, '0[01236] 00 00 00', '0, 1 off, 2 record, 3 play, or 6 thumbnail'),
    _int(12, 36, '03 00 00 00', '3'),
    _reads(13, (37,), '00', 'one NUL byte'),
    _total(14, 40),
    _reads(15, (42,), '', 'empty'),
    _reads(16, (45,), '', 'empty'),
    _reads(17, (49,), '', 'empty'),
    _int(18, 50, '00 00 00 00', '0'),
    _int(19, 51, '0[12] 00 00 00', '1 no card, or 2 card present'),
    _reads(20, (52,), '', 'empty'),
    _reads(21, (54, 55, 56, 57, 58, 59), '', 'empty'),
    _total(22, 60),
    _reads(23, (61, 62, 63, 64, 65, 66, 67, 68), '', 'empty'),
    _reads(24, (69,), f'{INTEGER} 0a 00 00 00', 'two int32, the second 10'),
    _reads(25, (71,), f'{INTEGER} 0a 00 00 00', 'two int32, the second 10'),
    _reads(26, (73, 74, 75, 76), '', 'empty'),
    Fact('sierra-027', 'Register 77 is the size of data packets.',
         'With 1024 written the camera sends packets of 1024 bytes.', 'It sends them as before.'),
    _reads(28, (78,), '', 'empty'),
    _reads(29, (80, 81), '', 'empty'),
    Fact('sierra-030', 'Register 82 is the time after which a quiet session ends, in s.',
         'With 30 written, ff comes 30 s behind the last command.', 'It comes at another time.'),
    _int(31, 85, '0[0-4] 00 00 00', '0 to 4'),
    _int(32, 86, '.. .. 00 00', '0, or the factor x 100'),
    _reads(33, (87, 88, 89, 90), '', 'empty'),
    Fact('sierra-034', 'Registers that the table does not have are refused with 11.',
         'A get of register 100 is answered with 11.', 'It is answered with data, or the camera '
         'hangs.'),
    Fact('sierra-035', 'Words 3 to 7 of audio_info are 0.',
         'They are in register 43 of a picture with sound.', 'One is not.'),
    Fact('sierra-036', 'Word 2 of camera_summary is register 10 on some models.',
         'They are equal.', 'They differ on all models.', Level.LOOK, '01 0a, 04 2e',
         watch=_is_register(2, 10, Verdict.NOT_SUPPORTED)),
    Fact('sierra-037', 'Word 3 of camera_summary is 0.', 'Bytes 12 to 15 of register 46 are 00.',
         'One is not.', Level.LOOK, '04 2e', '(.. ){12}00 00 00 00( ..){16}'),
    Fact('sierra-038', 'Word 4 of camera_summary is 0 or the battery in percent.',
         'Bytes 16 to 19 of register 46 are 0 to 100.', 'They are more.', Level.LOOK, '04 2e',
         '(.. ){16}([0-5].|6[0-4]) 00 00 00( ..){12}'),
    Fact('sierra-039', 'Word 5 of camera_summary is 0 or register 10.',
         'The word is 0, or equals the register.', 'It is neither.', Level.LOOK,
         '01 0a, 04 2e', watch=_is_register(5, 10, Verdict.REFUTED)),
    Fact('sierra-040', 'Word 6 of camera_summary is 0 or register 11.',
         'The word is 0, or equals the register.', 'It is neither.', Level.LOOK,
         '01 0b, 04 2e', watch=_is_register(6, 11, Verdict.REFUTED)),
    Fact('sierra-041', 'The high byte of word 0 of frame_summary is not part of the length.',
         'The length in register 12 of the picture is the low three bytes, and the high one is '
         'not 0.', 'All four bytes are the length.', Level.CAPTURE, watch=_without_high_byte),
    Fact('sierra-042', 'Word 6 of frame_summary is 0.',
         'Bytes 24 to 27 of register 47 are 00 for a picture that was just taken.',
         'One is not.', Level.CAPTURE, '04 2f', '(|(.. ){24}00 00 00 00( ..){4})'),
    Fact('sierra-043', 'Action 3 does nothing that a host needs.', 'It is refused with 11.',
         'Something happens.'),
    Fact('sierra-044', 'Action 10 does nothing that a host needs.', 'It is refused with 11.',
         'Something happens.'),
    Fact('sierra-045', 'A folder that does not exist is refused with 11.',
         'Writing its name to register 84 is answered with 11, and the folder stays.',
         'It is acknowledged.'),
    Fact('sierra-046', 'The camera does not send a packet again by itself.',
         'Behind an ACK that got lost nothing comes until it is asked for.',
         'The packet comes again unasked.'),
    Fact('sierra-047', 'A command instead of an ACK ends the transfer and is obeyed.',
         'The answer to the command comes, and no packet of the transfer.',
         'Packets of the transfer come on, or nothing.'),
    Fact('sierra-048', 'A speed code that the camera does not know is refused with 11, and the '
         'speed stays.', 'Behind 11 the next command is answered at the old speed.',
         'It is not.'),
)
