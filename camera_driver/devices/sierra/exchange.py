# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
One command of the Sierra protocol and what answers it (sierra.md, sections 2.4, 4.1 and 5).

What the camera answers to a command, and what is done (N_RETRY = 3 repeats):

=====================  ==========================================================================
answer                 done
=====================  ==========================================================================
the expected one       taken
NAK                    the command was not taken: repeated; what is not safe to repeat is not,
                       its owner looks first what became of it (`outcomes`)
DC1, CAN               `Refused`, never repeated
ff fe fc e0 8c, alone  `SessionLost`
damage, other frames   line left to fall silent; repeated if safe, else `OutcomeUnknown`
silence                repeated if safe (5.3), else `OutcomeUnknown`; after a rest of T_IDLE the
                       camera has fallen asleep: `SessionLost`
=====================  ==========================================================================

And to the packets that follow the first one of a reply:

=====================  ==========================================================================
the expected number    taken, ACK
the packet before      a duplicate: dropped, ACK unless the next one follows by itself
ff fe fc e0 8c, alone  `SessionLost`
silence                NAK; at the MAX_SILENCES-th in a row `ReplyTimeout`
anything else          line left to fall silent, NAK; `ProtocolError` at the MAX_DAMAGES-th of the
                       same packet (integers: the TRIES-th), or after N_RETRY when T_STUCK and
                       STUCK packets' time are over
=====================  ==========================================================================

A reply is given up (`ProtocolError`) when it is longer than it can be, when it has MAX_SMALL
packets of less than SMALL bytes, or when T_GRACE and, for each byte that has come, T_BYTE and four
byte times are over: a picture of 153600 bytes at 115200 baud after 4 min at the latest.

After a request that was repeated on doubt, two answers may come: the next one waits T_QUIET and
drops the second, since answers do not say what they answer. So one that is the same as another of
the last T_RECENT may be that one, sent again: it is dropped if something follows, for which it is
waited only in the T_DOUBLES after such a thing was seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
import logging
import math

from camera_driver.devices.sierra.codec import (
    Code, command, Control, Decoder, encode, Frame, MAX_DATA, Packet, REFUSALS, SESSION_LOSS,
    SUB_FIRST, Type, unpack_int)
from camera_driver.devices.sierra.registers import Action, NUMBER, REGISTERS, SPEEDS
from camera_driver.errors import (
    DeviceError, naming, OutcomeUnknown, ProtocolError, Refused, ReplyTimeout, SessionLost)
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import Port
from camera_driver.model import Progress, ProgressCallback
from camera_driver.operations import Attempt

log = logging.getLogger(__name__)

# Times in s, sierra.md 5.2, 'recommended for a new host'.
T_ACK = 2.0
T_ACK_UPLOAD = 5.0  # a camera may write to its card between the packets of an upload
T_FIRST = 3.0
T_GAP = 0.5
T_STEADY = 0.15  # the same, while frames come without pauses; photopc's is 0.2
T_STILL = 0.03  # silence behind a damaged packet that is complete
T_PAUSE = 0.1  # a packet that took no longer than this and its bytes had no pause within
T_NEXT = 1.0  # to the first byte of a packet, while frames come without pauses
T_NAK = 0.25  # before the third try, more before each further one
T_STUCK = 10.0  # and STUCK packets' time: one packet that is damaged again and again
T_GRACE = 30.0  # a reply whose data come slower than T_BYTE and four byte times, is given up
T_BYTE = 0.001
T_DONE = 20.0
T_QUIET = 0.3  # 5.6
T_RECENT = 1.0
T_DOUBLES = 10.0
T_ALONE = 0.02  # a byte that nothing follows for so long is an answer, not part of noise
T_IDLE = 3.0  # rest after which a silent camera has fallen asleep ('a few seconds', 3.6)
T_NOISE = 3.0  # a line that is not silent by then is babbling; a packet at 9600 takes 2.1
N_RETRY = 3
TRIES = 1 + N_RETRY
MAX_NOISE = 200  # frames nobody asked for
MAX_SILENCES = 2  # in a row; then the session is begun anew
MAX_DAMAGES = 60  # of one packet
DOUBTFUL = 4  # damages, and one for two packets: a packet has to come twice the same
STUCK = 8
SMALL = 256  # bytes of data; smaller packets are the last ones, or there are not many
MAX_SMALL = 2000

LONELY = SESSION_LOSS | {Control.NAK, Control.NUL}  # what a camera may say twice

