# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a device is and how it is set: info, settings, get, set, exposure, clock, self-test."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from camera_driver.abilities import ControlsExposure, HasClock, wall_clock
from camera_driver.cli.complete import offer, words_of
from camera_driver.cli.job import Command, Job, real, value_of
from camera_driver.cli.output import duration, facts, figure, size, stamp, table, yes_no
from camera_driver.cli.parser import Arguments, Parser
from camera_driver.device import Device
from camera_driver.errors import NotSupported, Refused
from camera_driver.model import Access, Exposure, Progress, Range

if TYPE_CHECKING:
    from camera_driver.model import Setting, SettingValue

QUANTITIES = ('exposure_time', 'f_number', 'iso')
ZONES = {'utc': 'UTC', 'local': 'local time'}


def info(job: Job[Device]) -> int:
    """Show who the device is and how it is."""
    with job.device() as opened:
        identity, line = opened.identity, str(opened.port.line)
        status = opened.device.poll()
    battery = None if status.battery is None else f'{status.battery:.0%}'
    job.out.show(
        {'port': job.args.port, 'line': line, 'identity': identity, 'status': {
            **vars(status), 'details': dict(status.details)}},
        facts([
            ('type', identity.camera_type), ('manufacturer', identity.manufacturer),
            ('model', identity.model), ('serial number', identity.serial_number),
            ('firmware', identity.firmware_version), ('port', job.args.port),
            ('battery', battery), ('pictures stored', _number(status.images_stored)),
            ('pictures left', _number(status.images_left)),
            ('memory free', None if status.memory_free is None else size(status.memory_free)),
            ('live view', None if status.live_view is None else yes_no(status.live_view)),
            *((name.replace('_', ' '), value) for name, value in status.details.items())]))
    return 0


def show_settings(job: Job[Device]) -> int:
    """Show every setting with its value and what is allowed."""
    rows = []
    with job.device() as opened, job.out.progress('settings', 'setting') as progress:
        known = opened.device.settings()
        for number, setting in enumerate(known.values()):
            progress(Progress(number, len(known)))
            try:
                value, note = opened.device.get(setting.name), ''
            except (NotSupported, Refused) as error:
                value, note = None, str(error)
            rows.append((setting, value, note))
    job.out.show(
        {'settings': [{
            'name': setting.name, 'value': value, 'unit': setting.unit,
            'allowed': setting.allowed, 'access': setting.access.value,
            'words': None if setting.words is None else list(setting.words),
            'minimum': setting.minimum, 'maximum': setting.maximum,
            'description': setting.description, 'error': note} for setting, value, note in rows]},
        table(('SETTING', 'VALUE', 'ALLOWED'), [
            (setting.name, 'refused' if note else _text(setting, value), _allowed(setting))
            for setting, value, note in rows]))
    return 0


def get(job: Job[Device]) -> int:
    """Print values, and nothing else when it is one."""
    values = {}
    with job.device() as opened:
        for name in job.args.name:
            values[name] = opened.device.get(name)
    texts = {name: _value(value) for name, value in values.items()}
    job.out.show(values, facts(list(texts.items())) if len(texts) > 1 else
                 next(iter(texts.values())))
    return 0


def set_value(job: Job[Device]) -> int:
    """Write a setting and print what the device holds afterwards."""
    cls = job.device_type.device_class()
    setting = next(setting for setting in cls.SETTINGS if setting.name == job.args.name)
    with job.device() as opened:
        setting = opened.device.settings().get(setting.name, setting)
        try:
            value = value_of(setting, job.args.value)
        except ArgumentTypeError as error:
            raise ValueError(str(error)) from None
        held = opened.device.set(setting.name, value)
    job.out.show({setting.name: held}, _value(held))
    return 0


def exposure(job: Job[ControlsExposure]) -> int:
    """Show the exposure, after setting what was given."""
    wanted = Exposure(job.args.time, job.args.f_number, job.args.iso, job.args.aperture or '')
    with job.device() as opened:
        if wanted == Exposure():
            held = opened.device.exposure()
        else:
            held = opened.device.set_exposure(wanted, job.args.nearest)
        ranges = opened.device.exposure_ranges()
    _show_exposure(job, held, ranges)
    return 0


def step_exposure(job: Job[ControlsExposure]) -> int:
    """Change one quantity of the exposure and show what is held then."""
    with job.device() as opened:
        held = opened.device.step_exposure(job.args.quantity, job.args.steps)
        ranges = opened.device.exposure_ranges()
    _show_exposure(job, held, ranges)
    return 0


def _show_exposure(job: Job[ControlsExposure], held: Exposure, ranges: Mapping[str, Range]
                   ) -> None:
    def limits(name: str) -> str:
        limit = ranges.get(name)
        if limit is None:
            return ''
        if limit.step_ev:
            return (f'  ({figure(limit.minimum)} to {figure(limit.maximum)} in steps of '
                    f'{limit.step_ev:.2g} EV)')
        if limit.values:
            return '  (' + ', '.join(map(figure, limit.values)) + ')'
        return f'  ({figure(limit.minimum)} to {figure(limit.maximum)})'

    def line(name: str, value: float | None, unit: str) -> str | None:
        word = '-' if value is None else 'automatic' if not value else unit + figure(value)
        return None if value is None and name not in ranges else word + limits(name)

    seconds = line('exposure_time', held.exposure_time, '')
    job.out.show(
        {'exposure': held, 'ranges': {name: vars(limit) for name, limit in ranges.items()}},
        facts([('exposure time [s]', seconds), ('f-number', line('f_number', held.f_number, 'f/')),
               ('ISO', line('iso', held.iso, '')), ('aperture', held.aperture)])
        or 'The device says nothing of its exposure.')


