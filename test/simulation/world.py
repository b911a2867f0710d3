# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
One computer, one line, one device, on one virtual clock and out of one seed.

The host is the real one (supervisor, worker, settings, shots, ledger, store of pictures); it is a
process that can be ended or killed and started again, on the disk that the last one left.
"""

from random import Random

from camera_driver import catalog
from camera_driver.abilities import StoresImages, TakesPictures
from camera_driver.errors import (
    DamagedPicture, DeviceError, NotConfirmed, OutcomeUnknown, PortError, ProtocolError, Refused)
from camera_driver.host.fetches import Fetches, NotFetched
from camera_driver.host.settings import HeldSettings
from camera_driver.host.shots import Shots
from camera_driver.host.supervisor import Supervisor
from camera_driver.host.worker import MOST_WAITING, Priority, SteppedWorker
from camera_driver.ledger.shots import Ledger
from camera_driver.model import Exposure, Identity
from camera_driver.pictures.keep import keep, read_sound
from camera_driver.pictures.storage import PictureStore
from camera_driver.sim.faults import Faults
from camera_driver.sim.loop import Clock, LoopPort

EPOCH = 1_700_000_000.0  # Unix s at the clock's zero
EVENTS = ('unplug', 'power cycle', 'switch off', 'silence', 'garbage', 'end', 'kill',
          'kill at the record')
KEEP_ALIVE = 5.0  # s
PLANNED = 4  # jobs for later: a watch, a look, names to learn, a try to connect


class Killed(BaseException):
    """The process is gone; nothing that it still wants to do happens."""


class Violation(AssertionError):
    """Something is not as it must be."""


class Line(LoopPort):
    """The line, on which what the world has planned happens."""

    def __init__(self, world):
        super().__init__(
            world.simulator, world.device_class.LINE, clock=world.clock,
            to_host=world.faults(), to_device=world.faults())
        self.world = world
        self.host = world.host

    def write(self, data):
        what, place = self.world.due(len(data))
        if self._silent(data):
            return
        if what is None:
            super().write(data)
            return
        if place:
            super().write(data[:place])
        self.world.happen(what)
        if not self._silent(data[place:]):
            super().write(data[place:])

    def read(self, timeout):
        end = self.now() + max(0.0, timeout)
        while True:
            data = super().read(max(0.0, end - self.now()))
            if not data:
                return data
            if self._silent(data):
                continue
            what, place = self.world.due(len(data))
            if what is None:
                return data
            self.world.happen(what)
            if place:
                return data[:place]

    def garble(self, data):
        """Let noise arrive."""
        self._arrive(self.now(), data, self.line.byte_time)

    def let_pass(self, seconds):
        """Let time pass at the device, whatever has become of the port."""
        self._pass_until(self.now() + seconds)

    def _silent(self, data):
        self._check()
        return self.now() < self.world.silent_until or self.world.off

    def _check(self):
        if self.host.dead:
            raise Killed
        super()._check()


class Host:
    """A process that has the device; what it does is what a node does, in one thread."""

    def __init__(self, world):
        self.world = world
        self.dead = False
        getattr(world.device_class, 'limits', {}).clear()  # what a process of a fuji_mx remembers
        clock, folder = world.clock, world.folder
        self.ledger = Ledger(folder / 'shots.sqlite3', 'camera', world.unix(), 'port')
        self.store = PictureStore(folder / 'pictures')
        self.shots = Shots(self.records, world.unix)
        self.fetches = Fetches(self.records, world.unix, self)
        self.gone = []  # shots whose pictures are said to be gone
        self.port = None
        self.unnamed = []
        self.worker = SteppedWorker('host', now=clock.now)
        self.settings = HeldSettings(world.device_class.SETTINGS, world.configured,
                                     lambda *shown: None)
        self.supervisor = Supervisor(
            world.device_class, self.worker, self.open_port, world.options, 1.0,
            on_connected=self.connected, on_disconnected=lambda error: None,
            changed=lambda: None)
        self.worker.start('connecting', self.supervisor.keep_connecting)

    def records(self, work):
        """Do something with the ledger."""
        if self.world.kills_at_record:
            self.world.kills_at_record -= 1
            if not self.world.kills_at_record:
                if self.world.random.random() < 0.5:
                    work(self.ledger)
                self.world.happen('kill')
        if self.dead:
            raise Killed
        return work(self.ledger)

    def open_port(self):
        if self.dead:
            raise Killed
        if self.world.clock.time < self.world.plugged_at:
            raise PortError('there is no such port')
        self.port = Line(self.world)
        return self.port

    def connected(self, device, identity):
        done = [self.settings.connected(device)]
        self.unnamed = []
        if isinstance(device, TakesPictures):
            for shot in self.shots.settle_open(device, identity):
                done.append(f'{shot.shot_id} is {shot.state}')
                if shot.image_index is not None:
                    self.taken(shot.image_index)
        if isinstance(device, StoresImages):
            if self.records(lambda ledger: ledger.expects_list(identity)):
                try:
                    images = device.list_images()
                    self.records(lambda ledger: ledger.listed(identity, images))
                except (Refused, ProtocolError) as error:
                    done.append(f'not listed: {error}')
        text = '; '.join(filter(None, done))
        self.world.log(f'connected: {text}')
        return text

    @property
    def identity(self):
        return self.supervisor.identity or Identity(self.world.kind.name)

    def run(self, function, priority=Priority.NORMAL):
        """Let a function use the device, as a service does; notes how long it took."""
        world = self.world
        took = [world.clock.time, None]

        def work():
            took[0] = world.clock.time
            try:
                return self.supervisor.use(function)
            finally:
                took[1] = world.clock.time

        try:
            return self.worker.call('asking', work, 0.0, priority)
        finally:
            self.took = (took[1] or world.clock.time) - took[0]

    def command(self, function, raw=False):
        """As `run`, for what may change settings that the device cannot tell; `raw`: any."""
        def work(device):
            try:
                return function(device)
            finally:
                if not self.dead:
                    if raw:
                        try:
                            self.settings.refresh(device, device.settings())
                        except DeviceError:
                            pass
                    self.settings.follow(device)
                    self.supervisor.check_soon()

        return self.run(work)

    def capture(self, operation):
        """Take one picture and account for it."""
        try:
            return self.run(lambda camera: self._shoot(camera, operation), Priority.CAPTURE)
        except DeviceError as error:
            if not operation.shot_id:
                text = str(error)
                operation.shot_id = self.records(lambda ledger: ledger.refused(
                    self.identity, self.world.unix(), text))
            raise

    def _shoot(self, camera, operation):
        identity, unix = self.identity, self.world.unix
        shot_id = self.records(lambda ledger: ledger.command(identity, unix()))
        operation.shot_id = shot_id
        if operation.wanted:
            self.records(lambda ledger: ledger.fetch_later(identity, shot_id, unix()))
        stamp = None

        def left(port_time):
            nonlocal stamp
            stamp = EPOCH + port_time
            self.records(lambda ledger: ledger.triggered(shot_id, stamp))

        try:
            with self.shots.accounted(camera, shot_id):
                shot = camera.capture(left)
        except Exception as error:
            unknown = (isinstance(error, OutcomeUnknown) or not isinstance(error, DeviceError)
                       or stamp is not None and not isinstance(error, Refused))
            record = Ledger.unknown if unknown else Ledger.failed
            text = str(error)
            self.records(lambda ledger: record(ledger, shot_id, text))
            raise
        if stamp is None:
            stamp = EPOCH + shot.sent
        self.records(lambda ledger: ledger.exposed(
            shot_id, stamp, 'trigger', 0.01, Exposure(), shot.image_index, shot.settled))
        if shot.image_index is not None:
            self.taken(shot.image_index)
        return shot

    def taken(self, index):
        """Learn the image's name when there is time."""
        if issubclass(self.world.device_class, StoresImages):
            self.unnamed.append(index)
            if len(self.unnamed) == 1:
                self.worker.later(1.0, '', self._learn_names)

    def _learn_names(self):
        indices, self.unnamed = self.unnamed, []
        try:
            images = self.supervisor.use(lambda camera: camera.list_images(indices=indices))
        except (DeviceError, IndexError):
            return
        self.records(lambda ledger: ledger.listed(self.identity, images, complete=False))

    def download(self, stored):
        """Download an image, check it, save and record it; returns its file."""
        def read():
            picture = self.run(lambda camera: camera.download(stored.index), Priority.DOWNLOAD)
            if picture.name and picture.name != stored.name:
                raise ProtocolError('the images in the camera have changed')
            return picture

        _, checked = read_sound(read)
        if self.dead:
            raise Killed
        kept = keep(checked, stored, self.store, '')

        def record(ledger):
            ledger.downloaded(self.identity, stored, kept.path, kept.size, kept.sha256,
                              self.world.unix())
            if checked.width and not checked.odd:
                ledger.verified(self.identity, kept.sha256)

        self.records(record)
        return kept.path

    # What `Fetches` asks of the camera.

    def fetch_waiting(self):
        """Fetch the pictures that shots wait for, as the node's background does."""
        if self.supervisor.connected:
            self.fetches.run(self.identity, lambda: self.supervisor.connected)

    def list_stored(self, indices):
        images = self.run(lambda camera: camera.list_images(indices=indices))
        self.records(lambda ledger: ledger.listed(self.identity, images, indices is None))
        return images

    def fetch(self, image):
        self.download(image)

    def lives(self):
        try:
            self.run(lambda camera: None)
        except DeviceError:
            return False
        return True

    def not_fetched(self, fetch, what, why, image):
        self.world.log(f'  {fetch.shot_id} is not fetched: {what.value} {why or ""}')
        if what is NotFetched.GONE:
            self.gone.append(fetch.shot_id)

    def delete(self, images, act):
        """Delete, and record what has gone; as it is known."""
        identity = self.identity

        def work(camera):
            self.shots.before_change(camera, identity)
            before = camera.list_images()
            self.records(lambda ledger: ledger.listed(identity, before))
            names = [(one.name, one.size) for one in before]
            if any((one.name, one.size) not in names for one in images):
                raise Refused('the images are other ones')
            gone = []
            try:
                act(camera)
                gone = images
            except BaseException:
                try:
                    left = [(one.name, one.size) for one in camera.list_images()]
                    gone = [one for one in images if (one.name, one.size) not in left]
                except BaseException:
                    pass
                raise
            finally:
                if not self.dead:
                    self.records(lambda ledger: ledger.deleted(identity, gone))

        return self.run(work)

    def end(self):
        """End in an orderly way."""
        self.supervisor.interrupt(0.0)
        self.worker.shutdown(self.supervisor.close, 0.0)
        if not self.dead:
            self.ledger.close()
        self.bury()

    def bury(self):
        """Let go of the files, as the end of a process does."""
        self.dead = True
        self.ledger._file._db.close()

    def bounded(self):
        """Say what has grown beyond its bound; '': nothing."""
        worker = self.worker
        if len(worker._waiting) > MOST_WAITING + PLANNED or len(worker._later) > PLANNED:
            return f'{len(worker._waiting)} jobs wait, {len(worker._later)} are planned'
        if self.port and sum(len(data) for _, data in self.port._arriving) > 1_000_000:
            return 'the line holds a megabyte'
        return ''


