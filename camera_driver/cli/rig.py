# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver rig`: a rig as a whole, wherever its nodes run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import shlex
from typing import TYPE_CHECKING

from camera_driver.cli.output import Output, table
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.cli.up import needs_ros
from camera_driver.machines import apply, Network

if TYPE_CHECKING:
    from camera_driver.nodes.listening import Heard
    from camera_driver.rig import RigDevice

OFF = 0.5  # s between two clocks, and more than messages take on a network that works
UNIT = """\
# {place}
[Unit]
Description=Cameras of {rig}{machine}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess={access}
{watchdog}User={user}
SupplementaryGroups=dialout video
ExecStart=/bin/bash -c {command}
Restart=always
RestartSec=1
TimeoutStopSec=30

# It opens serial ports and video devices, talks over the network, and writes below its home.
DevicePolicy=closed
DeviceAllow=char-ttyUSB rw
DeviceAllow=char-ttyACM rw
DeviceAllow=char-ttyS rw
DeviceAllow=char-video4linux rw
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=full
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0027

[Install]
WantedBy=multi-user.target
"""
TEMPLATE = 'camera_driver@.service'


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
status   what each device of the file says of itself, and which are not heard; exit code 0 when
         all are ready or busy, else 1
env      the environment in which `ros2` and other tools find the rig, for eval
units    a unit of systemd for each machine

examples:
  camera-driver rig status rig.yaml
  eval "$(camera-driver rig env rig.yaml)"
  camera-driver rig units rig.yaml
"""
    parser.add_argument('what', choices=('status', 'env', 'units'), metavar='status|env|units')
    parser.add_argument('rig', metavar='RIG', type=Path, help='the file that describes the rig')
    parser.add_argument('--namespace', default='', metavar='NAME',
                        help='in front of that of the file, as for `up`')
    parser.add_argument('--timeout', type=float, default=5.0, metavar='S',
                        help='of status: how long to listen (default: %(default)g s)')
    parser.add_argument('--user', default='pilot', metavar='NAME',
                        help='of units: who runs the nodes (default: %(default)s)')
    parser.set_defaults(run=run, middleware=True)


def run(args: Arguments, out: Output) -> int:
    """Show what is asked for."""
    try:
        from camera_driver.nodes.listening import hear
        from camera_driver.rig import read
    except ImportError as error:
        raise needs_ros('a rig', error) from None
    # As if simulated: how it was started, and at which ports, is not asked here.
    rig = read(args.rig, True, args.namespace)
    network = rig.network
    if args.what == 'env':
        out.show(network.environment(), '\n'.join(shell(network.environment())))
        return 0
    if args.what == 'units':
        units = {machine: unit(args.rig, machine, args.user, rig.processes)
                 for machine in network.hosts or ['']}
        out.show(units, '\n'.join(units.values()).rstrip())
        return 0
    apply(network.environment())
    with out.note(f'listening for {args.timeout:g} s at most'):
        heard = hear([device.full_name for device in rig.devices], args.timeout)
    return status(rig.devices, network, heard, out)


def status(devices: tuple[RigDevice, ...], network: Network, heard: Mapping[str, Heard],
           out: Output) -> int:
    """Show what was heard of each device, and return the exit code."""
    rows, document, well = [], {}, True
    for device in devices:
        one = heard[device.full_name]
        state, remark = one.state or 'not heard', ''
        if one.status is not None:
            remark = one.status.activity or one.status.last_error
            if one.offset is not None and abs(one.offset) > OFF:
                remark = '; '.join(filter(None, [clock(one.offset), remark]))
        good = state in ('READY', 'BUSY')
        well &= good
        rows.append([device.full_name, device.type, *([device.machine] if network.hosts else []),
                     state, remark])
        document[device.full_name] = {
            'type': device.type, 'machine': device.machine, 'state': state, 'remark': remark,
            'clock_offset': one.offset}
    silent = [f'{machine} ({host}): none of its devices is heard; is it on, and does '
              '`camera-driver up` run there?'
              for machine, host in network.hosts.items()
              if any(device.machine == machine for device in devices)
              and not any(heard[device.full_name].messages for device in devices
                          if device.machine == machine)]
    header = ['device', 'type', *(['machine'] if network.hosts else []), 'state', 'remark']
    out.show({'well': well, 'devices': document}, '\n'.join([table(header, rows), *silent]))
    return 0 if well else 1


def clock(offset: float) -> str:
    """Say that two clocks differ."""
    if offset < 0:
        return f'its clock is {-offset:.1f} s ahead of this one'
    return f'its clock is behind this one, or its messages are late, by {offset:.1f} s'


def shell(variables: Mapping[str, str | None]) -> list[str]:
    """Return lines for a shell."""
    return [f'unset {name}' if value is None else f'export {name}={shlex.quote(value)}'
            for name, value in variables.items()]


def unit(rig: Path, machine: str, user: str, processes: str) -> str:
    """Return the unit of systemd that starts a machine's share of a rig."""
    command = (f'. {shlex.quote(setup_script())} && exec camera-driver up '
               f'{shlex.quote(str(rig.absolute()))}')
    if machine:
        command += f' --machine {machine}'
    return _unit('/etc/systemd/system/cameras.service' + (f' on {machine}' if machine else ''),
                 rig.name, f', {machine}' if machine else '', user, command, processes)


def template() -> str:
    """Return the unit for any rig file below /etc/camera_driver (config/systemd)."""
    return _unit(f'/etc/systemd/system/{TEMPLATE}', '%i.yaml', '', 'pilot',
                 '. /etc/camera_driver/setup.bash && exec camera-driver up '
                 '/etc/camera_driver/%i.yaml', 'each')


def _unit(place: str, rig: str, machine: str, user: str, command: str, processes: str) -> str:
    one = processes == 'one'  # then the process itself says that it lives
    return UNIT.format(place=place, rig=rig, machine=machine, user=user,
                       command=shlex.quote(command), access='main' if one else 'all',
                       watchdog='WatchdogSec=30\n' if one else '')


def setup_script() -> str:
    """Return the script that sets up the workspace in which this package is."""
    from ament_index_python.packages import get_package_prefix
    prefix = Path(get_package_prefix('camera_driver'))
    for folder in (prefix.parent, prefix):
        for name in ('setup.bash', 'setup.sh', 'local_setup.bash'):
            if (folder / name).is_file():
                return str(folder / name)
    return str(prefix / 'setup.bash')
