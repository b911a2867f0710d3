# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
`camera-driver up` in a process of its own; its devices are simulated in this one.

So the program can be killed while its devices live on, and what it uses is its own.
"""

from contextlib import contextmanager, ExitStack
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

from domains import own_domain
from node_rig import fuji_mx, new_client, sierra
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_srvs.srv import Trigger

from camera_driver.catalog import BUILT_IN
from camera_driver.sim.terminal import Terminal

PATIENCE = 120.0  # s until something is given up that should take seconds
LOST = 2.0  # s until a question is asked again
PAUSE = 0.02  # s between looks


def simulator(name):
    """Return a simulated device of a type; cameras have a few small pictures."""
    make = {'sierra': sierra, 'fuji_mx': fuji_mx}.get(name, BUILT_IN[name].simulator_class())
    return make()


class Rig:
    """The program, its simulated devices, and one who calls its services."""

    def __init__(self, stack, folder, devices, domain, faults=lambda: None, paced=False,
                 **parameters):
        """
        Plug the devices in; nothing runs yet.

        :param devices: name -> type. `faults` makes those of a line, each way.
        :param parameters: of all of them; of the name of a type: a dict of its own.
        """
        self.folder = folder
        self.devices = devices
        self.domain = domain
        self.terminals = {name: stack.enter_context(Terminal(
            simulator(kind), paced=paced, to_host=faults(), to_device=faults()))
            for name, kind in devices.items()}
        common = {key: value for key, value in parameters.items() if key not in BUILT_IN}
        lines = ['devices:']
        for name, kind in devices.items():
            values = {'port': self.terminals[name].path, **common, **parameters.get(kind, {})}
            if kind in ('sierra', 'fuji_mx', 'ix_link'):
                values['ledger_file'] = str(folder / 'shots.sqlite3')
            if kind in ('sierra', 'fuji_mx'):
                values['download_directory'] = str(self.pictures(name))
            lines.append(f'- {{name: {name}, type: {kind}, parameters: '
                         + '{' + ', '.join(f'{k}: {_yaml(v)}' for k, v in values.items()) + '}}')
        (folder / 'rig.yaml').write_text('\n'.join(lines) + '\n')
        self.process = None
        self.client = stack.enter_context(new_client(domain=domain))
        self._callers = {}
        self._lock = threading.Lock()
        stack.callback(self.end)

    def pictures(self, name):
        """Return where the pictures of a device are saved."""
        return self.folder / 'pictures' / name

    def start(self):
        """Start the program."""
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'camera_driver.cli.main', 'up', self.folder / 'rig.yaml'],
                stdout=subprocess.DEVNULL, stderr=log,
                env={**os.environ, 'ROS_DOMAIN_ID': str(self.domain),
                     'ROS_HOME': str(self.folder)})

    def kill(self):
        """Kill it as nothing can be caught."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def end(self):
        """End it as Ctrl-C does."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)

    def begin(self, kind, path, **fields):
        """Call a service; returns the future of the response."""
        caller = self._caller(kind, path)
        caller.wait_for_service(PATIENCE)
        return caller.call_async(kind.Request(**fields))

    def _caller(self, kind, path):
        with self._lock:
            if path not in self._callers:
                self._callers[path] = self.client.create_client(kind, path)
            return self._callers[path]

    def call(self, kind, path, patience=PATIENCE, **fields):
        """Call a service; returns the response, None: there was none for so long [s]."""
        return answer(self.begin(kind, path, **fields), patience)

    def set(self, name, **values):  # noqa: A003
        """Begin to set parameters that are texts."""
        return self.begin(SetParameters, f'/{name}/set_parameters', parameters=[
            Parameter(name=key, value=ParameterValue(
                type=ParameterType.PARAMETER_STRING, string_value=value))
            for key, value in values.items()])

    def ready(self, name):
        """Wait until a device is well, by its own test; returns the time [s] that it took."""
        begun = asked = time.monotonic()
        caller, waiting, words = self._caller(Trigger, f'/{name}/self_test'), [], 'no answer'
        pulse = threading.Event()
        while (now := time.monotonic()) < begun + PATIENCE:
            # A program that was killed is in the graph for a while: it may get the question.
            if caller.service_is_ready() and (not waiting or now > asked + LOST):
                waiting.append(caller.call_async(Trigger.Request()))
                asked = now
            for future in [future for future in waiting if future.done()]:
                waiting.remove(future)
                words = future.result().message
                if future.result().success:
                    return time.monotonic() - begun
            if self.process.poll() is not None:
                raise AssertionError('the program ended: ' + (self.folder / 'log').read_text())
            pulse.wait(PAUSE)
        raise AssertionError(f'{name} was not READY after {PATIENCE:g} s: {words}')


def answer(future, patience):
    """Return the result of a future, None: there was none for so long [s]."""
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    return future.result() if done.wait(patience) else None


def _yaml(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def rig(folder, devices, **options):
    """Give a rig that runs and whose devices are all READY."""
    with ExitStack() as stack:
        domain = stack.enter_context(own_domain())
        one = Rig(stack, Path(folder), devices, domain, **options)
        one.start()
        for name in devices:
            one.ready(name)
        yield one


def used(pid):
    """Return what a process uses: memory [kB], threads, descriptors."""
    memory = next(int(line.split()[1]) for line in
                  Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()
                  if line.startswith('Private_Dirty:'))
    return memory, len(os.listdir(f'/proc/{pid}/task')), len(os.listdir(f'/proc/{pid}/fd'))
