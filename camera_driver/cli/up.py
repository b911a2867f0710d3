# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver up`: the nodes of a rig."""

from __future__ import annotations

from argparse import REMAINDER
from collections.abc import Sequence
from concurrent.futures import as_completed, ThreadPoolExecutor
import signal
import subprocess
import sys
from types import FrameType
from typing import TYPE_CHECKING

from camera_driver.cli.interrupt import SIGNALS
from camera_driver.cli.output import Output
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.errors import NotSupported

if TYPE_CHECKING:
    from camera_driver.rig import Rig

PATIENCE = 10  # s that nodes have to end after a signal; they need 3 at most


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
"""
    parser.add_argument('rig', metavar='RIG.yaml', help='the rig file')
    parser.add_argument('--simulate', action='store_true',
                        help='simulate every device, whatever the file says')
    parser.add_argument('--processes', choices=PROCESSES,
                        help='all nodes in one process, or one process for each (default: as the '
                        'file says, else one)')
    parser.add_argument('--ros-args', nargs=REMAINDER, default=[], metavar='...',
                        help='what follows is for ROS and holds for all nodes')
    parser.set_defaults(run=run)


def run(args: Arguments, out: Output) -> int:
    """Run the nodes of a rig until SIGINT or SIGTERM."""
    from camera_driver.rig import read
    try:
        from camera_driver.nodes.main import command, run_rig, set_large_images
    except ImportError as error:
        raise NotSupported(f'a rig needs ROS 2 and this package built with it ({error}): make '
                           'setup && . install/setup.sh, or source its workspace') from None
    rig = read(args.rig, args.simulate)
    ros_arguments: list[str] = args.ros_args
    if args.verbose:
        ros_arguments = ['--log-level', 'camera_driver:=debug', *ros_arguments]
    each = (args.processes or rig.processes) == 'each'
    out.show({device.full_name: {'type': device.type, 'parameters': dict(device.parameters)}
              for device in rig.devices},
             'Starting ' + ', '.join(f'{device.full_name} ({device.type})'
                                     for device in rig.devices) + '. Ctrl-C ends.')
    if not each:
        return int(run_rig(rig, ros_arguments))
    set_large_images()
    return _run_each(rig, [[*command(device.type), *device.arguments(), *ros_arguments]
                           for device in rig.devices])


def _run_each(rig: Rig, commands: Sequence[Sequence[str]]) -> int:
    """Run one process for each device until all have ended; tell of those that end alone."""
    processes: list[subprocess.Popen[bytes]] = []
    ending = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal ending
        if not ending:
            ending = True
            signal.alarm(PATIENCE)
            for process in processes:
                process.terminate()

    def kill(number: int, frame: FrameType | None) -> None:
        for process in processes:
            process.kill()

    # Each in a session of its own: Ctrl-C reaches them through here, and once.
    before = {number: signal.signal(number, end) for number in (*SIGNALS, signal.SIGHUP)}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, kill)
    failed = False
    try:
        for command in commands:
            if not ending:
                processes.append(subprocess.Popen(command, start_new_session=True))
        with ThreadPoolExecutor(len(processes) or 1) as pool:
            names = {pool.submit(process.wait): device.full_name
                     for process, device in zip(processes, rig.devices)}
            for future in as_completed(names):
                code = future.result()
                if code and not (ending and code == -signal.SIGTERM):
                    failed = True
                if not ending:
                    print(f'{names[future]} has ended by itself '
                          + (f'with exit code {code}' if code >= 0 else f'by signal {-code}'),
                          file=sys.stderr, flush=True)
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
    return 1 if failed else 0
