# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Definition files by HTTP, for stations that do not speak MAVLink FTP."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import logging
import re
from typing import Any

from camera_driver.errors import PortError

log = logging.getLogger(__name__)

ADDRESS = re.compile(r'([^:/\s]+):(\d{1,5})')
EVERYWHERE = ('0.0.0.0', '*')


class DefinitionServer(ThreadingHTTPServer):
    """Serves what `find` returns for a path, and nothing else."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: str, find: Callable[[str], bytes | None]) -> None:
        """
        Bind to HOST:PORT; port 0 is any that is free.

        Raises ValueError for what is no address that a station can be told, PortError when it
        cannot be bound.
        """
        host, port = parse(address)
        self.find = find
        try:
            super().__init__((host, port), _Request)
        except (OSError, OverflowError) as error:
            raise PortError(f'definition_address {address}: {error}; name an address of this '
                            'computer and a port that is free') from None
        self.url = f'http://{host}:{self.server_address[1]}'

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note that a client has gone amid its answer."""
        log.debug('a definition was not fetched', exc_info=True)


class _Request(BaseHTTPRequestHandler):
    timeout = 10.0  # s for a client that says nothing
    server: DefinitionServer

    def do_GET(self) -> None:
        text = self.server.find(self.path)
        if text is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header('Content-Type', 'application/xml')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        if self.command == 'GET':
            self.wfile.write(text)

    do_HEAD = do_GET

    def log_message(self, *args: object) -> None:
        log.debug('%s asked by HTTP: %s', self.client_address[0], args)


def parse(address: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT. Raises ValueError for what is none, or is no place."""
    found = ADDRESS.fullmatch(address)
    if not found or int(found[2]) > 65535 or found[1] in EVERYWHERE:
        raise ValueError(f'definition_address {address!r}: write HOST:PORT, the address at which '
                         'stations reach this computer, such as 192.168.1.20:8090')
    return found[1], int(found[2])
