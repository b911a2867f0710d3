# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Bags of a flight, written by rosbags."""

import math

import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

TYPES = get_typestore(Stores.ROS2_JAZZY)
KINDS = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}


def make(kind, **fields):
    """Return a message of a type, such as sensor_msgs/msg/Imu."""
    return TYPES.types[kind](**fields)


def header(time):
    """Return a header with a stamp [s]."""
    whole, part = divmod(round(time * 1e9), 10 ** 9)
    return make('std_msgs/msg/Header', frame_id='base_link', stamp=make(
        'builtin_interfaces/msg/Time', sec=whole, nanosec=part))


def fix(time, latitude, longitude, height, status=0):
    """Return a NavSatFix with an accuracy of 2 and 4 cm."""
    return make('sensor_msgs/msg/NavSatFix', header=header(time), latitude=latitude,
                longitude=longitude, altitude=height,
                status=make('sensor_msgs/msg/NavSatStatus', status=status, service=1),
                position_covariance=np.diag([0.0004, 0.0004, 0.0016]).ravel(),
                position_covariance_type=3)


def imu(time, yaw, pitch, roll):
    """Return an Imu with angles [deg] of the body: north to east, nose up, right wing down."""
    (cr, cp, cy), (sr, sp, sy) = ([f(math.radians(angle) / 2)
                                   for angle in (roll, -pitch, 90 - yaw)]
                                  for f in (math.cos, math.sin))
    nothing = make('geometry_msgs/msg/Vector3', x=0.0, y=0.0, z=0.0)
    return make('sensor_msgs/msg/Imu', header=header(time), orientation=make(
        'geometry_msgs/msg/Quaternion', w=cr * cp * cy + sr * sp * sy,
        x=sr * cp * cy - cr * sp * sy, y=cr * sp * cy + sr * cp * sy,
        z=cr * cp * sy - sr * sp * cy), orientation_covariance=np.zeros(9),
        angular_velocity=nothing, angular_velocity_covariance=np.zeros(9),
        linear_acceleration=nothing, linear_acceleration_covariance=np.zeros(9))


def joints(time, **positions):
    """Return a JointState [rad]."""
    return make('sensor_msgs/msg/JointState', header=header(time), name=list(positions),
                position=np.array(list(positions.values())), velocity=np.array([]),
                effort=np.array([]))


def event(time):
    """Return a TimeReference."""
    return make('sensor_msgs/msg/TimeReference', header=header(time), source='hot shoe',
                time_ref=header(0.0).stamp)


def write_bag(folder, messages, kind='mcap'):
    """Write messages by their topics."""
    with Writer(folder, version=9, storage_plugin=KINDS[kind]) as writer:
        for topic, records in messages.items():
            name = records[0].__msgtype__
            connection = writer.add_connection(topic, name, typestore=TYPES)
            for number, record in enumerate(records):  # recorded at any other time
                writer.write(connection, 10 ** 9 * (1 + number), TYPES.serialize_cdr(record, name))
    return folder
