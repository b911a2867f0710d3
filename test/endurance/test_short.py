# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A little of everything that `make endurance` does for hours."""

from endurance import decoders, load, pictures, recovery, soak
from endurance.parts import PARTS
from endurance.report import BEGIN, DOCUMENT, END
from endurance.rigs import rig
import pytest

from camera_driver.catalog import BUILT_IN


def test_every_part_has_its_place_in_the_document():
    text = DOCUMENT.read_text()
    assert all(BEGIN.format(name) in text and END.format(name) in text for name in PARTS)


@pytest.mark.parametrize('name', BUILT_IN)
def test_a_decoder_takes_any_noise(name):
    result = decoders.run(name, 150_000, 1)
    assert result.frames > result.damaged > 0


@pytest.mark.parametrize('name', pictures.CAMERAS)
@pytest.mark.parametrize('fault', pictures.FAULTS)
def test_no_picture_is_wrong(name, fault):
    tally = pictures.run(name, fault, [7], reread=True)
    assert not tally.wrong and tally.verdicts.total() == 1


def test_what_no_checksum_tells_is_told_from_what_one_does():
    data = bytearray(pictures.picture())
    data[0], data[2] = data[2], data[0]
    assert pictures.undetectable('sierra', bytes(data))
    assert pictures.undetectable('fuji_mx', bytes(data))
    data[0] ^= 1
    assert not pictures.undetectable('sierra', bytes(data))
    assert not pictures.undetectable('fuji_mx', bytes(data[:-1]))


def test_a_slope_has_its_error():
    assert soak.slope([0, 1, 2, 3], [5, 7, 9, 11]) == pytest.approx((2, 0))
    rise, error = soak.slope([0, 1, 2, 3], [0, 1, 0, 1])
    assert 0 < rise < error


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_rig_under_load_at_work_unplugged_and_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(soak, 'UNPLUG', 1.0)
    monkeypatch.setattr(load, 'CLIENTS', 3)
    with rig(tmp_path, {'nadir': 'sierra', 'rear': 'ix_link'}) as one:
        worked = soak.run(one, 2.2, 1)
        assert not worked.problems and worked.asked.total() >= 2 and worked.unplugged
        assert not recovery.unplugs(one, 'rear', 1, 1).problems
        loaded = load.run(one, 'nadir', 1.0, 1)
        assert not loaded.lost and any(loaded.times.values()) and loaded.cancelled > 0
