# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Services of all nodes, for whoever looks after a device: reset, self-test, raw messages."""

from array import array
from typing import Any

from std_srvs.srv import Trigger

from camera_driver.errors import Forbidden
from camera_driver.host.worker import Priority
from camera_driver.nodes.requests import PATIENCE
from camera_driver.srv import SendMessage


class Maintenance:
    """`~/reset_device`, `~/self_test` and `~/send_message`."""

    def __init__(self, node: Any) -> None:
        self._node = node
        node.serve(Trigger, '~/reset_device', self._reset_device)
        node.serve(Trigger, '~/self_test', self._self_test)
        node.serve(SendMessage, '~/send_message', self._send_message)

    def _reset_device(self, request: Trigger.Request, response: Trigger.Response) -> None:
        worker, supervisor = self._node.worker, self._node.supervisor
        assert worker and supervisor, 'active without being configured'
        supervisor.interrupt(PATIENCE)
        response.message = worker.call('resetting', supervisor.reset, PATIENCE, Priority.CAPTURE)

    def _self_test(self, request: Trigger.Request, response: Trigger.Response) -> None:
        results = self._node.run('testing itself', lambda device: device.self_test())
        response.success = all(result.passed for result in results)
        response.message = '\n'.join(
            f'{"passed" if one.passed else "FAILED"}: {one.name}'
            + (f': {one.detail}' if one.detail else '') for one in results)

    def _send_message(self, request: SendMessage.Request, response: SendMessage.Response) -> None:
        if not self._node.parameter('allow_raw_writes'):
            raise Forbidden('raw messages need the parameter allow_raw_writes:=true at start')
        message = bytes(request.message)
        response.reply = array('B', self._node.command(
            'sending a raw message', lambda device: device.send_message(message), raw=True))
