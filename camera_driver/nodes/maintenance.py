# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Services of all nodes, for whoever looks after a device: reset, self-test, raw messages."""

from array import array
from collections.abc import Sequence
from typing import Any

from diagnostic_msgs.srv import SelfTest
from std_srvs.srv import Trigger

from camera_driver.errors import Forbidden
from camera_driver.host.worker import Priority
from camera_driver.model import CheckResult
from camera_driver.nodes.diagnostics import self_test_response
from camera_driver.nodes.qos import REQUESTS
from camera_driver.nodes.requests import PATIENCE, Requests
from camera_driver.srv import SendMessage


class Maintenance:
    """`~/reset_device`, `~/self_test` in two forms, and `~/send_message`."""

    def __init__(self, node: Any, requests: Requests) -> None:
        self._node = node
        self._requests = requests
        node.serve(Trigger, '~/reset_device', self._reset_device, in_mission=False)
        node.serve(Trigger, '~/self_test', self._self_test)
        node.create_service(SelfTest, '~/self_test_diagnostics', self._self_test_diagnostics,
                            qos_profile=REQUESTS, callback_group=node.waiting)
        node.serve(SendMessage, '~/send_message', self._send_message, in_mission=False)

    def _reset_device(self, request: Trigger.Request, response: Trigger.Response) -> None:
        worker, supervisor = self._node.worker, self._node.supervisor
        assert worker and supervisor, 'active without being configured'
        supervisor.interrupt(PATIENCE)
        response.message = worker.call('resetting', supervisor.reset, PATIENCE, Priority.CAPTURE)

    def _self_test(self, request: Trigger.Request, response: Trigger.Response) -> None:
        results = self._results()
        response.success = all(result.passed for result in results)
        response.message = '\n'.join(
            f'{"passed" if one.passed else "FAILED"}: {one.name}'
            + (f': {one.detail}' if one.detail else '') for one in results)

    def _self_test_diagnostics(self, request: SelfTest.Request, response: SelfTest.Response
                               ) -> SelfTest.Response:
        # Not by `serve`: it tells each failure as a status.
        results: Sequence[CheckResult] = ()

        def work() -> None:
            nonlocal results
            results = self._results()

        problem = self._requests.attempt('~/self_test_diagnostics', work)
        if problem:
            results = [CheckResult('self-test', False, problem)]
        return self_test_response(self._node.view(), results, response)

    def _results(self) -> Sequence[CheckResult]:
        results: Sequence[CheckResult] = self._node.run(
            'testing itself', lambda device: device.self_test())
        return results

    def _send_message(self, request: SendMessage.Request, response: SendMessage.Response) -> None:
        if not self._node.parameter('allow_raw_writes'):
            raise Forbidden('raw messages need the parameter allow_raw_writes:=true at start')
        message = bytes(request.message)
        response.reply = array('B', self._node.command(
            'sending a raw message', lambda device: device.send_message(message), raw=True))
