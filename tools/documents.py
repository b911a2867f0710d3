# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Write what documents say of parameters and of evidence, so that neither can drift.

    . install/setup.sh
    python3 tools/documents.py           # write them
    python3 tools/documents.py --check   # change nothing; 1: some are out of date

These are config/<type>.yaml, and in docs/<type>.md and docs/protocols/<type>.md what lies between
the two markers.
"""

from pathlib import Path
import re
import sys
import textwrap

import yaml

from camera_driver.catalog import BUILT_IN
from camera_driver.conform.evidence import Evidence
from camera_driver.conform.report import read
from camera_driver.model import Access

ROOT = Path(__file__).resolve().parent.parent
BEGIN = '<!-- Written by tools/documents.py from the declarations. -->'
RESTS = '<!-- Written by tools/documents.py from reports/. -->'
END = '<!-- End of what tools/documents.py writes. -->'

KINDS = {bool: 'bool', int: 'integer', float: 'float', str: 'string'}

HEAD = """\
# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
#
# All parameters of {name}_node. Written by tools/documents.py from the declarations: copy this
# file, keep what you change, and start with params_file:=COPY.
/**:
  ros__parameters:
"""
CONFIGURATION = (
    'Configuration. The values here are the defaults. What can be set at run time says so in the '
    "table of the type's page.")
SETTINGS = (
    "The camera's settings. What stands here is written to it whenever it is connected; what does "
    'not stand here is left as the camera has it, and read. All can be set at run time as well, '
    'and a model may lack some. A value that has no word is written as raw:17.')


def main(check):
    """Write all documents, or say which are out of date; returns the exit code."""
    stale = []
    reports = [read(path) for path in sorted((ROOT / 'reports').glob('*.zip'))]
    for name, kind in BUILT_IN.items():
        node, device = kind.node_class(), kind.device_class()
        options = node.parameters()
        page = ROOT / 'docs' / f'{name}.md'
        protocol = ROOT / 'docs' / 'protocols' / f'{name}.md'
        evidence = Evidence(kind, reports)
        written = {
            ROOT / 'config' / f'{name}.yaml': configuration(name, options, device.SETTINGS),
            page: between_markers(page.read_text(), page, tables(options, device.SETTINGS)),
            protocol: between_markers(protocol.read_text(), protocol,
                                      facts(kind.unproven(), evidence))}
        written[page] = between_markers(written[page], page, evidence.sentence(), RESTS)
        for path, text in written.items():
            if path.is_file() and path.read_text() == text:
                continue
            stale.append(str(path.relative_to(ROOT)))
            if not check:
                path.write_text(text)
    for path in stale:
        print(f'{path}: {"out of date; run tools/documents.py" if check else "written"}')
    return 1 if check and stale else 0


def configuration(name, options, settings):
    """Return the parameter file of a device type."""
    lines = [HEAD.format(name=name), *comment(CONFIGURATION)]
    for option in options:
        lines += ['\n', *comment(explanation(option)),
                  f'    {option.name}: {scalar(default(option))}\n']
    if settings:
        lines += ['\n', *comment(SETTINGS)]
    for setting in settings:
        if setting.access is not Access.READ_ONLY and not setting.momentary:
            lines += ['\n', *comment(explanation(setting)),
                      f'    # {setting.name}: {scalar(example(setting))}\n']
    return ''.join(lines)


def tables(options, settings):
    """Return the Markdown tables of parameters and settings."""
    rows = ['| parameter | type | default | allowed | can be set | what it does |',
            '|---|---|---|---|---|---|']
    rows += [f'| `{one.name}` | {kind(one)} | `{scalar(default(one))}` | {allowed(one)} | '
             f'{one.when.value} | {described(one)} |' for one in options]
    if settings:
        rows += ['', '| setting | type | allowed | access | what it is | source |',
                 '|---|---|---|---|---|---|']
    rows += [f'| `{one.name}` | {kind(one)} | {allowed(one)} | {access(one)} | '
             f'{described(one)} | {one.source} |' for one in settings]
    return '\n'.join(rows)


def facts(unproven, evidence):
    """Return the Markdown table of the facts that are to be proven, and what is known of them."""
    rows = [evidence.sentence('../'), '',
            '| number | what is said | confirmed by | refuted by | level | reports |',
            '|---|---|---|---|---|---|']
    rows += [f'| {one.id} | {one.says} | {one.confirms} | {one.refutes} | '
             f'{one.level.value if one.level else ""} | {evidence.of(one.id)} |'
             for one in unproven]
    return '\n'.join(rows)


def between_markers(whole, page, text, begin=BEGIN):
    """Return the text of a page with what is between its markers replaced."""
    pattern = re.compile(f'{re.escape(begin)}.*?{re.escape(END)}', re.DOTALL)
    new, count = pattern.subn(lambda _: f'{begin}\n\n{text}\n\n{END}', whole)
    if count != 1:
        raise SystemExit(f'{page}: needs one pair of markers:\n{begin}\n{END}')
    return new


def comment(text):
    """Return a comment, wrapped and indented."""
    return [f'    # {line}\n' for line in textwrap.wrap(text, 90, break_on_hyphens=False)]


def explanation(setting):
    """Return what a setting is and, where its type does not say so, what it can be."""
    plain = setting.kind is bool or setting.allowed == 'text'
    return described(setting) + ('' if plain else f'. Allowed: {allowed(setting)}')


def described(setting):
    """Return the description with the unit."""
    return setting.description + (f' [{setting.unit}]' if setting.unit else '')


def kind(setting):
    """Return the type of a parameter."""
    return KINDS[setting.kind] + '[]' * setting.many


def default(option):
    """Return the default of an option."""
    return [] if option.many else option.default


def allowed(setting):
    """Return what is allowed; the words of some settings only the model tells."""
    return ('' if setting.words or setting.words is None else "the model's words, "
            ) + setting.allowed


def access(setting):
    """Return what can be done with a setting."""
    return setting.access.value + (', at once' if setting.momentary else '')


def example(setting):
    """Return a value that is allowed."""
    if setting.words is not None:
        return next(iter(setting.words), 'raw:1')
    if setting.kind in (int, float):
        return setting.kind(max(0, setting.minimum or 0))
    return setting.kind()


def scalar(value):
    """Return a value as YAML."""
    return yaml.safe_dump(value).removesuffix('...\n').strip()


if __name__ == '__main__':
    sys.exit(main('--check' in sys.argv[1:]))
