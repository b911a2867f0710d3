# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""The linters: ament's settings for flake8 and pep257, headers, types, wording, package.xml."""

from pathlib import Path
import re
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEADER = '# Copyright 2026 The camera_driver authors\n# SPDX-License-Identifier: Apache-2.0\n'
# Each in two parts, so that this file does not contain them.
UNFINISHED = re.compile('|'.join((
    r'TO' r'DO', r'FIX' r'ME', r'\bX' r'XX\b', r'\bW' r'IP\b', r'\bfor n' r'ow\b(?!\()',
    r'\bst' r'ub\b', r'place' r'holder', r'not impl' r'emented')))


def project_files():
    """Return the files that git tracks or would track; in an exported tree, all sources."""
    git = subprocess.run(
        ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        cwd=ROOT, capture_output=True, text=True)
    if git.returncode == 0:
        paths = [ROOT / name for name in git.stdout.split('\0') if name]
    else:
        paths = [path for path in ROOT.rglob('*') if not re.match(
            r'(\.venv|build|install|log|demo_output)/|.*(__pycache__|_cache/|\.egg-info)',
            str(path.relative_to(ROOT)))]
    return [path for path in paths if path.is_file()]


def run(*command):
    """Run a linter in the root of the project and fail with what it prints."""
    result = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        pytest.fail(result.stdout, pytrace=False)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_flake8():
    run(sys.executable, '-m', 'flake8')


@pytest.mark.long
@pytest.mark.timeout(300)
def test_mypy():
    run(sys.executable, '-m', 'mypy')


def test_package_xml():
    assert shutil.which('xmllint'), 'xmllint is missing: apt-get install libxml2-utils'
    files = [path for path in project_files() if path.suffix == '.xml']
    run('xmllint', '--noout', '--nonet', *files)


def test_headers():
    bare = [str(path.relative_to(ROOT)) for path in project_files() if path.suffix == '.py'
            and not re.sub(r'\A#!.*\n', '', path.read_text()).startswith(HEADER)]
    assert not bare, f'without the copyright header: {bare}'


def test_nothing_is_unfinished():
    found = []
    for path in project_files():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue  # a picture
        found += [f'{path.relative_to(ROOT)}:{number}: {line.strip()}'
                  for number, line in enumerate(lines, 1) if UNFINISHED.search(line)]
    assert not found, '\n'.join(found)
