# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A report: the evidence of one device, and what follows from it.

A zip file (docs/report.schema.json describes the two that are JSON):

==================  ===========================================================================
about.json          who made it with what, of which device, when, and what was done to it
trace.log           the wire trace, without names, serial numbers, passwords and pictures
results.json        what follows from trace.log (`judge`); nothing else goes into it
summary.txt         the same for people
pictures/...        where they are wanted, the pictures as they were
manifest.sha256     the SHA-256 of all these, as `sha256sum --check` takes it
manifest.sig        where wanted, the owner's signature of it, by `ssh-keygen -Y sign`
==================  ===========================================================================

A signature says who sent it; that the results are true anybody can compute again (`verify`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
import hashlib
import io
import json
import os
from pathlib import Path
import re
from typing import Any
import zipfile

from camera_driver.conform import judge as judging
from camera_driver.conform.facts import Fact, Verdict
from camera_driver.device_type import DeviceType
from camera_driver.errors import StorageError
from camera_driver.link import trace
from camera_driver.link.dialogue import dialogue, Said
from camera_driver.link.redaction import redacted

SCHEMA = 1
ABOUT, TRACE, RESULTS, SUMMARY = 'about.json', 'trace.log', 'results.json', 'summary.txt'
MANIFEST, SIGNATURE, PICTURES = 'manifest.sha256', 'manifest.sig', 'pictures/'
LARGEST = 256 * 1024 * 1024  # bytes; what claims to be larger is not unpacked
OLDEST = (1980, 1, 1, 0, 0, 0)  # of files in a zip: the same contents make the same file


@dataclass(frozen=True)
class Report:
    """What a report holds; `files` are all but manifest and signature, by name."""

    files: Mapping[str, bytes]
    signature: bytes = b''

    @property
    def about(self) -> Mapping[str, Any]:
        """Who, what, when."""
        return _json(self.files[ABOUT])

    @property
    def results(self) -> Mapping[str, Any]:
        """What was found."""
        return _json(self.files[RESULTS])

    @property
    def manifest(self) -> bytes:
        """The sums of all files."""
        return ''.join(f'{hashlib.sha256(data).hexdigest()}  {name}\n'
                       for name, data in sorted(self.files.items())).encode()

    def entries(self) -> Sequence[trace.Heading | trace.Entry]:
        """Return its trace. Raises StorageError."""
        return entries(self.files[TRACE])

    def write(self, path: Path) -> None:
        """Write it, so that there is a whole one at every moment. Raises StorageError."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, data in (*self.files.items(), (MANIFEST, self.manifest),
                               *([(SIGNATURE, self.signature)] if self.signature else [])):
                archive.writestr(zipfile.ZipInfo(name, OLDEST), data, zipfile.ZIP_DEFLATED)
        temporary = path.with_name(f'.{path.name}.part')
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, 'wb') as file:
                file.write(buffer.getvalue())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(f'report {path}: {error.strerror}; give a file that can be '
                               'written with --out') from error


def read(path: Path) -> Report:
    """Return a report that is as its manifest says. Raises StorageError that says what is not."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST:
                raise StorageError(f'{path}: larger than any report')
            files = {name: archive.read(name) for name in archive.namelist()}
    except OSError as error:
        raise StorageError(f'{path}: {error.strerror}; give a report that can be read') from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise StorageError(f'{path}: not a report: {error}') from error
    missing = {ABOUT, TRACE, RESULTS, MANIFEST} - set(files)
    if missing:
        raise StorageError(f'{path}: not a report: it has no {", ".join(sorted(missing))}')
    said, signature = files.pop(MANIFEST), files.pop(SIGNATURE, b'')
    report = Report(files, signature)
    if said != report.manifest:
        lines = said.decode(errors='replace').splitlines()
        wrong = [name for name, data in files.items()
                 if f'{hashlib.sha256(data).hexdigest()}  {name}' not in lines]
        raise StorageError(f'{path}: {", ".join(wrong) or MANIFEST} is not what its manifest '
                           'says; it was changed or damaged: ask for it again')
    for name in ABOUT, RESULTS:
        try:
            json.loads(files[name])
        except ValueError as error:
            raise StorageError(f'{path}: {name}: {error}') from error
    return report


def make(kind: DeviceType, about: Mapping[str, Any],
         lines: Iterable[trace.Heading | trace.Entry],
         pictures: Mapping[str, bytes] | None = None) -> Report:
    """Return the report of a trace, from which everything private is taken first."""
    kept = redacted(lines, kind.codec_module(), kind.redaction_rule())
    text = ''.join(f'{line}\n' for line in kept).encode()
    about = {'schema': SCHEMA, 'type': kind.name, 'facts': digest(kind.unproven()), **about}
    results = judged(kind, entries(text))
    return Report({ABOUT: _text(about), TRACE: text, RESULTS: _text(results),
                   SUMMARY: summary(about, results).encode(),
                   **{PICTURES + name: data for name, data in (pictures or {}).items()}})


def judged(kind: DeviceType, lines: Iterable[trace.Heading | trace.Entry]) -> Mapping[str, Any]:
    """Return what follows from a trace."""
    return judging.judge(kind.unproven(), lines, kind.codec_module(), kind.listener_class())


def verify(kind: DeviceType, report: Report) -> tuple[Mapping[str, Any], bool]:
    """
    Compute the results of a report again, from its trace.

    Returns them, and whether the facts are those that it was made with: of a report by another
    version they may differ. Raises StorageError when its results do not follow from its trace.
    """
    results = judged(kind, report.entries())
    same = report.about.get('facts') == digest(kind.unproven())
    if same and _text(results) != report.files[RESULTS]:
        raise StorageError(f'{RESULTS} does not follow from {TRACE}: somebody changed it')
    return results, same


def deviations(kind: DeviceType, report: Report) -> Mapping[bytes, Said | None]:
    """Return what the device of a report answers otherwise than its page says."""
    heard = dialogue(report.entries(), kind.codec_module(), kind.listener_class())
    return judging.deviations(kind.unproven(), heard)


def digest(facts: Sequence[Fact]) -> str:
    """Return what tells one set of facts from another."""
    texts = [repr(replace(one, watch=None)) + (one.watch.__qualname__ if one.watch else '')
             for one in facts]
    return hashlib.sha256('\n'.join(texts).encode()).hexdigest()[:16]


def entries(text: bytes) -> Sequence[trace.Heading | trace.Entry]:
    """Return the lines of a trace. Raises StorageError when it is none."""
    return list(trace.parse(text.decode('ascii', 'replace').splitlines(keepends=True), TRACE))


def count(results: Mapping[str, Any]) -> Mapping[str, int]:
    """Return how many facts each verdict has."""
    found = [one['verdict'] for one in results['facts']]
    return {verdict.value: found.count(verdict.value) for verdict in Verdict}


def summary(about: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """Return a page for people."""
    device = about.get('device', {})
    name = ' '.join(filter(None, (device.get('manufacturer'), device.get('model'))))
    lines = [f'{about["type"]}: {clean(name) or "model not told"}',
             f'level {about.get("level")}, {about.get("date")}, '
             + ('complete' if about.get('complete') else
                f'not complete: {clean(str(about.get("ended") or "killed"))}'),
             ', '.join(f'{number} {verdict}' for verdict, number in count(results).items()),
             '{questions} questions, {unanswered} without an answer, {damaged} damaged frames'
             .format(**results['line']), '']
    lines += [f'left changed: {clean(str(one))}' for one in about.get('left', ())]
    for verdict in Verdict:
        for one in results['facts']:
            if one['verdict'] == verdict.value:
                seen = '' if one['seen'] is None else f' [{one["seen"] or "nothing in it"}]'
                lines.append(f'{one["id"]:13} {verdict.value:13} {one["says"]} '
                             f'({one["why"]}{seen})')
    return '\n'.join(lines) + '\n'


def clean(text: str) -> str:
    """Return a device's text with nothing in it that a terminal would obey."""
    return re.sub(r'[^ -~]', '?', text)


def _text(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True) + '\n').encode()


def _json(data: bytes) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(data)
    return found
