# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The threads of a MAVLink system.

One has the components: it waits for what arrives, or what is due, and for nothing else. Each
link has one that opens it, again when it fails, and reads; and one that writes. One more writes
to the file of pictures, and one serves definition files where these go by HTTP. So neither a
camera nor a link nor a disk that is stuck keeps heartbeats waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from functools import partial
import logging
from queue import Empty, Full, Queue, SimpleQueue
import threading
import time

from camera_driver.errors import DeviceError, PortError
from camera_driver.link.port import SerialPort
from camera_driver.mavlink.camera import Camera
from camera_driver.mavlink.images import Store
from camera_driver.mavlink.links import opener, UdpPort
from camera_driver.mavlink.system import guarded, Link, System
from camera_driver.mavlink.web import DefinitionServer

log = logging.getLogger(__name__)

RETRY = 2.0  # s before a link that failed is opened again
MOST_UNSENT = 300  # messages; what is beyond is lost, as it would be on the air
POLL = 1.0  # s


class Service:
    """Runs the components of cameras, until it is closed."""

    def __init__(self, system: int, cameras: Callable[['Service'], Mapping[str, Camera]],
                 links: Sequence[str], store: Store, key: bytes | None = None,
                 definition_address: str = '') -> None:
        """
        Begin. `cameras` makes them; they answer through `post`.

        :param key: 32 bytes that sign messages; None: they are not signed.
        :param definition_address: HOST:PORT where definition files are served by HTTP; empty:
            they are by MAVLink FTP alone.

        Raises ValueError for links and addresses that are none and too many cameras, StorageError,
        PortError for an address that cannot be bound.
        """
        openers = {name: opener(name) for name in links}
        self._news: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._store = store
        self._unwritten: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        store.writer = self._write_soon
        self._web = DefinitionServer(
            definition_address, lambda path: self.system.definition(path)
            ) if definition_address else None
        try:
            self.system = System(system, cameras(self), store, time.monotonic, time.time,
                                 self._web.url if self._web else '')
        except Exception:
            if self._web:
                self._web.server_close()
            raise
        self._closed = threading.Event()
        self._carriers = []
        for number, (name, open_port) in enumerate(openers.items()):
            carrier = _Carrier(name, open_port, self._closed)
            link = Link(name, number, carrier.write, key, name.startswith('udp'))
            self.system.links.append(link)
            carrier.start(lambda data, link=link: self.post(  # type: ignore[misc]
                partial(self.system.receive, link, data)))
            self._carriers.append(carrier)
        self._writer = _start('mavlink store', self._write)
        self._thread = _start('mavlink', self._run)
        if self._web:
            self._server = _start('mavlink definitions', self._web.serve_forever)

    def post(self, work: Callable[[], None]) -> None:
        """Let the components' thread do something soon; from any thread."""
        self._news.put(work)

    def close(self) -> None:
        """End all threads, and close links and file."""
        self._closed.set()
        if self._web:
            self._web.shutdown()
            self._server.join()
            self._web.server_close()
        self._news.put(None)
        self._thread.join()
        self._unwritten.put(None)
        self._writer.join()
        for carrier in self._carriers:
            carrier.end()
        self._store.close()

    def _run(self) -> None:
        while True:
            due = self.system.tick()
            try:
                work = self._news.get(timeout=max(0.0, due - time.monotonic()))
                while work:
                    guarded(work)
                    work = self._news.get_nowait()
                return
            except Empty:
                pass

    def _write_soon(self, work: Callable[[], bool], done: Callable[[bool], None]) -> None:
        self._unwritten.put(lambda: self.post(partial(done, work())))

    def _write(self) -> None:
        while work := self._unwritten.get():
            work()


class _Carrier:
    """Carries the bytes of one link."""

    def __init__(self, name: str, open_port: Callable[[], UdpPort | SerialPort],
                 closed: threading.Event) -> None:
        self._name = name
        self._open = open_port
        self._closed = closed
        self._port: UdpPort | SerialPort | None = None
        self._unsent: Queue[bytes] = Queue(MOST_UNSENT)

    def start(self, received: Callable[[bytes], None]) -> None:
        self._threads = [_start(self._name, partial(self._read, received)),
                         _start(f'to {self._name}', self._write)]

    def write(self, data: bytes) -> None:
        """Send some time; never waits."""
        try:
            self._unsent.put_nowait(data)
        except Full:
            pass

    def end(self) -> None:
        port = self._port
        if port:
            port.cancel()
        self.write(b'')  # wakes
        for one in self._threads:
            one.join()

    def _read(self, received: Callable[[bytes], None]) -> None:
        problem = ''
        while not self._closed.is_set():
            try:
                port = self._open()
            except DeviceError as error:
                if str(error) != problem:  # once, not every 2 s
                    log.warning('%s; it is tried again', error)
                problem = str(error)
                self._closed.wait(RETRY)
                continue
            log.info('link %s is open', self._name)
            problem, self._port = '', port
            try:
                while not self._closed.is_set():
                    data = port.read(POLL)
                    if data:
                        received(data)
            except DeviceError as error:
                log.warning('%s; it is opened again', error)
                self._closed.wait(RETRY)
            finally:
                self._port = None
                port.close()

    def _write(self) -> None:
        while not self._closed.is_set():
            try:
                data = self._unsent.get(timeout=POLL)
            except Empty:
                continue
            port = self._port
            try:
                if port and data:
                    port.write(data)
            except (PortError, OSError, ValueError):
                pass  # its reader notices, too


def _start(name: str, work: Callable[[], None]) -> threading.Thread:
    """Start a thread whose log is that of who starts it."""
    thread = threading.Thread(target=copy_context().run, args=(work,), name=name, daemon=True)
    thread.start()
    return thread
