# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
One exchange with a Fuji camera: a command and its answer (fuji_mx.md, section 5).

Every command is answered ACK, then by one or more blocks, each of which the host acknowledges.
TRIES = 3 in all, of a command and of each block:

======================  ==========================================  ==============================
what comes              in place of the ACK                         in place of a block
======================  ==========================================  ==============================
ACK                     the answer is waited for                    surplus, dropped
a block                 *doubt*: of an older command, perhaps       taken, if its number fits
NAK                     sent again; the second one is `Refused`     as damage
EOT                     `SessionLost`                               `SessionLost`
damage, anything else   line left to fall silent; *doubt*           line left to fall silent; NAK
silence                 *doubt*                                     NAK; three times: *doubt*
======================  ==========================================  ==============================

*Doubt*: ENQ until ACK, which ends what the camera was at, then the command again, from the first
byte. A command that is not safe to repeat is sent again after NAK alone, since the camera did not
take it; without its ACK the answer is waited for, once (a block with no ACK before or behind it is
one), then it is `OutcomeUnknown`. No ACK to three ENQ is `SessionLost`.

Blocks have no numbers (5.4). One that equals its predecessor came twice, unless it is uniform
(padding). An answer whose size is known has to have it once those are dropped; one of unknown size
has to arrive without any trouble. Else it is read again, and twice alike is right, too.

Worst case on a dead line: T_ACK + 3 x T_ENQ = 5.3 s; of a command that is not safe to repeat:
T_ACK + the time of its answer (30 s) + 2 x T_BLOCK. A block that never comes right: 3 x T_BLOCK,
at most TRIES times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import logging

from camera_driver.devices.fuji_mx.codec import (
    Block, Control, Decoder, encode, Frame, LONGEST, MAX_PAYLOAD)
from camera_driver.devices.fuji_mx.commands import name, Row, row
from camera_driver.errors import (
    DamagedPicture, DeviceError, naming, OutcomeUnknown, ProtocolError, Refused, ReplyTimeout,
    SessionLost)
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import Port
from camera_driver.model import Progress, ProgressCallback

log = logging.getLogger(__name__)

# Times in s, fuji_mx.md 5.2, 'recommended'; those of answers are in commands.TABLE.
T_ENQ = 1.0
T_ACK = 2.0
T_BLOCK = 2.0
T_UPLOAD = 3.0
T_GAP = 0.5
T_QUIET = 0.3
T_ALONE = 0.02  # a byte that nothing follows for so long is an answer, not part of noise
T_NOISE = 5.0  # a line that does not fall silent within this is babbling
N_ENQ = 3
TRIES = 3
MAX_NAKS = 2  # the camera resets itself at the third (3.1)
MAX_NOISE = 200  # frames nobody asked for

ACKNOWLEDGE_BELOW = 2.0  # s of line time: an unwanted rest that is shorter is acknowledged


class Trouble(Exception):
    """An attempt that failed; `what` came instead."""

    def __init__(self, what: object) -> None:
        super().__init__(what)
        self.what = what


