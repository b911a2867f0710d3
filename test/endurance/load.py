# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Clients that call services as fast as they can while a camera downloads its pictures."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
import time

from diagnostic_msgs.msg import DiagnosticArray
from endurance.rigs import answer, PATIENCE
from rcl_interfaces.srv import GetParameters
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.qos import QoSProfile
from spinning import spinning
from std_srvs.srv import Trigger

from camera_driver.action import DownloadImages
from camera_driver.srv import Capture, GetCapabilities, ListImages, Preflight

CLIENTS = 20
CALLS = {  # service -> type, and what is asked
    'get_parameters': (GetParameters, {'names': ['flash_mode']}),
    'get_capabilities': (GetCapabilities, {}),
    'set_parameters': None,  # of a setting, which goes to the camera: the storm
    'list_images': (ListImages, {'indices': [1]}),
    'self_test': (Trigger, {}),
    'preflight': (Preflight, {}),
    'capture': (Capture, {'wait': True}),
}


@dataclass
class Result:
    """Times of the answers by service [s], and what else was seen."""

    times: dict = field(default_factory=dict)
    refused: Counter = field(default_factory=Counter)
    lost: Counter = field(default_factory=Counter)
    gap: float = 0.0  # s between two diagnostics, at most
    cancelled: float = float('nan')  # s from the request to cancel to the end of the download


def run(one, name, seconds, seed):
    """Load the node of one camera for so long [s] while it downloads."""
    result = Result(times={service: [] for service in CALLS})
    heard = []

    def diagnostics(message):
        if any(name in status.name for status in message.status):
            heard.append(time.monotonic())

    one.client.create_subscription(DiagnosticArray, '/diagnostics', diagnostics,
                                   QoSProfile(depth=100))
    downloads = ActionClient(one.client, DownloadImages, f'/{name}/download_images')
    downloads.wait_for_server(PATIENCE)
    over = time.monotonic() + seconds
    with ThreadPoolExecutor(CLIENTS) as pool:
        working = [pool.submit(_call, one, name, over, f'client_{number}',
                               Random(f'{seed} {number}'), result)
                   for number in range(CLIENTS)]
        while True:
            handle = answer(downloads.send_goal_async(
                DownloadImages.Goal(indices=[1, 2, 3])), PATIENCE)
            done = handle.get_result_async()
            if not answer(done, max(0.1, over - time.monotonic())):
                break
        begun = time.monotonic()
        handle.cancel_goal_async()
        if answer(done, PATIENCE):
            result.cancelled = time.monotonic() - begun
    for one_of_them in working:
        one_of_them.result()
    result.gap = max((late - early for early, late in zip(heard, heard[1:])), default=seconds)
    return result


def _call(one, name, over, own_name, draw, result):
    """Be one client, a participant of its own."""
    with spinning(lambda context: Node(own_name, context=context), 2, one.domain) as client:
        callers = {}
        while time.monotonic() < over:
            service = draw.choice(list(CALLS))
            begun = time.monotonic()
            if CALLS[service] is None:
                future = one.set(name, flash_mode=draw.choice(('off', 'auto', 'force')))
            else:
                kind, fields = CALLS[service]
                if service not in callers:
                    callers[service] = client.create_client(kind, f'/{name}/{service}')
                    callers[service].wait_for_service(PATIENCE)
                    begun = time.monotonic()
                future = callers[service].call_async(kind.Request(**fields))
            response = answer(future, PATIENCE)
            if response is None:
                result.lost[service] += 1
            else:
                result.times[service].append(time.monotonic() - begun)
                result.refused[service] += not getattr(response, 'success', True)