ACKNOWLEDGE_BELOW = 1.0  # s of line time: an unwanted rest that is shorter is acknowledged


class GivenUp(ProtocolError):
    """An answer that a new session would not make better."""


class Exchange:
    """
    Commands and answers over an open port; knows no session.

    `pacing` (5.8): 'burst'; 'chunked': a packet in three pieces, as photopc does, but control
    bytes at once, which no receiver can be overrun by; 'bytewise': 2 ms before every byte.
    """

    def __init__(self, port: Port, pacing: str = 'chunked') -> None:
        """Take over an open port; sends nothing."""
        self.port = port
        self.pacing = pacing
        self.decoder = Decoder()
        self.channel: Channel[Frame] = Channel(port, encode, self.decoder, T_GAP)
        self.fresh = True  # the next command opens the session: subtype 53 (3.3)
        self.asleep = True  # the camera said so, or was never woken
        self.heard_at = port.now()  # end of the last valid answer
        self.sent_at = self.heard_at  # when the last once command had left the port
        self._damages = self._packets = 0  # in the present reply
        self._late = False  # a second answer to the last request may come
        self._recent: deque[tuple[float, Frame]] = deque(maxlen=8)  # answers of one packet
        self._doubled = -math.inf  # when one of them was heard again

    def command(self, packet: Packet, timeout: float = T_ACK, repeatable: bool = True,
                wanted: tuple[Control, ...] = (Control.ACK,), tries: int = TRIES,
                attempt: Attempt | None = None) -> None:
        """
        Send a command until one of the `wanted` answers; `attempt` is told before each byte.

        What is not repeatable and has an `attempt` is sent once, whatever the answer.
        """
        trouble: Frame | Damaged | None = None
        silences = 0
        for number in range(tries):
            sent = self._send(packet, number, bool(attempt and not repeatable), attempt)
            try:
                frame = self.channel.receive(timeout)
            except ReplyTimeout as error:
                if not repeatable:
                    raise self._doubt(packet, 'did not answer') from error
                self._asleep_if_rested(sent, number)
                trouble = None
                silences += 1
                if silences == MAX_SILENCES:
                    break
                continue
            silences = 0
            if frame in wanted:
                self._answered(sent)
                return
            if frame is Control.NAK and (repeatable or self.alone(T_GAP)):
                if attempt and not repeatable:
                    raise Refused(f'{self.port.name}: told to {words(packet)}, the camera '
                                  'answered NAK', int(frame))
                trouble = frame
                self.port.pause(T_NAK * max(0, number))
                continue
            self._refused_if(frame, packet)
            self._lost_if(frame)
            self._unexpected(frame)
            if not repeatable:
                raise self._doubt(packet, f'gave a damaged answer ({frame})')
            trouble = frame
        raise self._gave_up(packet, trouble, number + 1)

    def act(self, packet: Packet, repeatable: bool, accepted: Callable[[float], None] | None,
            attempt: Attempt | None = None) -> None:
        """Send an action and wait until the camera reports it as done."""
        # Some models send ENQ instead of the first ACK (C-3030Z), or ACK instead of ENQ (C-4040Z).
        done = (Control.ENQ, Control.ACK)
        self.command(packet, T_ACK, repeatable, done, attempt=attempt)
        if accepted:
            accepted(self.sent_at)
        try:
            frame = self.channel.receive(T_DONE)
        except ReplyTimeout as error:
            raise self._doubt(packet, f'did not report its end within {T_DONE:g} s') from error
        self.heard_at = self.port.now()
        if frame in done:
            return
        if frame is Control.NAK or frame in REFUSALS:
            assert isinstance(frame, Control)
            raise Refused(f'{self.port.name}: the camera could not {words(packet)} '
                          f'(answer {frame})', int(frame))
        self._lost_if(frame)
        self._unexpected(frame)
        raise self._doubt(packet, f'gave a damaged report ({frame})')

    def ask(self, packet: Packet, limit: int, expected: int | None = None,
            progress: ProgressCallback | None = None, tries: int = TRIES,
            prepare: Callable[[], None] = lambda: None, timeout: float = T_FIRST) -> bytes:
        """
        Send a command and return the data that answers it, at most `limit` bytes.

        `prepare` is called before each try; what `progress` raises ends the transfer in an orderly
        way.
        """
        trouble: Frame | Damaged | None = None
        silences = 0
        for number in range(tries):
            prepare()
            self._damages = self._packets = 0
            sent = self._send(packet, number)
            try:
                first = self._packet(0, None, packet, timeout,
                                     MAX_DAMAGES if limit > 4 else TRIES)
            except ReplyTimeout:
                self._asleep_if_rested(sent, number)
                trouble = None
                silences += 1
                if silences == MAX_SILENCES:
                    break
                continue
            silences = 0
            if isinstance(first, Control):
                trouble = first
                self.port.pause(T_NAK * number)
                continue
            self._answered(sent)
            try:
                data = self._collect(first, packet, limit, expected, progress)
            finally:
                self.channel.waiting = None
            self.heard_at = self.port.now()
            self._recent.append((self.heard_at, first))
            return data
        raise self._gave_up(packet, trouble, number + 1)

    def upload(self, register: int, value: bytes,
               progress: ProgressCallback | None = None) -> None:
        """
        Write a value longer than a packet may be: a command, then data packets from number 0.

        Each is sent again under its own number on NAK or silence (5.1, 5.3, 6.11). What
        `progress` raises ends the transfer; the camera drops it at the next command.
        """
        first = command(Code.SET_VDATA, register, value=value[:MAX_DATA - 2])
        rest = [value[i:i + MAX_DATA] for i in range(MAX_DATA - 2, len(value), MAX_DATA)]
        packets = [first, *(Packet(Type.LAST if number == len(rest) else Type.DATA,
                                   (number - 1) & 0xFF, piece)
                            for number, piece in enumerate(rest, 1))]
        for number, packet in enumerate(packets):
            # The packet has to leave before it can be answered: 2.1 s at 9600 baud.
            self.command(packet, T_ACK_UPLOAD + len(packet.data) * self.port.line.byte_time)
            if progress:
                progress(Progress(min(MAX_DATA - 2 + number * MAX_DATA, len(value)), len(value)))

    def listen(self) -> None:
        """Take in what came unasked: the end of the session, else it is dropped."""
        if self._late:
            self._late = False
            self.port.pause(T_QUIET)
        for _ in range(MAX_NOISE):
            if not self.channel.heard():
                return
            frame = self.channel.receive(0.0)
            self.channel.counters.stale += 1
            self._lost_if(frame)
            if self._is_recent(frame):
                self._doubled = self.port.now()

    def alone(self, moment: float = T_ALONE) -> bool:
        """Say whether a single byte is an answer: in noise others follow that are none."""
        self.port.pause(moment)
        while self.channel.heard():
            if self.channel.receive(0.0) not in LONELY:
                return False
        return True

    def control(self, byte: Control) -> None:
        """Send a single byte."""
        if self.pacing == 'bytewise':
            self.port.pause(0.002)
        self.channel.send(byte)

    def _collect(self, frame: Packet, packet: Packet, limit: int, expected: int | None,
                 progress: ProgressCallback | None) -> bytes:
        data = bytearray()
        begun, small = self.port.now(), 0
        if progress:
            self.channel.waiting = lambda: progress(Progress(len(data), expected))
        pace = T_BYTE + 4 * self.port.line.byte_time
        while True:
            data += frame.data
            small += len(frame.data) < SMALL and frame.type is not Type.LAST
            if len(data) > limit:
                raise GivenUp(f'{self.port.name}: the answer to {words(packet)} is longer than '
                              f'the {limit} bytes it can be; given up')
            if small > MAX_SMALL or self.port.now() > begun + T_GRACE + pace * len(data):
                raise GivenUp(f'{self.port.name}: the answer to {words(packet)} makes no '
                              f'progress ({len(data)} bytes); given up')
            if progress:
                try:
                    progress(Progress(len(data), expected))
                except BaseException:
                    self.channel.waiting = None
                    self._abandon(frame, None if expected is None else expected - len(data))
                    raise
            self.control(Control.ACK)
            if frame.type is Type.LAST:
                return bytes(data)
            following = self._packet((frame.sub + 1) & 0xFF, frame, packet)
            assert isinstance(following, Packet)
            frame = following

    def _packet(self, want: int, previous: Packet | None, packet: Packet,
                timeout: float = T_FIRST, most: int = MAX_DAMAGES) -> Packet | Control:
        """
        Return the data packet with number `want`, asking again for what is not it (5.4, 5.5).

        With no `previous` one of this reply, silence is a ReplyTimeout and NAK is returned: the
        command may not have arrived.
        """
        channel = self.channel
        damages = silences = duplicates = ahead = 0
        whole = 1.0 + 20540 / self.port.line.baudrate
        candidate: Packet | None = None
        end = self.port.now() + T_STUCK + STUCK * whole
        while True:
            frame: Frame | Damaged | None
            asked = self.port.now()
            if previous is not None:
                timeout = T_NEXT if channel.gap < T_GAP else T_FIRST
            try:
                frame = channel.receive(timeout, whole)
            except ReplyTimeout:
                if previous is None:
                    raise
                frame = None
            if isinstance(frame, Packet) and frame.type is not Type.COMMAND:
                if (previous is None and duplicates < N_RETRY and self._is_recent(frame)
                        and self._is_double()):
                    duplicates += 1
                    channel.counters.stale += 1
                    continue
                if frame.sub == want:
                    self._note_pauses(asked, frame)
                    # So bad a line brings damage too that the sum does not show: two must agree.
                    noisy = self._damages >= DOUBTFUL and 2 * self._damages > self._packets
                    if not noisy or candidate == frame:
                        self._packets += 1
                        return frame
                    candidate = frame
                    channel.counters.retries += 1
                    self.control(Control.NAK)
                    continue
                # The number is under no checksum: the data tell whether it is the same packet.
                if (previous is not None and duplicates < N_RETRY
                        and frame.sub == previous.sub and frame.data == previous.data):
                    duplicates += 1
                    channel.counters.stale += 1
                    if not self._follows():
                        self.control(Control.ACK)
                    continue
                if frame.sub == want + 1 & 0xFF:
                    ahead += 1
                    if ahead == N_RETRY:
                        raise ProtocolError(f'{self.port.name}: the camera went ahead of packet '
                                            f'{want} of the answer to {words(packet)}')
            elif isinstance(frame, Control):
                if previous is None:
                    self._refused_if(frame, packet)
                    if frame is Control.NAK:
                        return frame
                self._lost_if(frame)
            if frame is None and candidate:
                return candidate  # it does not send a packet again that was good
            silences = silences + 1 if frame is None else 0
            damages += frame is not None
            self._damages += frame is not None
            if (silences == MAX_SILENCES or damages == most
                    or damages > N_RETRY and self.port.now() > end):
                text = f'{self.port.name}: packet {want} of the answer to {words(packet)}'
                if frame is None:
                    raise ReplyTimeout(f'{text} did not come: the camera fell silent. Is it still '
                                       'switched on and connected?')
                raise naming(ProtocolError(
                    f'{text} arrived damaged {damages} times ({frame}); check the cable, or set '
                    'a lower speed'), 'baudrate')
            if frame is not None:
                self._unexpected(frame)
            channel.counters.retries += 1
            self.control(Control.NAK)

    def _abandon(self, frame: Packet, left: int | None) -> None:
        """
        End a transfer whose rest (`left` bytes, None: not known) is not wanted (5.6).

        A short rest is acknowledged and dropped; a long one is left for the next command to
        interrupt, as photopc does.
        """
        if frame.type is not Type.LAST and (
                left is None or left * self.port.line.byte_time > ACKNOWLEDGE_BELOW):
            return
        end = self.port.now() + ACKNOWLEDGE_BELOW
        try:
            while self.port.now() <= end:
                self.control(Control.ACK)
                if frame.type is Type.LAST:
                    return
                following = self.channel.receive(end - self.port.now(), ACKNOWLEDGE_BELOW)
                if not isinstance(following, Packet):
                    return
                frame = following
        except DeviceError as error:
            log.info('%s: ending the transfer: %s', self.port.name, error)

    def _send(self, packet: Packet, number: int, timed: bool = False,
              attempt: Attempt | None = None) -> float:
        """Listen, then send; return when the command had left, or was handed over (not timed)."""
        self._late = self._late and number == 0
        self.listen()
        self._late = number > 0
        counters = self.channel.counters
        counters.requests += 1
        counters.retries += number > 0
        if self.fresh and packet.sub != SUB_FIRST:
            packet = Packet(packet.type, SUB_FIRST, packet.data)
        if attempt:
            attempt.sending()
        self.channel.send(packet, self._write)
        if timed:
            self.sent_at = self.port.flush()
            return self.sent_at
        return self.port.now()

    def _is_recent(self, frame: Frame | Damaged) -> bool:
        """Say whether a packet is the same as an answer of late."""
        return any(frame == one and self.port.now() < at + T_RECENT for at, one in self._recent)

    def _is_double(self) -> bool:
        """Say whether an answer of late has come again in place of the one that is due."""
        follows = self.channel.heard() or (
            self.port.now() < self._doubled + T_DOUBLES and self._follows())
        if follows:
            self._doubled = self.port.now()
        return follows

    def _follows(self) -> bool:
        """
        Say whether something comes behind a duplicate.

        It does where an ACK is on its way and a NAK too many was; one more ACK would make the
        camera go ahead of us.
        """
        end = self.port.now() + T_STEADY
        while not self.channel.heard():
            if self.port.now() >= end:
                return False
            self.port.pause(T_STILL)
        return True

    def _note_pauses(self, asked: float, frame: Packet) -> None:
        """Learn from a good packet whether the camera and the line pause within packets."""
        took = self.port.now() - asked - (len(frame.data) + 6) * self.port.line.byte_time
        self.channel.gap = T_STEADY if took < T_PAUSE else T_GAP

    def _write(self, data: bytes) -> None:
        """Write a packet as slow receivers without flow control need it (5.8)."""
        port = self.port
        if self.pacing == 'burst':
            port.write(data)
        elif self.pacing == 'chunked':
            for pause, piece in ((0.00125, data[:1]), (0.00125, data[1:4]), (0.0015, data[4:])):
                port.pause(pause)
                port.write(piece)
        else:
            for i in range(len(data)):
                port.pause(0.002)
                port.write(data[i:i + 1])

    def _answered(self, sent: float) -> None:
        self.fresh = False
        self.heard_at = self.port.now()
        self.channel.counters.round_trips.append(self.heard_at - sent)

    def _refused_if(self, frame: Frame | Damaged, packet: Packet) -> None:
        if isinstance(frame, Control) and frame in REFUSALS:
            self.heard_at = self.port.now()
            raise Refused(f'{self.port.name}: the camera refused to {words(packet)}', int(frame))

    def _lost_if(self, frame: Frame | Damaged) -> None:
        if isinstance(frame, Control) and frame in SESSION_LOSS and self.alone():
            self.asleep = True
            raise SessionLost(f'{self.port.name}: the camera ended the session ({frame}); does it '
                              'switch itself off, or is its battery low?')

    def _asleep_if_rested(self, sent: float, attempt: int) -> None:
        """Take silence after a long rest as the camera's having fallen asleep without a word."""
        if attempt == 0 and not self.asleep and sent - self.heard_at > T_IDLE:
            self.asleep = True
            raise SessionLost(f'{self.port.name}: the camera fell asleep')

    def _unexpected(self, frame: Frame | Damaged) -> None:
        """Count what was not asked for, and let the line fall silent before anything is sent."""
        if not isinstance(frame, Damaged):
            self.channel.counters.unexpected += 1
        whole = isinstance(frame, Damaged) and frame.reason in ('checksum', 'truncated')
        gap = self.channel.gap
        self.channel.drain(T_STILL if whole and gap < T_GAP else gap, T_NOISE)

    def _doubt(self, packet: Packet, what: str) -> OutcomeUnknown:
        return OutcomeUnknown(f'{self.port.name}: told to {words(packet)}, the camera {what}, '
                              'and it is unknown whether it did it')

    def _gave_up(self, packet: Packet, trouble: Frame | Damaged | None,
                 tries: int) -> DeviceError:
        """Return the error of a request that was repeated in vain."""
        text = f'{self.port.name}: the camera did not {words(packet)}'
        if trouble is None:
            return ReplyTimeout(f'{text}: no answer to {tries} tries. Is it still switched on and '
                                'connected?')
        if isinstance(trouble, Control) and trouble in SESSION_LOSS:  # not alone, yet insistent
            self.asleep = True
            return SessionLost(f'{text}: its last answer was {trouble}')
        kind = GivenUp if trouble is Control.NAK else ProtocolError  # it hears us
        return naming(kind(f'{text}: its last answer was {trouble}; check the cable, or set a '
                           'lower speed'), 'baudrate')


def words(packet: Packet) -> str:
    """Say what a command asks for, for messages."""
    if packet.type is not Type.COMMAND:
        return f'take packet {packet.sub} of the upload'
    code, number = packet.data[0], packet.data[1]
    if code == Code.ACTION:
        known = number in set(Action)
        return Action(number).name.lower().replace('_', ' ') if known else f'do action {number}'
    if code == Code.SET_INT and number == NUMBER['comm_speed']:
        speed = SPEEDS.get(unpack_int(packet.data[2:6]))
        return f'go to {speed} baud' if speed else 'end the session'
    verb = 'write' if code in (Code.SET_INT, Code.SET_VDATA) else 'read'
    row = REGISTERS.get(number)
    return f'{verb} register {number}' + (f' ({row.name})' if row else '')
