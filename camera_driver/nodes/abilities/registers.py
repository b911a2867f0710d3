# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Raw registers: `~/read_register`, `~/write_register`."""

from array import array

from camera_driver import srv
from camera_driver.abilities import HasRegisters
from camera_driver.errors import Forbidden
from camera_driver.nodes.base import DeviceNode, Part


class Registers(Part[HasRegisters]):
    """The registers of a device, by number."""

    ABILITY = HasRegisters

    def __init__(self, node: DeviceNode) -> None:
        super().__init__(node)
        node.serve(srv.ReadRegister, '~/read_register', self._read_register)
        node.serve(srv.WriteRegister, '~/write_register', self._write_register, in_mission=False)

    def _read_register(self, request: srv.ReadRegister.Request,
                       response: srv.ReadRegister.Response) -> None:
        kind = 'bytes' if request.text else 'int'
        value = self.run(f'reading register {request.register_number}',
                         lambda camera: camera.read_register(request.register_number, kind))
        if isinstance(value, int):
            response.value = value
        else:
            response.data = array('B', value)

    def _write_register(self, request: srv.WriteRegister.Request,
                        response: srv.WriteRegister.Response) -> None:
        if not self.node.parameter('allow_raw_writes'):
            raise Forbidden('raw writes are locked; start the node with allow_raw_writes: true')
        value = bytes(request.data) if request.text else request.value
        self.command(f'writing register {request.register_number}',
                     lambda camera: camera.write_register(request.register_number, value),
                     raw=True)
