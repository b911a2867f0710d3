# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What was found: how bad it is, what it is about, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad a finding is."""

    OK = 'ok'
    NOTE = 'note'  # worth knowing
    WARN = 'WARN'  # will hurt some day
    ERROR = 'ERROR'  # nothing works until it is mended


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    subject: str  # 'adapter', 'clock'
    words: str
    advice: str = ''  # what to do next; empty: nothing


def ok(subject: str, words: str) -> Finding:
    """Return a finding of what is well."""
    return Finding(Level.OK, subject, words)


def note(subject: str, words: str, advice: str = '') -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(Level.NOTE, subject, words, advice)


def warning(subject: str, words: str, advice: str) -> Finding:
    """Return a finding that will hurt some day."""
    return Finding(Level.WARN, subject, words, advice)


def error(subject: str, words: str, advice: str = '') -> Finding:
    """Return a finding without whose mending nothing works."""
    return Finding(Level.ERROR, subject, words, advice)
