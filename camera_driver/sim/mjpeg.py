# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The video of a simulated camera as Motion JPEG over HTTP, for a node and for a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import threading
import time

from camera_driver.errors import PortError
from camera_driver.pictures.image import encode_jpeg
from camera_driver.sim.simulator import Simulator
from camera_driver.sim.video import draw, RATE

BOUNDARY = 'frame'
MOST_CLIENTS = 8  # at once; each takes a thread, and pictures of its own
PATIENCE = 10.0  # s that a client may take to ask, or for a picture


@contextmanager
def serving(simulator: Simulator, port: int) -> Iterator[str]:
    """
    Serve on this computer alone until the end of the block; give the URL. Port 0: any.

    Raises PortError when the port is taken, ValueError for a device without video output.
    """
    if type(simulator).video_signal is Simulator.video_signal:
        raise ValueError('this device has no video output')
    ended = threading.Event()
    places = threading.BoundedSemaphore(MOST_CLIENTS)

    class Handler(BaseHTTPRequestHandler):
        """Sends frames until the client leaves or the camera sends none."""

        timeout = PATIENCE

        def do_GET(self) -> None:
            if not places.acquire(blocking=False):
                self.send_error(503, f'{MOST_CLIENTS} clients are watching')
                return
            try:
                self._send()
            finally:
                places.release()

        def _send(self) -> None:
            if simulator.video_signal() is None:
                self.send_error(503, 'no picture; is live view on?')
                return
            self.send_response(200)
            self.send_header('Content-Type', f'multipart/x-mixed-replace; boundary={BOUNDARY}')
            self.send_header('Cache-Control', 'no-store')
            self.end_headers()
            due = time.monotonic()
            try:
                while not ended.wait(due - time.monotonic()):
                    signal = simulator.video_signal()
                    if signal is None:
                        return
                    data = encode_jpeg(draw(signal, time.monotonic()))
                    self.wfile.write(
                        f'--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n'
                        f'Content-Length: {len(data)}\r\n\r\n'.encode() + data + b'\r\n')
                    due = max(due + 1 / RATE, time.monotonic() - 1)
            except (ConnectionError, TimeoutError):
                return  # the client has left, or takes no more

        def log_message(self, *_: object) -> None:
            """Say nothing of requests."""

    try:
        server = ThreadingHTTPServer(('localhost', port), Handler)
    except (OSError, OverflowError) as error:
        raise PortError(f'cannot serve video on port {port}: '
                        f'{getattr(error, "strerror", None) or error}; give another one'
                        ) from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name='video', daemon=True)
    thread.start()
    try:
        yield f'http://localhost:{server.server_port}/'
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
