# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What documents and parameter files say of the nodes, against the nodes."""

import os
from pathlib import Path
import re
import subprocess
import sys

from ament_index_python.packages import get_package_share_directory
from domains import own_domain
import pytest
from rclpy.action import get_action_server_names_and_types_by_node
from rclpy.parameter import Parameter
import yaml

from camera_driver.catalog import BUILT_IN
from camera_driver.model import Access

ROOT = Path(__file__).resolve().parents[2]
EVERY_NODE = {'lifecycle_msgs', 'rcl_interfaces', 'type_description_interfaces'}  # has these


def parameters(text):
    """Return the parameters of a parameter file."""
    return yaml.safe_load(text)['/**']['ros__parameters']


def test_generated_documents_are_up_to_date():
    result = subprocess.run([sys.executable, 'tools/documents.py', '--check'], cwd=ROOT,
                            capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_policies_are_those_of_the_nodes():
    with own_domain() as domain:
        result = subprocess.run([sys.executable, 'tools/policies.py', '--check'], cwd=ROOT,
                                capture_output=True, text=True,
                                env={**os.environ, 'ROS_DOMAIN_ID': str(domain)})
    assert (result.returncode, result.stdout) == (0, ''), result.stderr


@pytest.mark.parametrize('kind', BUILT_IN.values(), ids=list(BUILT_IN))
def test_parameter_file(kind):
    """All parameters with their defaults; the settings commented out, with good values."""
    text = (ROOT / 'config' / f'{kind.name}.yaml').read_text()
    device = kind.device_class()
    options = kind.node_class().parameters()
    assert parameters(text) == {
        option.name: [] if option.many else option.default for option in options}
    everything = parameters(re.sub(r'^    # (\w+: \S+)$', r'    \1', text, flags=re.MULTILINE))
    settings = {one.name: one for one in device.SETTINGS
                if one.access is not Access.READ_ONLY and not one.momentary}
    assert set(everything) == {option.name for option in options} | set(settings)
    for name, setting in settings.items():
        assert setting.validate(everything[name]) == everything[name]


def test_what_the_commands_in_documents_name_is_installed():
    share = Path(get_package_share_directory('camera_driver'))
    named = {name for page in (ROOT / 'README.md', *(ROOT / 'docs').glob('*.md'))
             for name in re.findall(r'\b(?:config|examples)/[a-z_]+\.(?:yaml|py)\b',
                                    page.read_text())}
    assert {'config/rig.yaml', 'config/rig_all.yaml', 'examples/save_images.py'} <= named
    assert not [name for name in named if not (share / name).is_file()]


def test_interface_in_documents(ros, tmp_path, monkeypatch):
    """The tables name what the nodes offer, with its types; the README a part of it."""
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    offered = set()
    for kind in BUILT_IN.values():
        node = ros.add(kind.node_class()(context=ros.context, parameter_overrides=[
            Parameter('autostart', value=False), Parameter('port', value='/dev/none')]))
        who = (node.get_name(), node.get_namespace())
        found = (node.get_publisher_names_and_types_by_node(*who)
                 + node.get_service_names_and_types_by_node(*who)
                 + get_action_server_names_and_types_by_node(node, *who))
        offered |= {(name.replace(node.get_fully_qualified_name(), '~', 1), types[0])
                    for name, types in found
                    if '/_action/' not in name and types[0].split('/')[0] not in EVERY_NODE}
    listed, mentioned = (set(re.findall(
        r'^\| `([~/]\S+)` \| (\w+/(?:msg|srv|action)/\w+) \|', (ROOT / name).read_text(),
        re.MULTILINE)) for name in ('docs/interface.md', 'README.md'))
    assert offered == listed
    assert mentioned and mentioned <= offered


def test_no_comment_follows_a_text():
    """Some readers of definitions, unlike rosidl, take it for a part of the text."""
    wrong = [f'{path.name}: {line}' for folder in ('msg', 'srv', 'action')
             for path in (ROOT / folder).iterdir() for line in path.read_text().splitlines()
             if re.match(r'string \w+=[^#]*#', line)]
    assert not wrong