def clock(job: Job[HasClock]) -> int:
    """Show the clock beside this computer's, after setting it when asked to."""
    with job.device() as opened:
        shows = opened.device.clock_shows
        held = (opened.device.set_clock(wall_clock(shows)) if job.args.set
                else opened.device.clock())
        now = wall_clock(shows)
    if held is None:
        job.out.show({'clock': None, 'ahead': None, 'shows': shows},
                     'The clock is not set; clock --set sets it to the time of this computer.')
        return 0
    ahead = (held - now).total_seconds()
    side = 'ahead of' if ahead > 0 else 'behind'
    # Cameras count whole seconds.
    differs = (f'{duration(abs(ahead))} {side} this computer' if abs(ahead) >= 2
               else 'as this computer')
    job.out.show({'clock': held, 'ahead': round(ahead, 1), 'shows': shows},
                 f'{stamp(held)} {ZONES[shows]}  ({differs})')
    return 0


def self_test(job: Job[Device]) -> int:
    """Show what the self-test found."""
    with job.device() as opened, job.out.note('Testing ...'):
        results = opened.device.self_test()
    passed = all(result.passed for result in results)
    job.out.show(
        {'passed': passed, 'checks': list(results)},
        table(('CHECK', 'RESULT', 'DETAIL'), [
            (result.name, 'passed' if result.passed else 'FAILED', result.detail)
            for result in results]))
    return 0 if passed else 1


def names(cls: type[Device]) -> list[str]:
    """Return the names of all settings that devices of the type have."""
    return [setting.name for setting in cls.SETTINGS]


def setting_name(cls: type[Device], text: str) -> str:
    """Return the name of a setting of the type. Raises ArgumentTypeError with similar ones."""
    known = names(cls)
    name = text.replace('-', '_')
    if name not in known:
        from difflib import get_close_matches
        near = get_close_matches(name, known, 3, 0.5)
        hint = 'did you mean ' + ' or '.join(near) if near else 'there are: ' + ', '.join(known)
        raise ArgumentTypeError(f'no setting {text!r}; {hint}')
    return name


def _get_arguments(parser: Parser, cls: type[Device]) -> None:
    offer(parser.add_argument(
        'name', metavar='NAME', nargs='+', type=partial(setting_name, cls),
        help='as the command settings lists them'), lambda _: names(cls))


def _set_arguments(parser: Parser, cls: type[Device]) -> None:
    def values(args: Arguments) -> Iterable[str]:
        setting = next(one for one in cls.SETTINGS if one.name == args.name)
        return words_of(setting)

    offer(parser.add_argument('name', metavar='NAME', type=partial(setting_name, cls),
                              help='as the command settings lists them'),
          lambda _: [one.name for one in cls.SETTINGS if one.access is not Access.READ_ONLY])
    offer(parser.add_argument('value', metavar='VALUE', help='a word or number that it allows'),
          values)


def _exposure_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('--time', metavar='S', type=real,
                        help='exposure time in seconds, such as 0.001 or 1/1000; 0 is automatic')
    parser.add_argument('--f-number', metavar='N', type=real)
    parser.add_argument('--iso', metavar='N', type=real, help='0 is automatic')
    parser.add_argument('--aperture', metavar='WORD', help="in the camera's own words")
    parser.add_argument('--nearest', action='store_true',
                        help='take the nearest value that the camera has')


def _step_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('quantity', metavar='QUANTITY', choices=QUANTITIES,
                        help=', '.join(QUANTITIES))
    parser.add_argument('steps', metavar='EV', type=real,
                        help='by how much; positive is brighter, such as 1 or -0.33')


def _clock_arguments(parser: Parser, cls: type[Device]) -> None:
    parser.add_argument('--set', action='store_true',
                        help='set it to the time of this computer: UTC, or local time '
                        'where the device has an option for it and that says so')


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _value(value: SettingValue | None) -> str:
    if value is None:
        return 'unknown'
    if isinstance(value, bool):
        return str(value).lower()
    return f'{value:g}' if isinstance(value, float) else str(value)


def _text(setting: Setting, value: SettingValue | None) -> str:
    """Return a value with its unit."""
    unit = f' {setting.unit}' if setting.unit and value is not None else ''
    return _value(value) + unit


def _allowed(setting: Setting) -> str:
    if setting.access.value == 'read/write':
        return setting.allowed
    if setting.access.value == 'read only':
        return '(read only)'
    return f'{setting.allowed} ({setting.access.value})'


COMMANDS = (
    Command('info', Device, 'show who the device is and how it is', info),
    Command('settings', Device, 'list every setting with its value and what it allows',
            show_settings),
    Command('get', Device, 'print the value of settings', get, _get_arguments),
    Command('set', Device, 'change a setting', set_value, _set_arguments),
    Command('exposure', ControlsExposure, 'show or set the exposure', exposure,
            _exposure_arguments),
    Command('step-exposure', ControlsExposure, 'change one quantity of the exposure by steps of '
            'EV', step_exposure, _step_arguments),
    Command('clock', HasClock, 'show or set the clock', clock, _clock_arguments),
    Command('self-test', Device, 'check the device and the line; changes nothing', self_test),
)
