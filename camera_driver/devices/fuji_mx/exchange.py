# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
One exchange with a Fuji camera: a command and its answer (fuji_mx.md, section 5).

Every command is answered ACK, then by one or more blocks, each of which the host acknowledges.

======================  ==========================================  ==============================
what comes              in place of the ACK                         in place of a block
======================  ==========================================  ==============================
ACK                     the answer is waited for                    surplus, dropped
a block                 *doubt*: of an older command, perhaps       taken, if it fits
NAK                     sent again                                  as damage
EOT                     `SessionLost`                               `SessionLost`
damage, anything else   line left to fall silent; *doubt*           NAK, 8 times; *doubt*
silence                 *doubt*                                     NAK, twice; *doubt*
======================  ==========================================  ==============================

*Doubt* (`ask`, what may be repeated): ENQ until ACK, which ends what the camera was at, then the
command again, from the first byte, TRIES = 5 in all. NAK: sent again, two at a time with ENQ
between them (the camera resets itself at the third, 3.1), 4 times for a command that the camera
is known to have, else twice; then `Refused`. No ACK to two ENQ is `SessionLost`.

`tell` sends a command that must not be repeated once. Without its ACK the answer is still waited
for (a block with no ACK before or behind it is one); everything but an answer is an error, and
what it means is for its caller to find out (`operations.once`).

What fits: the number in the table or the command's plus 1, prefix 00 or 01 (neither is proven,
4.2). Another number is taken when the same block comes again after NAK, has the right length, and
does not answer the command before; it is remembered. All of it is logged once.

Blocks have no numbers (5.4). One that equals its predecessor came twice, unless it is uniform
(padding). An answer whose size is known has to have it once those are dropped; one of unknown size
has to arrive without any trouble. Else it is read again, READINGS = 3 in all, and twice alike is
right, too.

Worst case. On a dead line: T_ACK + 2 x T_STILL = 3.5 s. A camera that answers ENQ alone: TRIES x
T_ACK = 13 s; one that babbles: TRIES x (2 x T_NOISE + T_ACK) = 38 s. A command that must not be
repeated: without an ACK until it would be over (5 or 12 s), with it the time of its answer (30 s)
and 2 x T_AGAIN. An answer: T_GRACE, and for each byte T_BYTE and three times its time on the line,
since less than that is no progress; MAX_EMPTY empty blocks in a row; the `limit` of its row, or
its size and 8 KiB.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
import logging

from camera_driver.devices.fuji_mx.answers import Answers
from camera_driver.devices.fuji_mx.codec import (
    Block, Control, Decoder, encode, Frame, LONGEST, MAX_PAYLOAD)
from camera_driver.devices.fuji_mx.commands import (
    Command, name, Row, row, T_OVER_EXPOSE)
from camera_driver.errors import (
    DamagedPicture, DeviceError, naming, ProtocolError, Refused, ReplyTimeout, SessionLost)
from camera_driver.link.channel import Channel
from camera_driver.link.framing import Damaged
from camera_driver.link.port import Port
from camera_driver.model import Progress, ProgressCallback
from camera_driver.operations import Attempt

log = logging.getLogger(__name__)

