# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""`camera-driver call` beside a node; in a process of its own, as a user has it."""

import json
import os
import shlex
import subprocess
import sys

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from helpers import wait_until
from node_rig import rig, sierra
import pytest
from sensor_msgs.srv import SetCameraInfo
from std_srvs.srv import Trigger
import yaml

from camera_driver.nodes.calling import filled
from camera_driver.nodes.sierra_node import SierraNode
from camera_driver.srv import Capture, DeleteImages, SetExposure

CALLS = """\
import contextlib, io, json, shlex, sys
from camera_driver.cli.main import main
from camera_driver.nodes import calling
for line in sys.stdin:
    calling.DISCOVERY = 1.0 if 'missing' in line else 10.0
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(shlex.split(line))
    print(json.dumps((code, out.getvalue(), err.getvalue())), flush=True)
"""
TAKE_PICTURE = b'\x02\x02'


def test_fields_of_a_request():
    request = filled(SetExposure.Request, {'exposure': {'iso': 100, 'aperture': 'low'}})
    assert (request.exposure.iso, request.exposure.aperture) == (100.0, 'low')
    assert list(filled(DeleteImages.Request, {'indices': [3, 4]}).indices) == [3, 4]
    status = filled(DiagnosticStatus, {'level': 2, 'values': [{'key': 'a', 'value': 'b'}]})
    assert (status.level, status.values) == (b'\2', [KeyValue(key='a', value='b')])
    assert filled(SetCameraInfo.Request, {'camera_info': {'k': [1] * 9}}).camera_info.k[8] == 1.0
    for kind, fields, complaint in (
            (Capture.Request, {'wait': 1.5}, r"type 'bool' \(given: 1.5\)"),
            (Capture.Request, True, r'True in place of fields, as in \{wait: \.\.\.\}'),
            (DeleteImages.Request, {'names': [False]}, "type 'str'"),
            (DeleteImages.Request, {'indices': [2**31]}, r'integer in \['),
            (SetExposure.Request, {'exposure': {'isso': 1}}, "no field 'isso'; there are "),
            (SetExposure.Request, {'exposure': {'iso': 'auto'}}, "type 'float'"),
            (Trigger.Request, {'now': True}, "no field 'now'; there are none")):
        with pytest.raises(ValueError, match=complaint):
            filled(kind, fields)


@pytest.mark.long
def test_call(tmp_path):
    with rig(SierraNode, sierra(), tmp_path) as one:
        process = subprocess.Popen(
            [sys.executable, '-c', CALLS], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**os.environ, 'ROS_DOMAIN_ID': str(one.domain)})

        def begin(*words):
            process.stdin.write(shlex.join(('call', *words)) + '\n')
            process.stdin.flush()

        def call(*words):
            begin(*words)
            return json.loads(process.stdout.readline())

        with process:
            code, out, err = call('/camera', 'capture', '{wait: true, max_delay: 30}')
            answer = yaml.safe_load(out)
            assert (code, err, answer['success'], answer['image_index']) == (0, '', True, 4)
            assert list(answer)[:3] == ['success', 'outcome_unknown', 'message']
            assert answer['stamp']['sec'] > 0 and len(one.simulator.shots) == 1

            code, out, err = call('camera', '~/delete_images', '{indices: [1]}', '--json')
            answer = json.loads(out)
            assert (code, answer['success']) == (1, False) and 'allow_delete' in answer['message']

            code, out, err = call('/camera', 'capture', '{wait: true')
            assert (code, out, err.count('\n')) == (2, '', 1) and ' is no YAML: ' in err
            code, out, err = call('/camera', 'captrue')
            assert (code, out, err.count('\n')) == (2, '', 1)
            assert "no service 'captrue'; it has capture, " in err
            code, out, err = call('/missing', 'capture', '--json')
            assert (code, json.loads(out)['exit_code']) == (4, 4)
            assert 'no node /missing here' in err

            one.terminal.do(one.simulator.log.clear)
            begin('/camera', 'capture', '{wait: true}')
            wait_until(lambda: any(command[:2] == TAKE_PICTURE
                                   for command in [*one.simulator.log]))
            one.terminal.unplug()
            code, out, err = json.loads(process.stdout.readline())
            assert (code, yaml.safe_load(out)['outcome_unknown']) == (8, True)
            process.stdin.close()
