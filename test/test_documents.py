# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Documents against each other and against the catalog."""

from pathlib import Path
import re

import pytest

from camera_driver.catalog import BUILT_IN

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob('*.md'), *(ROOT / 'docs').rglob('*.md')])
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')


def name(page):
    """Return a page's path as the tests show it."""
    return str(page.relative_to(ROOT))


def prose(page):
    """Return a page without its code, in which brackets are no links."""
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r'`[^`\n]*`', 'code', text)


def anchors(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r'^#+ (.*)$', page.read_text(), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('page', [*PAGES, *(ROOT / 'examples').rglob('*.md')], ids=name)
def test_links_lead_somewhere(page):
    broken = []
    for link in LINK.findall(prose(page)):
        path, _, anchor = link.partition('#')
        if '://' in link:
            continue
        target = page.parent / path if path else page
        if not target.exists() or anchor and anchor not in anchors(target):
            broken.append(link)
    assert not broken


def test_the_index_names_every_document():
    # The protocols as a folder.
    index = ROOT / 'docs' / 'README.md'
    linked = {(index.parent / link).resolve() for link in LINK.findall(prose(index))}
    assert {page for page in PAGES if page.parent.name != 'protocols' and page != index} <= linked


def test_the_tests_that_a_page_names_are_there():
    named = re.findall(r'`(test/[\w/]+\.py)::(\w+)`', (ROOT / 'docs' / 'ros.md').read_text())
    assert len(named) > 20
    missing = []
    for path, test in named:
        file = ROOT / path
        if not file.exists() or f'\ndef {test}(' not in file.read_text():
            missing.append(f'{path}::{test}')
    assert not missing


def test_readme_says_which_device_types_are_there():
    rows = re.findall(r'^\| \[`(\w+)`\]\(docs/(\w+)\.md\) \|', (ROOT / 'README.md').read_text(),
                      re.MULTILINE)
    assert rows == [(kind, kind) for kind in BUILT_IN]
