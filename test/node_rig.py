# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A camera's node over real DDS: simulated camera on a pseudo-terminal, node, and a client."""

from contextlib import contextmanager, ExitStack
from datetime import datetime
import threading

from domains import own_domain
from helpers import wait_until
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from spinning import spinning
from std_srvs.srv import Trigger

from camera_driver.devices.fuji_mx.simulator.simulator import Frame as FujiFrame
from camera_driver.devices.fuji_mx.simulator.simulator import FujiMxSimulator
from camera_driver.devices.fuji_mx.simulator.state import exif_head
from camera_driver.devices.sierra.simulator.card import Frame
from camera_driver.devices.sierra.simulator.simulator import SierraSimulator
from camera_driver.nodes.main import THREADS
from camera_driver.nodes.rclpy_private import ThreadedActionClient
from camera_driver.sim import scene
from camera_driver.sim.terminal import Terminal

TIMEOUT = 60.0  # s
ATTEMPTS = 4


def sierra(**options):
    """Return a simulated sierra camera with three small pictures."""
    frames = []
    for number, width in ((1, 320), (2, 640), (3, 320)):
        taken = datetime(2001, 9, 8, 12, number)
        frames.append(Frame(scene.jpeg(number, width, width * 3 // 4, taken),
                            scene.thumbnail(number), f'P101{number:04d}.JPG', taken))
    return SierraSimulator(**{'frames': frames, 'exposure_duration': 0.05, **options})


def fuji_mx(**options):
    """Return a simulated Fuji camera with three small pictures."""
    frames = []
    for number, width in ((1, 320), (2, 640), (3, 320)):
        data = scene.jpeg(number, width, width * 3 // 4, datetime(1999, 6, 6, 12, number))
        frames.append(FujiFrame(data, exif_head(data), f'DSC{number:05d}.JPG'))
    return FujiMxSimulator(**{'frames': frames, 'exposure_duration': 0.05, 'charge_duration': 0.05,
                              'width': 320, 'height': 240, **options})


@contextmanager
def new_client(node='', domain=None):
    """
    Run a client that has found the node.

    Now and then a participant never finds a service or topic of another one in its process, for
    which a new participant has no trouble: once in some thousand times with Fast DDS 2.14.
    """
    with ExitStack() as stack:
        for attempt in range(ATTEMPTS):
            client = stack.enter_context(spinning(
                lambda context: Node('client', context=context), 4, domain))
            if not node or client.create_client(
                    Trigger, f'{node}/self_test').wait_for_service(TIMEOUT / ATTEMPTS):
                break
        yield client


class Client:
    """Calls the services and actions of the node called `name`, which may be `node` here."""

    def __init__(self, stack, name, known='', node=None, domain=None):
        self.stack = stack
        self.name = name
        self.domain = domain
        self.node = node
        self._callers = {}
        self.client = stack.enter_context(new_client(known, domain))

    def call(self, kind, service, **fields):
        """Call a service and return its response."""
        if service not in self._callers:
            self._callers[service] = self._found_service(kind, service)
        return self.result(self._callers[service].call_async(kind.Request(**fields)))

    def begin(self, kind, service, **fields):
        """Call a service and return the future of its response."""
        return self.begin_all(kind, service, 1, **fields)[0]

    def begin_all(self, kind, service, times, **fields):
        """Call a service some times at once and return the futures of the responses."""
        client = self._found_service(kind, service, qos_profile=QoSProfile(depth=times))
        return [client.call_async(kind.Request(**fields)) for _ in range(times)]

    def send_goal(self, kind, action, feedback=lambda message: None, **fields):
        """Send a goal and return its handle."""
        return self.send_goals(kind, action, 1, feedback, **fields)[0]

    def send_goals(self, kind, action, times, feedback=lambda message: None, **fields):
        """Send a goal some times at once and return the handles."""
        client = self._found(
            lambda: ThreadedActionClient(self.client, kind, f'/{self.name}/{action}'))
        sending = [client.send_goal_async(
            kind.Goal(**fields), feedback_callback=lambda message: feedback(message.feedback))
            for _ in range(times)]
        return [self.result(one) for one in sending]

    def _found_service(self, kind, service, **qos):
        """
        Make a client of a service, which has found it and was found by it.

        An answer to a client that the node has not found is lost, with a warning only. Clients
        are destroyed at the end alone: an executor that waits for one must not lose it.
        """
        path = f'/{self.name}/{service}'
        for _ in range(ATTEMPTS):
            known = self.node.count_clients(path) if self.node else 0
            client = self._found(lambda: self.client.create_client(kind, path, **qos))
            try:
                wait_until(lambda: not self.node or self.node.count_clients(path) > known,
                           TIMEOUT / ATTEMPTS)
                return client
            except AssertionError:
                self.client = self.stack.enter_context(new_client(domain=self.domain))
        raise AssertionError(f'{self.name} finds no client of {service}')

    def _found(self, make):
        """Make a client of a service or an action, if need be in another participant."""
        for _ in range(ATTEMPTS):
            client = make()
            found = getattr(client, 'wait_for_service', None) or client.wait_for_server
            if found(TIMEOUT / ATTEMPTS):
                return client
            self.client = self.stack.enter_context(new_client(domain=self.domain))
        raise AssertionError(f'no participant finds what it wants of {self.name}')

    def act(self, kind, action, feedback=lambda message: None, **fields):
        """Send a goal and return its result."""
        return self.result(self.send_goal(kind, action, feedback, **fields).get_result_async()
                           ).result

    def result(self, future):
        """Wait for a future and return its result."""
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        assert done.wait(TIMEOUT), 'no answer'
        return future.result()


class Rig(Client):
    """
    A node that is READY, and a client in another context.

    `simulator` is the device itself (change it by `terminal.do`); `node` the node.
    """

    def __init__(self, stack, node_class, simulator, folder, name='camera', **parameters):
        self.terminal = stack.enter_context(Terminal(simulator))
        self.simulator = simulator
        self.folder = folder
        values = {'port': self.terminal.path, 'ledger_file': str(folder / 'shots.sqlite3'),
                  'download_directory': str(folder / 'pictures'), 'reconnect_delay': 0.1,
                  'camera_info_url': f'file://{folder}/calibration.yaml', **parameters}
        overrides = [Parameter(key, value=value) for key, value in values.items()]
        domain = stack.enter_context(own_domain())
        self._running = stack.enter_context(ExitStack())
        node = self._running.enter_context(spinning(
            lambda context: node_class(name, context=context, parameter_overrides=overrides),
            THREADS, domain))
        super().__init__(stack, name, f'/{name}', node, domain)
        wait_until(lambda: self.node.connected and self.node._active)

    def end_node(self):
        """End the node, as at the end of its process."""
        self._running.close()

    def listen(self, kind, topic, **qos):
        """Subscribe and return the list that messages are put into."""
        topic = topic if topic.startswith('/') else f'/{self.name}/{topic}'
        for _ in range(ATTEMPTS):
            messages = []
            self.client.create_subscription(kind, topic, messages.append,
                                            QoSProfile(**{'depth': 100, **qos}))
            try:
                wait_until(lambda: self.client.count_publishers(topic)
                           and self.node.count_subscribers(topic), TIMEOUT / ATTEMPTS)
                return messages
            except AssertionError:
                self.client = self.stack.enter_context(new_client(domain=self.domain))
        raise AssertionError(f'no participant finds {topic}')


@contextmanager
def rig(node_class, simulator, folder, **parameters):
    """Give a Rig."""
    with ExitStack() as stack:
        yield Rig(stack, node_class, simulator, folder, **parameters)
