# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What may differ from one simulated Sierra camera to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from camera_driver.devices.sierra.simulator.card import Frame


@dataclass(frozen=True)
class Resolution:
    """What the camera makes at one value of register 1; `size` [bytes] is what it reckons with."""

    width: int
    height: int
    size: int


@dataclass(frozen=True)
class Options:
    """
    What may differ from camera to camera: the keyword arguments of `SierraSimulator`.

    Records of whole models are in `simulator_models`.

    Sections are those of sierra.md; the models named are those that are known for it.
    """

    # Who it is; a serial number of None is answered with no data at all.
    manufacturer: str = 'SIMCORP'
    model_name: str = 'SIM-640'
    serial_number: str | None = 'SIM00001'
    firmware_version: str = 'v1.00'

    # What it holds. `folders` (path such as 'DCIM/100SIERR' -> frames) makes it a camera with
    # folders: pictures are recorded in the last one, and `frames` is not used.
    frames: Sequence[Frame] | None = None  # None: those of scene.stills()
    folders: Mapping[str, Sequence[Frame]] | None = None
    animations: Sequence[Frame] = ()
    memory_size: int = 8_000_000  # bytes for pictures and thumbnails
    battery: int = 87  # percent
    resolutions: Mapping[int, Resolution] = field(default_factory=lambda: {
        1: Resolution(320, 240, 36_000), 2: Resolution(640, 480, 85_000),
        3: Resolution(1024, 768, 165_000)})
    missing: Set[int] = frozenset()  # registers that are refused (Agfa 307: 51)
    summary_variant: str = 'A'  # of register 46: 'A', 'B' (4.4.2)
    empty: Set[int] = frozenset()  # registers that answer no data (many old models: 47)

    # Time [s].
    idle_timeout: float = 10.0  # 3.6
    exposure_duration: float = 1.0  # of actions 2 and 5, besides the exposure time

    # Speed and session.
    max_speed: int = 115200  # [baud]; codes above are refused
    garbles_above: int | None = None  # [baud]; faster speeds are accepted, the line is too bad
    refuses_same_speed: bool = False  # 3.4
    require_wakeup: bool = False  # no answer to commands before NUL
    wake_noise: int = 0  # as many ff answer the first NUL, and nothing else (1.3; Nikon)
    ends_at_19200: bool = False  # ff is sent after the change of speed, not before (3.6)
    ff_after_end: bool = False  # action 4 ends with ff (3.7)

    # Quirks.
    extended: bool = True  # command code 6 is answered, as 4 is; else refused (4.1, 9.4)
    no_folders: int = 0x11  # answer to a folder's name without folders (2.1; PhotoPC 500: 18)
    checksum: bytes | None = None  # of replies, whatever the data (2.2; Coolpix 880: ffff)
    ack_as_enq: bool = False  # 05 in place of the first 06 of an action (5.7; C-3030Z)
    done_code: int = 0x05  # 06 in place of 05 (5.7; C-4040Z)
    surplus_enq: bool = False  # one 05 more after an action (5.7)
    negative_length: bool = False  # register 12 (4.2; Coolpix 950)
    forgets_frame: bool = False  # register 4 holds for one reading (4.6; some Agfa)
    hangs_without_frame: bool = False  # else refused (4.6; D-600L)
