# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver up`: the nodes of a rig."""

from __future__ import annotations

from argparse import BooleanOptionalAction, REMAINDER
from collections.abc import Mapping, Sequence
from functools import partial
from math import inf
import os
import select
import signal
import subprocess
import sys
from time import monotonic
from types import FrameType

from camera_driver.cli.output import Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.errors import NotSupported
from camera_driver.host.process import end_with_parent, ending_signals, environment
from camera_driver.machines import apply

PATIENCE = 10  # s that nodes have to end after a signal; they need 3 at most
FIRST_DELAY, MOST_DELAY = 1.0, 30.0  # s before a process that died is started again
STEADY = 60.0  # s of life after which the delay begins anew


def fill(parser: Parser) -> None:
    """Add the arguments."""
    from camera_driver.rig import PROCESSES
    parser.epilog = """\
A rig file lists devices with their names, types, namespaces and parameters; all of it is checked
before anything starts. Ctrl-C ends all nodes. The exit code is 1 when a node failed.

examples:
  camera-driver up rig.yaml
  camera-driver up rig.yaml --simulate
  camera-driver up rig.yaml --processes each --ros-args --log-level debug
  camera-driver up rig.yaml --machine pod
"""
    parser.add_argument('rig', metavar='RIG.yaml', help='the rig file')
    parser.add_argument('--simulate', action='store_true',
                        help='simulate every device, whatever the file says')
    parser.add_argument('--namespace', default='', metavar='NS',
                        help='namespace to put before those of the file')
    parser.add_argument('--machine', metavar='NAME', default='',
                        help='of a rig with machines: start what is at this one (default: the one '
                        'with the name or address of this computer)')
    parser.add_argument('--server', action=BooleanOptionalAction, default=True,
                        help='run the discovery server, if the file says that it is on this '
                        'machine (default: yes)')
    parser.add_argument('--processes', choices=PROCESSES,
                        help='all nodes in one process, or one process for each (default: as the '
                        'file says, else one)')
    parser.add_argument('--respawn', action=BooleanOptionalAction,
                        help='start a process again when it has died, after a delay that doubles '
                        f'from {FIRST_DELAY:g} s to {MOST_DELAY:g} s (default: as the file says, '
                        'else not)')
    parser.add_argument('--ros-args', nargs=REMAINDER, default=[], metavar='...',
                        help='what follows is for ROS and holds for all nodes')
    parser.set_defaults(run=run)


def run(args: Arguments, out: Output) -> int:
    """Run the nodes of a rig until SIGINT or SIGTERM."""
    from camera_driver.rig import read
    try:
        from camera_driver.nodes.main import command, run_rig
    except ImportError as error:
        raise needs_ros('a rig', error) from None
    rig, machine = read(args.rig, args.simulate, args.namespace).share(args.machine)
    server = (rig.network.server_command()
              if args.server and machine and machine == rig.network.server else [])
    apply(rig.network.environment(machine))
    ros_arguments: list[str] = args.ros_args
    if args.verbose:
        ros_arguments = [*(word for device in rig.devices
                           for word in ('--log-level', f'{device.logger}:=debug')),
                         *ros_arguments]
    processes = args.processes or rig.processes
    respawn = rig.respawn if args.respawn is None else args.respawn
    out.show({device.full_name: {'type': device.type, 'parameters': dict(device.parameters)}
              for device in rig.devices},
             'Starting ' + ', '.join([f'{device.full_name} ({device.type})'
                                      for device in rig.devices]
                                     + ['the discovery server'] * bool(server))
             + (f' of {machine}' if machine else '') + '. Ctrl-C ends.')
    if processes == 'one' and not respawn and not server:
        return int(run_rig(rig, ros_arguments))
    if not rig.devices:
        commands = {}
    elif processes == 'one':
        commands = {'the rig': [
            sys.executable, '-m', 'camera_driver.cli.main', 'up', args.rig, '--processes', 'one',
            '--no-respawn', '--no-server', '--namespace', args.namespace,
            *(['--machine', machine] if machine else []),
            *(['--simulate'] if args.simulate else []),
            '--ros-args', *ros_arguments]}
    else:
        commands = {device.full_name: [*command(device.type), *device.arguments(), *ros_arguments]
                    for device in rig.devices}
    return _run_each(commands, respawn, server)


