# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Write the SROS 2 policies, config/security/TYPE.policy.xml, from what a node really has.

    . install/setup.sh
    python3 tools/policies.py           # write them
    python3 tools/policies.py --check   # change nothing; 1: some are out of date
"""

import os
from pathlib import Path
import sys
import tempfile
from xml.etree import ElementTree

import rclpy
from rclpy.action import get_action_server_names_and_types_by_node
from rclpy.parameter import Parameter

from camera_driver.catalog import BUILT_IN

FOLDER = Path(__file__).resolve().parent.parent / 'config' / 'security'
HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- Copyright 2026 The camera_driver authors -->
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Exactly what {0}_node has. Written by tools/policies.py; see docs/ros.md, Security. -->
"""
ACTION = '/_action/'


def main(check):
    """Write all policies, or say which are out of date; returns the exit code."""
    stale = []
    rclpy.init(args=[])
    with tempfile.TemporaryDirectory() as home:
        os.environ['ROS_HOME'] = home
        for name, kind in BUILT_IN.items():
            node = kind.node_class()(name, parameter_overrides=[
                Parameter('simulate', value=True), Parameter('autostart', value=False)])
            text = HEAD.format(name) + policy(node) + '\n'
            node.destroy_node()
            path = FOLDER / f'{name}.policy.xml'
            if path.is_file() and path.read_text() == text:
                continue
            stale.append(str(path.relative_to(FOLDER.parent.parent)))
            if not check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
    rclpy.try_shutdown()
    for path in stale:
        print(f'{path}: ' + ('out of date; run tools/policies.py' if check else 'written'))
    return 1 if check and stale else 0


def policy(node):
    """Return the policy of a node as XML."""
    who = node.get_name(), node.get_namespace()

    def names(found):
        own = f'/{who[0]}/'
        return sorted(f'~/{name.removeprefix(own)}' if name.startswith(own) else name
                      for name, _ in found if ACTION not in name)

    root = ElementTree.Element('policy', version='0.2.0')
    profiles = ElementTree.SubElement(ElementTree.SubElement(ElementTree.SubElement(
        root, 'enclaves'), 'enclave', path=f'/{who[0]}'), 'profiles')
    profile = ElementTree.SubElement(profiles, 'profile', ns='/', node=who[0])
    for kind, right, found in (
            ('action', 'execute', get_action_server_names_and_types_by_node(node, *who)),
            ('service', 'reply', node.get_service_names_and_types_by_node(*who)),
            ('service', 'request', node.get_client_names_and_types_by_node(*who)),
            ('topic', 'publish', node.get_publisher_names_and_types_by_node(*who)),
            ('topic', 'subscribe', node.get_subscriber_names_and_types_by_node(*who))):
        found = names(found)
        if found:
            entities = ElementTree.SubElement(profile, f'{kind}s', {right: 'ALLOW'})
            for name in found:
                ElementTree.SubElement(entities, kind).text = name
    ElementTree.indent(root)
    return ElementTree.tostring(root, 'unicode')


if __name__ == '__main__':
    sys.exit(main('--check' in sys.argv[1:]))
