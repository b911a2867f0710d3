# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
What the parts without ROS log goes to the log of the node that it concerns, and so to /rosout.

Each module has a logger below the node's: what `camera_driver.link.channel` logs of the node
/survey/nadir is said by `survey.nadir.link.channel`. A level that is set for the node holds for
all of them (`--log-level survey.nadir:=debug`, or ~/set_logger_levels at run time).

Several nodes may share a process. Whose a line is follows from the context of the thread: what a
node calls is within `NodeLog.speaking`, and the library starts its threads in the context of their
makers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
import logging
from typing import Any

from rclpy.logging import get_logger

from camera_driver.nodes.rclpy_private import write_log

NAME = 'camera_driver'
DEBUG, FATAL = logging.DEBUG, logging.CRITICAL  # the least and the most severe; numbers as in ROS


class NodeLog:
    """The log of one node."""

    def __init__(self, logger: Any) -> None:
        """Take the logger of a node, and for the process the records of the library."""
        self._logger = logger
        self._children: dict[str, Any] | None = {}  # None: the node is gone
        log = logging.getLogger(NAME)
        if not any(isinstance(handler, _Bridge) for handler in log.handlers):
            log.addHandler(_Bridge())
            log.propagate = False
        log.setLevel(DEBUG)  # ROS decides, for each node, and may be told otherwise at any time

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Let what is logged in this context be said by the node."""
        before = _speaking.set(self)
        try:
            yield
        finally:
            _speaking.reset(before)

    def child(self, name: str) -> Any:
        """Return the logger of the node for a module."""
        if self._children is None:
            return get_logger(f'{self._logger.name}.{name}')
        if name not in self._children:
            self._children[name] = self._logger.get_child(name)
        return self._children[name]

    def close(self) -> None:
        """Let go of the loggers, before the node is destroyed."""
        self._children = None


class _Bridge(logging.Handler):
    """Hands records to ROS, with the place that they come from."""

    def emit(self, record: logging.LogRecord) -> None:
        node = _speaking.get()
        logger = (node.child(record.name.removeprefix(f'{NAME}.')) if node
                  else get_logger(record.name))
        severity = min(max(record.levelno // 10 * 10, DEBUG), FATAL)
        if logger.is_enabled_for(severity):
            write_log(logger.name, severity, self.format(record), record.funcName,
                      record.pathname, record.lineno)


_speaking: ContextVar[NodeLog | None] = ContextVar('speaking', default=None)