# Times in s, fuji_mx.md 5.2; those of answers are in commands.TABLE.
T_ENQ = 1.0
T_REST = 0.05  # after which ENQ tells in 1 s that a camera is gone, a command alone in 4 s
T_STILL = 0.5  # to ENQ of a camera that was there a moment ago
T_ACK = 2.5  # 'within a second or two' (4.1)
T_BLOCK = 2.0
T_AGAIN = 0.6  # from NAK to a block that was sent before
T_UPLOAD = 3.0
T_GAP = 0.5
T_QUIET = 0.3
T_ALONE = 0.02  # what nothing follows for so long is whole, not part of noise
T_NOISE = 2.5  # a line that does not fall silent within this is babbling
T_PATIENCE = 0.5  # between two pairs of NAK
T_GRACE = 20.0
T_BYTE = 0.002  # and the time of three bytes on the line
T_LEAVE = 0.8  # to ask for the first speed at the end
T_ABANDON = 0.5  # an unwanted rest that takes less is acknowledged
N_ENQ = 3
N_STILL = 2
TRIES = 5
READINGS = 3  # of an answer in doubt
UPLOAD_TRIES = 3  # of one block
MAX_NAKS = 2  # in a row; the camera resets itself at the third (3.1)
MAX_SILENCES = 3  # of one block
MAX_DAMAGES = 8  # of one block
MAX_EMPTY = 16  # blocks in a row
MAX_NOISE = 200  # frames nobody asked for
SILENCE = 'silence'
COMPLETE = ('checksum', 'length')  # damage of which nothing more is to come, most likely


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
        self.hears_enq: bool | None = None  # within this session; None: not known yet
        self.hung_up = False  # we ended it, and the camera needs a moment (5.5)
        self.listed: Container[int] = ()  # the commands that the camera says it has
        self.sent_at = port.now()  # when the last command that is timed had left the port
        self.over_by = self.sent_at + T_OVER_EXPOSE  # when what was told before has been done
        self._busy_by = self.sent_at  # likewise, of what this session told
        self.heard_at = self.sent_at  # when the camera answered last
        self.answers = Answers()
        self._late = False  # a second answer to the last command may come

    def ask(self, block: Block, expected: int | None = None,
            progress: ProgressCallback | None = None, attempt: Attempt | None = None) -> bytes:
        """
        Send a command that may be repeated and return the payload of its answer.

        `expected` is its size [bytes]; `attempt` is told when something is sent. What `progress`
        raises ends the transfer in an orderly way. Raises Refused, SessionLost, ReplyTimeout,
        ProtocolError, DamagedPicture (another size than expected, again and again).
        """
        known = row(block.number)
        tries = naks = readings = 0
        answer = previous = announced = None
        trouble: object = None
        self.listen()
        while tries < TRIES and readings < READINGS:
            transfer = Transfer(self, block, known, expected, progress)
            try:
                if attempt:
                    attempt.sending()
                self._send(block, tries + naks + readings)
                if self._nak(block, known, transfer, None):
                    naks += 1
                    self._bear(block, naks)
                    continue
                transfer.repeats = tries
                answer = transfer.run(None)
                self.heard_at = self.port.now()
            except Trouble as error:
                tries += 1
                trouble = error.what
                log.info('%s: %s, answered by %s; asking again', self.port.name, words(block),
                         trouble)
                self.synchronise()
                continue
            except SessionLost:
                if naks >= MAX_NAKS:  # a camera that counts on, whatever ENQ
                    raise self.refusal(block) from None
                raise
            readings += 1
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

    def tell(self, block: Block, attempt: Attempt,
             accepted: Callable[[float], None] | None = None) -> bytes:
        """
        Send a command once and return the payload of its answer; `attempt` is told before.

        `accepted` is called with the time when it had left the port once the camera carries it
        out. Raises Refused (NAK), SessionLost, ReplyTimeout, ProtocolError: all of them in doubt.
        """
        known = row(block.number)
        self.listen()
        transfer = Transfer(self, block, known, None, None)
        attempt.sending()
        self.over_by = self.port.now() + known.over
        self._send(block, 0, timed=True)
        self.over_by = self._busy_by = self.sent_at + known.over
        try:
            if self._nak(block, known, transfer, accepted):
                raise self.refusal(block)
            answer = transfer.run(accepted)
            self._busy_by = self.heard_at = self.port.now()
        except Trouble as error:
            kind = ReplyTimeout if error.what == SILENCE else ProtocolError
            raise kind(f'{self.port.name}: it answered with {error.what}') from None
        self.over_by = self.port.now()
        return answer

    def upload(self, blocks: Sequence[Block], progress: ProgressCallback,
               attempt: Attempt) -> None:
        """
        Send the blocks of an upload; each is acknowledged, none is answered (4.6).

        Everything but ACK is an error, in doubt from the first block on. What `progress` raises
        ends the session, and with it the upload.
        """
        total = sum(len(block.payload) for block in blocks)
        done = 0
        self.listen()
        attempt.sending()
        for block in blocks:
            self.over_by = self._busy_by = self.port.now() + row(block.number).over
            for tries in range(UPLOAD_TRIES):
                self.listen()
                self._send(block, tries)
                try:
                    frame: object = self.channel.receive(T_UPLOAD)
                except ReplyTimeout:
                    frame = SILENCE
                if frame is not Control.NAK or not self._alone():
                    break
            if frame is Control.NAK:
                self.synchronise()
                raise Refused(f'{self.port.name}: the camera took no more than {done} of {total} '
                              'bytes of the upload', Control.NAK)
            if frame is not Control.ACK:
                self.closed |= frame is Control.EOT
                self.channel.drain(T_QUIET, T_NOISE)
                raise ProtocolError(f'{self.port.name}: after {done} of {total} bytes it answered '
                                    f'with {frame}')
            done += len(block.payload)
            try:
                progress(Progress(done, total))
            except BaseException:
                self.hang_up()
                raise

    def ping(self, quiet: float = T_QUIET, times: int = N_ENQ, timeout: float = T_ENQ) -> bool:
        """Ask whether the camera is there (ENQ, ACK); ends what it was sending."""
        for attempt in range(times):
            self.channel.drain(0.0 if attempt else quiet, T_NOISE)
            self._late = False
            self.channel.counters.requests += 1
            self.channel.counters.retries += attempt > 0
            sent = self.port.now()
            self.channel.send(Control.ENQ)
            while (left := sent + timeout - self.port.now()) > 0:
                try:
                    if self.channel.receive(left) is Control.ACK:
                        self._answered(sent)
                        if not self.closed:
                            self.hears_enq = True
                        return True
                except ReplyTimeout:
                    break
        return False

    def see_it_there(self) -> None:
        """
        After a rest make sure of the camera, unless it may be busy. Raises SessionLost.

        One that is silent to the first ENQ within a session may not hear any there.
        """
        rested = self.port.now() > max(self.heard_at + T_REST, self._busy_by)
        self.listen()
        if rested and self.hears_enq is not False:
            there = self.ping(0.0, N_STILL, T_STILL)
            if self.hears_enq and not there:
                raise self._gone()
            self.hears_enq = there

    def synchronise(self) -> None:
        """Make the camera wait for a command. Raises SessionLost when it does not answer."""
        if not self.ping(T_ALONE, N_STILL, T_STILL):
            raise self._gone()

    def _gone(self) -> SessionLost:
        self.closed = True
        return SessionLost(f'{self.port.name}: the camera does not answer any more (ENQ, '
                           f'{N_STILL} times). Is it still switched on and connected?')

    def leave(self) -> None:
        """Make the camera go back to its first speed if that is quick, and end the session."""
        end = self.port.now() + T_LEAVE
        try:
            self.channel.drain(0.0, T_LEAVE)
            self.channel.send(Block(Command.SET_SPEED, b'\0', prefix=1))
            while (left := end - self.port.now()) > 0:
                frame = self.channel.receive(left, left)
                if isinstance(frame, Block) and frame.last:
                    self.channel.send(Control.ACK)
                    break
        except ReplyTimeout:
            pass
        self.hang_up()

    def hang_up(self) -> None:
        """End the session at once (EOT)."""
        self.closed = self.hung_up = True
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
        elif frame.reason in COMPLETE and self._alone():
            return
        self.channel.drain(T_QUIET, T_NOISE)

    def again(self, silence: bool) -> None:
        """Ask for the last block again; after a mere silence two may come (5.4)."""
        self._late |= silence
        self.channel.counters.retries += 1
        self.channel.send(Control.NAK)

    def refusal(self, block: Block) -> Refused:
        """Return the error of a command that the camera did not take."""
        return Refused(f'{self.port.name}: the camera refused to {words(block)}: it does not know '
                       'that, or cannot do it now', Control.NAK)

    def _bear(self, block: Block, naks: int) -> None:
        """Bear NAK for a while, the longer the surer it is that the camera has the command."""
        rounds = 4 if block.number in self.listed else 2
        if naks % MAX_NAKS:
            return
        try:
            self.synchronise()
        except SessionLost:
            raise self.refusal(block) from None
        if naks >= rounds * MAX_NAKS:
            raise self.refusal(block)
        if rounds > 2:
            self.port.pause(T_PATIENCE)

    def _nak(self, block: Block, known: Row, transfer: Transfer,
             accepted: Callable[[float], None] | None) -> bool:
        """Wait for the camera to accept a command; say whether it did not. Raises Trouble."""
        sent = self.port.now()
        try:
            frame = self.receive(T_ACK)
        except ReplyTimeout:
            if known.repeatable:
                raise Trouble(SILENCE) from None
            return False  # it may have been carried out: the answer will tell
        if frame is Control.NAK and (known.repeatable or self._alone()):
            return True
        if isinstance(frame, Block) and not known.repeatable and self.answers.fits(block, frame):
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

    def listen(self) -> None:
        """Take in what came unasked: the end of the session, else it is dropped."""
        if self._late:
            self._late = False
            self.channel.drain(T_GAP, T_NOISE)
        end = self.port.now() + T_NOISE
        for _ in range(MAX_NOISE):
            if not self.channel.heard():
                return
            self.channel.counters.stale += 1
            try:
                self.receive(0.0)
            except ReplyTimeout:
                return  # it was the silent end of what is already known as damaged
            if self.port.now() >= end:
                break
        self.channel.drain(0.0, T_NOISE)

    def _send(self, block: Block, attempt: int, timed: bool = False) -> None:
        """Send a command or a block of an upload."""
        counters = self.channel.counters
        counters.requests += 1
        counters.retries += attempt > 0
        self.answers.told(block)
        self.channel.send(block)
        if timed:
            self.sent_at = self.port.flush()

    def _answered(self, sent: float) -> None:
        self.heard_at = self.port.now()
        self.channel.counters.round_trips.append(self.heard_at - sent)

    def _gave_up(self, block: Block, trouble: object) -> DeviceError:
        """Return the error of a command that was repeated in vain."""
        text = f'{self.port.name}: the camera did not obey "{words(block)}"'
        if trouble == SILENCE:
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
        self._strange: Block | None = None  # what came with another number
        self.repeats = 0  # how often the command was sent again: each of them may be answered

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
        begun = exchange.port.now()
        slowest = T_BYTE + 3 * exchange.port.line.byte_time
        empty = 0
        while True:
            if previous is not None:
                wait = T_BLOCK
            elif self._accepted:
                wait = self._known.time
            else:  # without its ACK: until it is over, if it was done
                wait = max(0.0, exchange.over_by - exchange.port.now())
            frame = self.first or self._next(wait, previous is None)
            self.first = None
            self.accepted(callback)
            if previous is None:
                begun = exchange.port.now()
            if previous is not None and frame.payload == previous.payload:
                self._doubles.append((len(data), len(frame.payload)))
                self._clean = False
            data += frame.payload
            if self.expected is None and self._known.size and len(data) >= 4:
                self.expected = self._known.size(bytes(data[:4]))
            empty = 0 if frame.payload else empty + 1
            if (max(len(data), self.expected or 0) > limit or empty > MAX_EMPTY
                    or exchange.port.now() - begun > T_GRACE + slowest * len(data)):
                exchange.hang_up()
                why = ('makes no progress' if max(len(data), self.expected or 0) <= limit
                       else f'is longer than the {limit} bytes it can be')
                raise ProtocolError(f'{exchange.port.name}: the answer to {words(self._block)} '
                                    f'{why}; given up')
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

    def _next(self, timeout: float, first: bool) -> Block:
        """Return the next block, asking again for what is not it."""
        exchange = self._exchange
        silences = damages = 0
        while True:
            frame: Frame | Damaged | None
            try:
                frame = exchange.receive(timeout)
            except ReplyTimeout:
                frame = None
            if first and isinstance(frame, Block) and exchange.answers.came_before(frame):
                exchange.channel.counters.stale += 1
                raise Trouble(frame)
            if isinstance(frame, Block) and self._fits(frame):
                exchange.answers.note(exchange.port.name, self._block, frame)
                if silences or self.repeats:
                    exchange.answers.may_come_again(self._block, frame, silences + self.repeats)
                return frame
            self._clean = False
            silences += frame is None
            damages += frame is not None
            # NAK to a camera that did not take the command brings its answer to an older one.
            if (silences == MAX_SILENCES or damages == MAX_DAMAGES
                    or not self._accepted and frame is not Control.ACK):
                raise Trouble(SILENCE if frame is None else frame)
            if frame is Control.ACK:
                exchange.channel.counters.stale += 1
                continue
            if frame is not None:
                exchange.unexpected(frame)
            exchange.again(frame is None)
            timeout = T_AGAIN if frame is None else T_BLOCK

    def _fits(self, frame: Block) -> bool:
        """Say whether a block answers the command, perhaps under another number (4.2)."""
        if self._exchange.answers.fits(self._block, frame):
            return True
        if self._exchange.answers.is_late(frame):
            return False
        known = self._known.length
        again = frame == self._strange and known in (None, len(frame.payload))
        self._strange = frame
        return again

    def _abandon(self, frame: Block, done: int) -> None:
        """
        End a transfer whose rest is not wanted (5.5).

        A short rest is acknowledged and dropped; else EOT ends the session, and the next command
        begins another one.
        """
        exchange = self._exchange
        port = exchange.port
        end = port.now() + 2 * T_ABANDON
        try:
            left = None if self.expected is None else self.expected - done
            short = left is not None and left * port.line.byte_time < T_ABANDON
            for _ in range(2 + (left or 0) // MAX_PAYLOAD if short else 0):
                if frame.last:
                    break
                exchange.channel.send(Control.ACK)
                following = exchange.receive(max(0.0, end - port.now()))
                if not isinstance(following, Block):
                    break
                frame = following
            if frame.last:
                exchange.channel.send(Control.ACK)
            else:
                exchange.hang_up()
        except DeviceError as error:
            log.info('%s: ending the transfer: %s', port.name, error)
            exchange.closed = True


def words(block: Block) -> str:
    """Say what a command asks for, for messages: 'get picture 3'."""
    text = name(block.number).replace('_', ' ')
    number = f' {int.from_bytes(block.payload, "little")}' if 0 < len(block.payload) <= 2 else ''
    return text + number
