# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The results of a report as JUnit XML, for continuous integration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from camera_driver.conform.facts import Verdict

SKIPPED = (Verdict.NOT_SUPPORTED.value, Verdict.NOT_TRIED.value)


def junit(about: Mapping[str, Any], results: Mapping[str, Any]) -> bytes:
    """Return a test suite with one case for each fact; what is refuted has failed."""
    facts = results['facts']
    suite = ElementTree.Element(
        'testsuite', name=f'camera_driver.conform.{about["type"]}', tests=str(len(facts)),
        failures=str(sum(one['verdict'] == Verdict.REFUTED.value for one in facts)), errors='0',
        skipped=str(sum(one['verdict'] in SKIPPED for one in facts)),
        timestamp=str(about.get('date', '')).removesuffix('Z'))
    for one in facts:
        case = ElementTree.SubElement(suite, 'testcase', classname=about['type'],
                                      name=f'{one["id"]} {one["says"]}')
        if one['verdict'] == Verdict.REFUTED.value:
            seen = 'nothing' if one['seen'] is None else one['seen'] or 'an empty answer'
            failure = ElementTree.SubElement(case, 'failure', type='refuted', message=one['why'])
            failure.text = (f'question {one["question"]}, answer {seen}, lines '
                            f'{", ".join(map(str, one["lines"]))} of trace.log')
        elif one['verdict'] in SKIPPED:
            ElementTree.SubElement(case, 'skipped', message=f'{one["verdict"]}: {one["why"]}')
    return bytes(ElementTree.tostring(suite, 'utf-8', xml_declaration=True))
