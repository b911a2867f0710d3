# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Exposure events over DDS: each shot's stamp is its event, in event, ledger and geotag."""

from contextlib import contextmanager
import math

from diagnostic_msgs.msg import DiagnosticStatus
from helpers import wait_until
from node_rig import new_client, rig, sierra
from nodes.test_geotags import distance, Flying
from payload.flights import START
import pytest
from sensor_msgs.msg import TimeReference
from std_msgs.msg import Header

from camera_driver.msg import CaptureEvent
from camera_driver.nodes.abilities.exposure_events import ExposureEvents
from camera_driver.nodes.convert import seconds, time_message
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.payload.events import WAIT


class Flight(Flying):
    """A flight with a wire from the camera's hot shoe."""

    def __init__(self, one):
        super().__init__(one)
        self.events = one.listen(CaptureEvent, 'capture_event')
        self.exposures = one.client.create_publisher(TimeReference, '/exposure', 10)
        wait_until(self.exposures.get_subscription_count)

    def expose(self, t):
        """Publish an event; None: without a stamp."""
        self.exposures.publish(TimeReference(header=Header(stamp=time_message(
            0 if t is None else START + t))))

    def told_of_events(self, wanted):
        def found():
            return [one for message in self.diagnostics for one in message.status
                    if one.name == 'camera: exposure events' and wanted in one.message]

        state = wait_until(found)[-1]
        return state.level, {one.key: one.value for one in state.values}


@contextmanager
def flight(folder, **parameters):
    with rig(SierraNode, sierra(), folder, use_sim_time=True, geotag_fix_topic='/fix',
             exposure_event_topic='/exposure', exposure_event_uncertainty=0.001,
             **parameters) as one:
        yield Flight(one)


def test_the_event_is_the_stamp(tmp_path):
    with flight(tmp_path) as it:
        it.fly(-1, 1.2)
        it.run_to(1.0)
        shot_id = it.shoot()
        first, = wait_until(lambda: it.events)
        assert (first.stamp_source, first.update) == (CaptureEvent.STAMP_TRIGGER, False)
        it.run_to(1.1)
        assert not it.tags  # it waits
        it.expose(1.04)
        it.expose(1.04)
        it.expose(None)
        it.expose(1.9)  # of no shot; behind it nothing can be nearer
        update = wait_until(lambda: len(it.events) > 1 and it.events[1])
        assert (update.shot_id, update.update, update.success) == (shot_id, True, True)
        assert update.stamp_source == CaptureEvent.STAMP_EXPOSURE_EVENT
        assert seconds(update.header.stamp) - START == pytest.approx(1.04, abs=1e-6)
        assert update.stamp_uncertainty == 0.001
        tag = it.tag(shot_id)
        assert tag.header == update.header and tag.time == update.header.stamp
        assert max(distance(tag, it.flight.point(1.04))) < 0.005
        assert tag.horizontal_accuracy == pytest.approx(math.hypot(0.01, 15 * 0.001), rel=0.01)
        shot = it.recorded(shot_id)
        assert (shot.stamp_source, shot.stamp_uncertainty) == ('exposure_event', 0.001)
        assert shot.stamp - START == pytest.approx(1.04, abs=1e-6)

        # Without an event it is tagged all the same, by the estimate.
        it.run_to(3.0)
        it.fly(2.0, 4.0)
        lonely = it.shoot()
        it.run_to(3.1 + WAIT + 0.2)
        tag = it.tag(lonely)
        assert tag.status == tag.TAGGED and it.recorded(lonely).stamp_source == 'trigger'
        it.run_to(70.0)
        level, values = it.told_of_events(f'the last shot, {lonely}, has no event')
        assert level == DiagnosticStatus.WARN
        assert (values['events'], values['shots with an event']) == ('2', '1')
        assert values['shots without an event'] == '1'
        wait_until(lambda: it.told_of_events('')[1]['events of no shot'] == '1')
        assert values['dropped'] == '1 repeat a time, 1 without a stamp'

        # Two wires: nothing tells which is right.
        with new_client(domain=it.rig.domain) as client:
            client.create_publisher(TimeReference, '/exposure', 10)
            part = it.node.part(ExposureEvents)
            wait_until(lambda: part._dispute)
            it.expose(70.0)
            it.told_of_events('2 publishers on /exposure')
            wait_until(lambda: '1 from one of several publishers' in it.told_of_events(
                '2 publishers')[1]['dropped'])

        # What waits at the end is told of, with what has come.
        wait_until(lambda: not part._dispute)
        it.fly(70.0, 71.0)
        it.run_to(70.5)
        last = it.shoot()
        it.expose(70.53)
        wait_until(lambda: it.told_of_events('')[1]['events'] == '3')
        it.rig.end_node()
        assert it.recorded(last).stamp - START == pytest.approx(70.53, abs=1e-6)
        assert 'tag' in it.recorded(last).geotag
