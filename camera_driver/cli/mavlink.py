# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver mavlink`: the cameras of a rig, for ground stations and autopilots."""

from __future__ import annotations

from contextlib import closing
import csv
from importlib.util import find_spec
import io
import os
from pathlib import Path

from camera_driver.cli.output import Output
from camera_driver.cli.parser import Arguments, Parser, UsageError
from camera_driver.cli.up import needs_ros
from camera_driver.errors import NotSupported, StorageError
from camera_driver.machines import apply

DEFAULT_LINK = 'udpout:127.0.0.1:14550'


def fill(parser: Parser) -> None:
    """Add the arguments."""
    parser.epilog = """\
The rig runs (`camera-driver up RIG`), here or on another computer; this offers each of its
cameras that takes pictures as a MAVLink camera. Ctrl-C ends it. With --list it says of each
picture, as CSV, whose command it was taken for, and ends; RIG is not needed.

examples:
  camera-driver mavlink rig.yaml
  camera-driver mavlink rig.yaml --link udpin:0.0.0.0:14550 --link /dev/ttyUSB0:57600
  camera-driver mavlink --list > pictures.csv
"""
    parser.add_argument('rig', metavar='RIG', nargs='?', help='the file that describes the rig')
    parser.add_argument('--link', action='append', metavar='LINK', dest='links',
                        help='udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or DEVICE:BAUD; '
                        f'any number (default: {DEFAULT_LINK})')
    parser.add_argument('--system-id', type=int, default=1, metavar='N',
                        help='of the vehicle: that of its autopilot (default: 1)')
    parser.add_argument('--signing-key', default='', metavar='FILE',
                        help='sign with the key in this file, and hear only what is signed')
    parser.add_argument('--lens', action='append', default=[], metavar='CAMERA=WxH,F',
                        help='width and height of the sensor and focal length [mm] of a camera, '
                        'by its full name, such as /survey/nadir=7.2x5.3,10.3')
    parser.add_argument('--definition-address', default='', metavar='HOST:PORT',
                        help='where stations fetch by HTTP what describes the settings (default: '
                        'by MAVLink FTP, which needs no address)')
    parser.add_argument('--store', default='', metavar='FILE', help='where pictures are numbered '
                        '(default: camera_driver/mavlink.sqlite3 in ROS_HOME)')
    parser.add_argument('--list', action='store_true',
                        help='print the pictures that were announced, and end')
    parser.add_argument('--namespace', default='', metavar='NAME',
                        help='in front of that of the file, as for `up`')
    parser.set_defaults(run=run)


def run(args: Arguments, out: Output) -> int:
    """Run the node until SIGINT or SIGTERM."""
    from camera_driver.abilities import TakesPictures
    from camera_driver.catalog import TYPES
    from camera_driver.rig import read
    if find_spec('pymavlink') is None:
        raise NotSupported('MAVLink needs pymavlink: python3 -m pip install pymavlink')
    if args.list:
        return _list(args, out)
    if not args.rig:
        raise UsageError('which rig? Name the file that describes it, or --list')
    try:
        from camera_driver.nodes.mavlink_camera_node import run as run_node
    except ImportError as error:
        raise needs_ros('a MAVLink camera', error) from None
    # As if simulated: how the rig was started, and at which ports, is not asked here.
    rig = read(args.rig, True, args.namespace)
    apply(rig.network.environment())
    names = [device.full_name for device in rig.devices
             if issubclass(TYPES[device.type].device_class(), TakesPictures)]
    if not names:
        raise ValueError(f'{args.rig}: none of its devices takes pictures')
    links = args.links or [DEFAULT_LINK]
    out.show({'cameras': names, 'links': links},
             f'{", ".join(names)} on {", ".join(links)}. Ctrl-C ends.')
    values = {'cameras': names, 'links': links, 'system_id': args.system_id,
              'signing_key_file': args.signing_key, 'store_file': args.store,
              'definition_address': args.definition_address, 'lenses': args.lens}
    return int(run_node(values, []))


def _list(args: Arguments, out: Output) -> int:
    """Show whose command each picture was taken for."""
    from camera_driver.mavlink.images import LISTED, Store
    path = Path(args.store or Path(os.environ.get('ROS_HOME') or Path.home() / '.ros',
                                   'camera_driver', 'mavlink.sqlite3'))
    if not path.is_file():
        raise StorageError(f'{path}: there is no such file; pictures are numbered there when a '
                           'camera has been offered by MAVLink; --store names another one')
    with closing(Store(path)) as store:
        rows = store.listed()
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows([LISTED, *rows])
    out.show([dict(zip(LISTED, row)) for row in rows], text.getvalue().rstrip())
    return 0
