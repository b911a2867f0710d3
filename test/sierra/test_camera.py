# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""A sierra camera in a photographer's words: its model."""

import pytest

from camera_driver.devices.sierra.models import find_model


@pytest.mark.parametrize('text, name', [
    (('AGFA', 'ePhoto 780C'), 'agfa-780c'), (('EPSON', 'PhotoPC 650'), 'epson-650'),
    (('EPSON', 'PhotoPC 800'), 'epson'), (('NIKON', 'E880'), 'nikon-880'),
    (('NIKON', 'E950'), 'nikon'),
    (('NIKON', 'E2500'), 'nikon-2500'), (('OLYMPUS', 'C-3040Z'), 'olympus-c3040z'),
    (('OLYMPUS', 'C-2100UZ'), 'olympus-c2020z'), (('OLYMPUS', 'C-2000Z'), 'olympus'),
    (('OLYMPUS OPTICAL CO.,LTD', 'C750UZ'), 'olympus-c750uz'),
    (('EPSON', 'PhotoPC 3000Z'), 'epson-3000z'), (('OLYMPUS', 'C-990Z'), 'olympus-c990z'),
    (('SANYO', 'VPC-G250'), 'sanyo-g250'), (('TOSHIBA', 'PDR-M61'), 'toshiba-m6x'),
    (('', ''), 'generic'), (('Somebody', 'X-1'), 'generic')])
def test_models_are_found_by_what_the_camera_says(text, name):
    assert find_model(*text).name == name