def needs_ros(what: str, error: ImportError) -> NotSupported:
    """Return what to say of something that cannot be done without ROS."""
    return NotSupported(f'{what} needs ROS 2 and this package built with it ({error}): make setup '
                        '&& . install/setup.sh, or source its workspace')


class _Process:
    """One process of a rig."""

    def __init__(self, name: str, command: Sequence[str], respawn: bool) -> None:
        self.name = name
        self.respawn = respawn
        self.restarts = 0
        self.ended: int | None = None  # its exit code, or minus the signal
        self.delay = FIRST_DELAY  # s before it is started again
        self._command = command
        self.start()

    def start(self) -> None:
        """Start it; it ends when this process does, however that ends."""
        self.started = monotonic()
        self.due = inf  # when to start it again
        self.ended = None
        # In a session of its own: Ctrl-C reaches it through here, and once.
        self.process = subprocess.Popen(self._command, start_new_session=True,
                                        env=environment(self.restarts),
                                        preexec_fn=partial(end_with_parent, os.getpid()))
        self.fd = os.pidfd_open(self.process.pid)

    def reap(self) -> int:
        """Take note of its end and return its exit code, or minus the signal."""
        os.close(self.fd)
        self.ended = self.process.wait()
        if monotonic() - self.started > STEADY:
            self.delay = FIRST_DELAY
        return self.ended

    def start_later(self) -> None:
        """Plan to start it again."""
        self.restarts += 1
        self.due = monotonic() + self.delay
        self.delay = min(2 * self.delay, MOST_DELAY)


def _run_each(commands: Mapping[str, Sequence[str]], respawn: bool, server: Sequence[str]) -> int:
    """
    Run processes until all have ended or this one is told to; tell of those that end alone.

    A discovery server is always started again, and alone keeps nothing up but itself.
    """
    processes: list[_Process] = []
    ending = False

    def end(number: int = 0, frame: FrameType | None = None) -> None:
        nonlocal ending
        if not ending:
            ending = True
            signal.alarm(PATIENCE)
            for one in processes:
                one.process.terminate()
                one.due = inf

    def kill(number: int, frame: FrameType | None) -> None:
        for one in processes:
            one.process.kill()

    before = {number: signal.signal(number, end) for number in ending_signals()}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, kill)
    failed = False
    try:
        for name, command in {**({'the discovery server': server} if server else {}),
                              **commands}.items():
            if not ending:
                processes.append(_Process(name, command, respawn or command is server))
        while True:
            if commands and all(one.ended is not None and one.due == inf
                                for one in processes if one.name in commands):
                end()
            running = {one.fd: one for one in processes if one.ended is None}
            if ending:  # the signal may have come while one of them was being started
                for one in running.values():
                    one.process.terminate()
            due = min((one.due for one in processes), default=inf)
            if not running and (ending or due == inf):
                return 1 if failed else 0
            # Not for ever: a signal between the look at `ending` and here must not be slept over.
            ready = select.select(list(running), [], [], max(0.0, min(1.0, due - monotonic())))[0]
            for one in map(running.__getitem__, ready):
                code = one.reap()
                failed |= bool(code) and not (ending and code == -signal.SIGTERM)
                if not ending:
                    if one.respawn:
                        one.start_later()
                    print(f'{one.name} has ended by itself '
                          + (f'with exit code {code}' if code >= 0 else f'by signal {-code}')
                          + (f'; it starts again in {one.due - monotonic():.0f} s'
                             if one.respawn else ''), file=sys.stderr, flush=True)
            for one in processes:
                if not ending and monotonic() >= one.due:
                    one.start()
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
