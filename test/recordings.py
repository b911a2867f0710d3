# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Traces of what a driver does with a simulated device of each type."""

from camera_driver.abilities import HasClock, Routes, StoresImages, TakesPictures
from camera_driver.errors import DeviceError
from camera_driver.link.trace import TracingPort
from camera_driver.sim.loop import LoopPort


def session(kind, port):
    """Use a device, and return what came of it."""
    cls = kind.device_class()
    device = cls(port, {option.name: option.default for option in cls.OPTIONS})
    results = []

    def note(operation, *arguments):
        try:
            results.append(operation(*arguments))
        except DeviceError as error:
            results.append((type(error), str(error)))

    note(device.open)
    note(device.poll)
    for name in device.settings():
        note(device.get, name)
    if isinstance(device, TakesPictures):
        note(lambda: device.capture().image_index)
    if isinstance(device, StoresImages):
        note(device.list_images)
        note(lambda: device.download(1).data)
    if isinstance(device, HasClock):
        note(device.clock)
    if isinstance(device, Routes):
        for number in range(1, 9):
            note(device.preset, number)
            note(device.preset_name, number)
        note(device.trigger_preset, 1)
    results.append(device.statistics.damaged_frames)
    device.close()
    return results


def record(kind, path, simulator=None, **line):
    """Use a simulated device; return what came of it."""
    port = LoopPort(simulator or kind.simulator_class()(), kind.device_class().LINE, **line)
    return session(kind, TracingPort(port, path, kind.name, 0.0))
