# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What only a skycam has; the contract of all device types is tested in camera_driver."""

import pytest
from skycam.camera import SkyCamera
from skycam.codec import Decoder, encode, Line
from skycam.simulator import SkySimulator

from camera_driver.errors import OutcomeUnknown, Refused
from camera_driver.operations import Outcome, unrecorded
from camera_driver.sim.loop import LoopPort, Transcript


def wire(text):
    return encode(Line(*text.split('='))) if text else None


def test_codec():
    assert (wire('ID'), wire('GAIN=4')) == (b'$ID*0D\r', b'$GAIN=4*08\r')
    decoder, data = Decoder(), b'$ID*0D\r$ID*$GAIN=4*08\r$GAIN=5*08\r' + b'x' * 65
    found = [str(one).split(':')[0] for byte in data for one in decoder.feed(bytes([byte]))]
    assert found == ['ID', 'GAIN=4', 'damaged (damaged line)', 'damaged (no end)']


@pytest.mark.parametrize('said', ['', 'EXPOSE=18'], ids=['silent', 'begun'])
@pytest.mark.parametrize('count', [17, 18, 19])
def test_the_count_settles_a_doubt(count, said):
    port = Transcript([(wire(asked), wire(answer)) for asked, answer in (
        ('COUNT', 'COUNT=17'), ('EXPOSE', said), ('COUNT', f'COUNT={count}'))], SkyCamera.LINE)
    try:
        found = SkyCamera(port, {}).capture().settled
    except (Refused, OutcomeUnknown) as error:
        found = f'{type(error).__name__}: {error}'
    assert found.startswith({17: 'Refused', 18: 'Its', 19: 'OutcomeUnknown'}[count]) and port.done


def test_a_doubt_is_settled_in_a_later_session():
    simulator, kept = SkySimulator(), []
    camera = SkyCamera(LoopPort(simulator), {})
    camera.record = lambda evidence: kept.append(evidence) or unrecorded(evidence)
    with pytest.raises(OutcomeUnknown, match='unplugged'):
        camera.capture(lambda sent: camera.session.port.unplug())
    assert SkyCamera(LoopPort(simulator), {}).settle(*kept).outcome is Outcome.DONE
