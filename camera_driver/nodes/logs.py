# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What the parts without ROS log goes to ROS's log."""

import logging

from rclpy.logging import get_logger, get_logger_effective_level, LoggingSeverity

NAME = 'camera_driver'
THREAD = ' device'  # what the name of a node's worker thread ends with, after the node's


class _Bridge(logging.Handler):
    """Hands records to rclpy, which wants each severity to have a line of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = get_logger(record.name)
        text = self.format(record)
        # Several nodes may share a process: the thread tells whose device it is about.
        name, worker, _ = (record.threadName or '').partition(THREAD)
        if worker:
            text = f'{name}: {text}'
        if record.levelno >= logging.ERROR:
            logger.error(text)
        elif record.levelno >= logging.WARNING:
            logger.warning(text)
        elif record.levelno >= logging.INFO:
            logger.info(text)
        else:
            logger.debug(text)


def bridge() -> None:
    """Send what the logger 'camera_driver' and those below it get to ROS; once for a process."""
    log = logging.getLogger(NAME)
    if not any(isinstance(handler, _Bridge) for handler in log.handlers):
        log.addHandler(_Bridge())
        log.propagate = False
    debug = get_logger_effective_level(NAME) == LoggingSeverity.DEBUG
    log.setLevel(logging.DEBUG if debug else logging.INFO)