class World:
    """What there is, and what happens; `trace` tells it."""

    def __init__(self, name, seed, folder):
        self.kind = catalog.find(name)
        self.device_class = self.kind.device_class()
        self.random = Random(f'{name} {seed}')
        self.folder = folder
        self.trace = []
        self.clock = Clock(0.0)
        self.options = {one.name: one.default for one in self.device_class.OPTIONS}
        self.options['keep_alive'] = KEEP_ALIVE
        self.configured = {}
        self.silent_until = self.plugged_at = -1.0
        self.off = False
        self.switching = None
        self.kills_at_record = 0
        self.ending = False
        self.rates = {}
        self.moments = []  # truths just before the device lost power
        self.operation = None
        self.truth = None
        self._countdown = 0
        self._event = None
        self.host = None
        self.simulator = None

    def begin(self, simulator, truth):
        """Let there be a device, and a host."""
        self.simulator, self.truth = simulator, truth
        self.host = Host(self)

    def unix(self):
        """Return Unix seconds."""
        return EPOCH + self.clock.time

    def log(self, text):
        """Tell what happens."""
        text = str(text).replace(str(self.folder), '~')
        self.trace.append(f'{self.clock.time:11.4f} {text}')

    def faults(self):
        """Return the faults of one direction of a line."""
        return Faults(self.rates, self.random.randrange(2 ** 32)) if self.rates else None

    # What is planned.

    def plan(self, event, after):
        """Let something happen after as many writes and reads of the line."""
        self._event, self._countdown = event, after
        if event == 'kill at the record':
            self._event, self.kills_at_record = None, 1 + after % 5

    def forget(self):
        """Plan nothing any more."""
        self._event, self.kills_at_record = None, 0

    def due(self, size):
        """Return what happens now, and behind how many bytes."""
        if self._event is None:
            return None, 0
        if self._countdown:
            self._countdown -= 1
            return None, 0
        event, self._event = self._event, None
        return event, self.random.choice((0, size, self.random.randrange(size + 1)))

    def happen(self, what):
        """Let it happen."""
        draw = self.random
        self.log(f'  ! {what}')
        port = self.host.port
        if what == 'unplug':
            self.plugged_at = self.clock.time + draw.choice((0.0, draw.uniform(0, 20)))
            port.unplug()
        elif what == 'power cycle':
            self.power_cycle()
        elif what == 'switch off':
            self.power_cycle()
            self.off = True
            self.switching = self.simulator.after(draw.uniform(0.1, 15.0), self._switch_on)
        elif what == 'silence':
            self.silent_until = self.clock.time + draw.uniform(0.1, 40.0)
        elif what == 'garbage':
            # Nothing that is an answer by itself.
            port.garble(bytes(draw.randrange(64, 128) for _ in range(draw.randrange(1, 60))))
        elif what == 'end':
            self.ending = True
            self.host.worker.stop_job()
            port.cancel()
        elif what == 'kill':
            self.host.dead = True
            raise Killed

    def be_calm(self):
        """Let the line and the power be as they should."""
        self.forget()
        if self.switching:
            self.switching.action = None
        if self.off:
            self._switch_on()
        self.silent_until = self.plugged_at = -1.0

    def _switch_on(self):
        self.off = False
        self.power_cycle()
        self.log('  ! switched on')

    def power_cycle(self):
        """Take the power from the device for a moment."""
        self.moments.append(self.truth.state())
        self.simulator.power_cycle()
        self.truth.powered()

    # Time.

    def pass_time(self, seconds):
        """Let time pass, at the host too."""
        end = self.clock.time + seconds
        while not self.host.dead:
            due = self.host.worker.next_due
            if due is None or due > end:
                break
            if due > self.clock.time:
                self._let_pass(due)
            self.host.worker.run_due()
        self._let_pass(end)

    def _let_pass(self, end):
        seconds = max(0.0, end - self.clock.time)
        port = self.host.port
        if port and not self.host.dead and not port._dead:
            port.let_pass(seconds)
        else:
            self.clock.time += seconds
            self.simulator.advance(self.clock.time)
            self.simulator.take()

    def let_line_settle(self, seconds):
        """Let the device finish what it was told, and the host do nothing."""
        self._let_pass(self.clock.time + seconds)

    def restart(self, killed):
        """Start the host again, on the disk that it left."""
        self.ending = False
        self.forget()
        if killed:
            self.host.bury()
        else:
            self.host.end()
        self.host = Host(self)

    def attempt(self, function):
        """Return a verdict (done, failed, unknown, killed), and the result or the error."""
        verdict, value = 'done', None
        try:
            value = function()
        except Killed:
            verdict = 'killed'
        except (OutcomeUnknown, NotConfirmed) as error:
            verdict, value = 'unknown', error
        except (DeviceError, ValueError, IndexError, DamagedPicture) as error:
            verdict, value = 'failed', error
        self.forget()
        if self.host.dead:
            verdict = 'killed'
        return verdict, value