class Exchange:
    """Commands and answers over an open port; knows no session."""

    def __init__(self, port: Port) -> None:
        """Take over an open port; sends nothing."""
        self.port = port
        self.channel: Channel[Frame] = Channel(port, encode, Decoder(), T_GAP)
        self.closed = True  # the camera ended the session, or there never was one
        self.sent_at = port.now()  # when the last command that is timed had left the port
        self._late = False  # a second answer to the last command may come

    def ask(self, block: Block, expected: int | None = None,
            progress: ProgressCallback | None = None,
            accepted: Callable[[float], None] | None = None) -> bytes:
        """
        Send a command and return the payload of its answer; `expected` is its size [bytes].

        What `progress` raises ends the transfer in an orderly way. Raises Refused, SessionLost,
        OutcomeUnknown (not safe to repeat), ReplyTimeout, ProtocolError, DamagedPicture (another
        size than expected, again and again).
        """
        known = row(block.number)
        naks = 0
        answer = previous = announced = None
        self._listen()
        for attempt in range(TRIES):
            transfer = Transfer(self, block, known, expected, progress)
            try:
                self._send(block, attempt, timed=not known.repeatable)
                if self._nak(block, known, transfer, accepted):
                    naks += 1
                    if naks == MAX_NAKS:
                        self.synchronise()
                        raise Refused(f'{self.port.name}: the camera refused to {words(block)}: '
                                      'it does not know that, or cannot do it now', Control.NAK)
                    trouble: object = Control.NAK
                    continue
                answer = transfer.run(accepted)
            except Trouble as error:
                trouble = error.what
                if not known.repeatable:
                    raise self.doubt(block, trouble) from None
                log.info('%s: %s, answered by %s; asking again', self.port.name, words(block),
                         trouble)
                self.synchronise()
                continue
            except SessionLost as error:
                if not known.repeatable:
                    raise self.doubt(block, 'the end of the session') from error
                raise
            announced = transfer.expected
            if transfer.trusted(answer):
                return transfer.settled(answer)
            if answer == previous and transfer.plausible(answer):
                return answer
            log.info('%s: %s: %d bytes in doubt; reading again', self.port.name, words(block),
                     len(answer))
            previous, trouble = answer, 'an answer of doubtful size'
        if answer is not None and announced is not None:
            raise DamagedPicture(f'{self.port.name}: told to {words(block)}, the camera announced '
                                 f'{announced} bytes and sent {len(answer)}; download it again')
        raise self._gave_up(block, trouble)

    def upload(self, blocks: Sequence[Block], progress: ProgressCallback) -> None:
        """
        Send the blocks of an upload; each is acknowledged, none is answered (4.6).

        Raises OutcomeUnknown on any doubt: a block must not be sent twice. What `progress` raises
        ends the session, and with it the upload.
        """
        total = sum(len(block.payload) for block in blocks)
        done = 0
        for block in blocks:
            for attempt in range(TRIES):
                self._listen()
                self._send(block, attempt)
                try:
                    frame: object = self.channel.receive(T_UPLOAD)
                except ReplyTimeout:
                    frame = 'silence'
                if frame is not Control.NAK or not self._alone():
                    break
            if frame is Control.NAK:
                self.synchronise()
                raise Refused(f'{self.port.name}: the camera took no more than {done} of {total} '
                              'bytes of the upload', Control.NAK)
            if frame is not Control.ACK:
                self.closed |= frame is Control.EOT
                self.channel.drain(T_QUIET, T_NOISE)
                raise self.doubt(block, frame)
            done += len(block.payload)
            try:
                progress(Progress(done, total))
            except BaseException:
                self.hang_up()
                raise

    def ping(self, quiet: float = T_QUIET) -> bool:
        """Ask whether the camera is there (ENQ, ACK); ends what it was sending."""
        for attempt in range(N_ENQ):
            self.channel.drain(0.0 if attempt else quiet, T_NOISE)
            self._late = False
            self.channel.counters.requests += 1
            self.channel.counters.retries += attempt > 0
            sent = self.port.now()
            self.channel.send(Control.ENQ)
            while (left := sent + T_ENQ - self.port.now()) > 0:
                try:
                    if self.channel.receive(left) is Control.ACK:
                        self._answered(sent)
                        return True
                except ReplyTimeout:
                    break
        return False

    def synchronise(self) -> None:
        """Make the camera wait for a command. Raises SessionLost when it does not answer."""
        if not self.ping():
            self.closed = True
            raise SessionLost(f'{self.port.name}: the camera does not answer any more (ENQ, '
                              f'{N_ENQ} times). Is it still switched on and connected?')

    def hang_up(self) -> None:
        """End the session at once (EOT)."""
        self.closed = True
        self.channel.send(Control.EOT)

    def receive(self, timeout: float) -> Frame | Damaged:
        """Receive; an EOT that stands alone is SessionLost."""
        whole = 1.0 + 12 * LONGEST / self.port.line.baudrate
        frame = self.channel.receive(timeout, whole)
        if frame is Control.EOT and self._alone():
            self.closed = True
            raise SessionLost(f'{self.port.name}: the camera ended the session (EOT)')
        return frame

    def unexpected(self, frame: Frame | Damaged) -> None:
        """Count what was not asked for, and let the line fall silent before anything is sent."""
        if not isinstance(frame, Damaged):
            self.channel.counters.unexpected += 1
        self.channel.drain(T_QUIET, T_NOISE)

    def again(self, silence: bool) -> None:
        """Ask for the last block again; after a mere silence two may come (5.4)."""
        self._late |= silence
        self.channel.counters.retries += 1
        self.channel.send(Control.NAK)

    def doubt(self, block: Block, what: object) -> OutcomeUnknown:
        """Return the error of a command of which nobody knows what became."""
        return OutcomeUnknown(f'{self.port.name}: told to {words(block)}, the camera answered '
                              f'with {what}; it is unknown whether it did it')

    def _nak(self, block: Block, known: Row, transfer: Transfer,
             accepted: Callable[[float], None] | None) -> bool:
        """Wait for the camera to accept a command; say whether it did not. Raises Trouble."""
        sent = self.port.now()
        try:
            frame = self.receive(T_ACK)
        except ReplyTimeout:
            if known.repeatable:
                raise Trouble('silence') from None
            return False  # it may have been carried out: the answer will tell
        if frame is Control.NAK and (known.repeatable or self._alone()):
            return True
        if isinstance(frame, Block) and not known.repeatable:
            # Its ACK was lost; or an ACK follows, and the block is an answer to an older command.
            transfer.first = frame
            try:
                frame = self.receive(T_GAP)
            except ReplyTimeout:
                return False
            transfer.first = None
            self.channel.counters.stale += 1
        if frame is Control.ACK:
            self._answered(sent)
            transfer.accepted(accepted)
            return False
        self.unexpected(frame)
        if known.repeatable:
            raise Trouble(frame)
        return False

    def _alone(self) -> bool:
        """Say whether a single byte is an answer: nothing follows it."""
        self.port.pause(T_ALONE)
        return not self.channel.heard()

    def _listen(self) -> None:
        """Take in what came unasked: the end of the session, else it is dropped."""
        if self._late:
            self._late = False
            self.channel.drain(T_GAP, T_NOISE)
        for _ in range(MAX_NOISE):
            if not self.channel.heard():
                break
            self.channel.counters.stale += 1
            try:
                self.receive(0.0)
            except ReplyTimeout:
                break  # it was the silent end of what is already known as damaged

    def _send(self, block: Block, attempt: int, timed: bool = False) -> None:
        """Send a command or a block of an upload."""
        counters = self.channel.counters
        counters.requests += 1
        counters.retries += attempt > 0
        self.channel.send(block)
        if timed:
            self.sent_at = self.port.flush()

    def _answered(self, sent: float) -> None:
        self.channel.counters.round_trips.append(self.port.now() - sent)

    def _gave_up(self, block: Block, trouble: object) -> DeviceError:
        """Return the error of a command that was repeated in vain."""
        text = f'{self.port.name}: the camera did not obey "{words(block)}"'
        if trouble == 'silence':
            return ReplyTimeout(f'{text}: no answer to {TRIES} tries, though it is there; another '
                                'device type, or switch it off and on')
        return naming(ProtocolError(f'{text}: its last answer was {trouble}; check the cable, or '
                                    'set a lower speed'), 'baudrate')


