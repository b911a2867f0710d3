# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""An error that options would help against, and how the command line says it."""

from camera_driver.cli.output import error_words
from camera_driver.errors import causes, naming, options_of, OutcomeUnknown, ReplyTimeout


def test_an_error_names_options():
    error = naming(ReplyTimeout('silent; set a lower speed'), 'baudrate')
    assert isinstance(error, ReplyTimeout) and options_of(error) == ('baudrate',)
    assert error_words(error) == 'silent; set a lower speed (--baudrate)'
    assert str(error) == 'silent; set a lower speed'


def test_what_was_caused_by_it_names_them_too():
    try:
        raise OutcomeUnknown('unknown') from naming(ValueError('wrong'), 'sensor_width', 'height')
    except OutcomeUnknown as error:
        assert options_of(error) == ('sensor_width', 'height')
        assert error_words(error) == 'unknown (--sensor-width, --height)'


def test_most_errors_name_none():
    assert options_of(ReplyTimeout('silent')) == options_of(None) == ()
    assert error_words(ReplyTimeout('silent')) == 'silent'


def test_an_error_that_is_its_own_cause():
    error = ReplyTimeout('silent')
    error.__cause__ = OutcomeUnknown('unknown')
    error.__cause__.__cause__ = error
    assert options_of(error) == ()
    assert list(causes(error)) == [error, error.__cause__]