class Transfer:
    """The answer to one command: blocks, each acknowledged, until one ends with ETX."""

    def __init__(self, exchange: Exchange, block: Block, known: Row, expected: int | None,
                 progress: ProgressCallback | None) -> None:
        self.first: Block | None = None  # came in place of the ACK
        self._exchange = exchange
        self._block = block
        self._known = known
        self.expected = expected  # size of it all [bytes]
        self._progress = progress
        self._clean = True  # every block came when asked for, at once, unlike the one before
        self._unasked = False
        self._doubles: list[tuple[int, int]] = []  # place and size of those like the one before
        self._accepted = False

    def accepted(self, callback: Callable[[float], None] | None) -> None:
        """Report, once, that the camera carries the command out."""
        if callback and not self._accepted:
            callback(self._exchange.sent_at)
        self._accepted = True

    def run(self, callback: Callable[[float], None] | None) -> bytes:
        """Return all that is sent. Raises Trouble, SessionLost, ProtocolError."""
        exchange, channel = self._exchange, self._exchange.channel
        limit = self._known.limit
        if self.expected is not None:
            limit = min(limit, self.expected + 16 * MAX_PAYLOAD)
        data = bytearray()
        previous: Block | None = None
        while True:
            frame = self.first or self._next(self._known.time if previous is None else T_BLOCK)
            self.first = None
            self.accepted(callback)
            if previous is not None and frame.payload == previous.payload:
                self._doubles.append((len(data), len(frame.payload)))
                self._clean = False
            data += frame.payload
            if self.expected is None and self._known.size and len(data) >= 4:
                self.expected = self._known.size(bytes(data[:4]))
            if len(data) > limit:
                exchange.hang_up()
                raise ProtocolError(f'{exchange.port.name}: the answer to {words(self._block)} is '
                                    f'longer than the {limit} bytes it can be; given up')
            if self._progress:
                try:
                    self._progress(Progress(len(data), self.expected))
                except BaseException:
                    self._abandon(frame, len(data))
                    raise
            if not frame.last and channel.heard():
                self._unasked = True
                self._clean = False
            channel.send(Control.ACK)
            if frame.last:
                return bytes(data)
            previous = frame

    def trusted(self, data: bytes) -> bool:
        """Say whether the data are what the camera meant to send, as far as that can be told."""
        if self.expected is None:
            return self._clean or len(data) <= MAX_PAYLOAD and not self._doubles
        return not self._unasked and len(self.settled(data)) == self.expected

    def plausible(self, data: bytes) -> bool:
        """Say whether the data are right, provided that they came the same way before."""
        if self.expected is None:
            return data == self.settled(data)
        return len(data) == self.expected

    def settled(self, data: bytes) -> bytes:
        """Return the data without the blocks that came twice, other than padding and the like."""
        for place, size in reversed(self._doubles):
            block = data[place:place + size]
            if block[4:] != block[:-4]:  # no uniform colour either (4.4)
                data = data[:place] + data[place + size:]
        return data

    def _next(self, timeout: float) -> Block:
        """Return the next block, asking again for what is not it."""
        exchange, wanted = self._exchange, self._known.response
        failures = 0
        while True:
            frame: Frame | Damaged | None
            try:
                frame = exchange.receive(timeout)
            except ReplyTimeout:
                frame = None
            if isinstance(frame, Block) and not frame.prefix and wanted in (None, frame.number):
                return frame
            if frame is Control.ACK and failures < TRIES - 1:
                exchange.channel.counters.stale += 1
                failures += 1
                self._clean = False
                continue
            failures += 1
            # NAK to a camera that did not take the command brings its answer to an older one.
            if failures == TRIES or not self._accepted:
                raise Trouble('silence' if frame is None else frame)
            self._clean = False
            if frame is not None:
                exchange.unexpected(frame)
            exchange.again(frame is None)
            timeout = T_BLOCK

    def _abandon(self, frame: Block, done: int) -> None:
        """
        End a transfer whose rest is not wanted (5.5).

        A short rest is acknowledged and dropped; else EOT ends the session, and the next command
        begins another one.
        """
        exchange = self._exchange
        try:
            left = None if self.expected is None else self.expected - done
            if not frame.last and (
                    left is None or left * exchange.port.line.byte_time > ACKNOWLEDGE_BELOW):
                exchange.hang_up()
                return
            for _ in range(2 + (left or 0) // MAX_PAYLOAD):
                exchange.channel.send(Control.ACK)
                if frame.last:
                    return
                frame = self._next(T_BLOCK)
            exchange.hang_up()
        except (DeviceError, Trouble) as error:
            log.info('%s: ending the transfer: %s', exchange.port.name, error)
            exchange.closed = True


def words(block: Block) -> str:
    """Say what a command asks for, for messages: 'get picture 3'."""
    text = name(block.number).replace('_', ' ')
    number = f' {int.from_bytes(block.payload, "little")}' if 0 < len(block.payload) <= 2 else ''
    return text + number
