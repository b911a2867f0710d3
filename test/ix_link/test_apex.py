# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""APEX arithmetic on the whole grid, against the tables of ix_link.md, section 5."""

from fractions import Fraction
from math import inf, nan

import pytest

from camera_driver.devices.ix_link.apex import Grid, QUANTITIES

F, T, ISO = (QUANTITIES[name] for name in ('f_number', 'exposure_time', 'iso'))
THIRDS = Grid(-42, 42, 1, 3)

EXAMPLES = [  # 5.2: wanted, numerator, what it reads as
    (F, 8, 18, 8.0), (F, 5.6, 15, 5.657), (F, 11, 21, 11.31), (F, 4.5, 13, 4.490),
    (F, 0.95, 0, 1.0),
    (ISO, 100, 15, 100.0), (ISO, 125, 16, 126.0), (ISO, 640, 23, 635.0), (ISO, 6400, 33, 6400),
    (T, 1 / 250, 24, 1 / 256), (T, 1 / 1000, 30, 1 / 1024), (T, 1 / 2500, 34, 1 / 2580),
    (T, 1, 0, 1), (T, 2, -3, 2), (T, 30, -15, 32),
]
# What is written on lenses and cameras, in thirds of a stop, from the given numerator on.
MARKINGS = {
    'f_number': (0, '1.0 1.1 1.2 1.4 1.6 1.8 2.0 2.2 2.5 2.8 3.2 3.5 4.0 4.5 5.0 5.6 6.3 7.1 8.0 '
                    '9.0 10 11 13 14 16 18 20 22'),
    'exposure_time': (-15, '1/30 1/25 1/20 1/15 1/13 1/10 1/8 1/6 1/5 1/4 10/32 10/25 1/2 10/16 '
                           '10/13 1 1.3 1.6 2 2.5 3 4 5 6 8 10 13 15 20 25 30 40 50 60 80 100 125 '
                           '160 200 250 320 400 500 640 800 1000 1250 1600 2000 2500'),
    'iso': (12, '50 64 80 100 125 160 200 250 320 400 500 640 800 1000 1250 1600 2000 2500 3200 '
                '4000 5000 6400'),
}


def marked(name):
    """Yield (value, numerator) of each marking; those of times are the denominators of 1 s."""
    first, words = MARKINGS[name]
    for number, word in enumerate(words.split(), first):
        value = Fraction(word)
        yield float(1 / value if name == 'exposure_time' else value), number


@pytest.mark.parametrize('quantity, wanted, numerator, reads', EXAMPLES)
def test_examples(quantity, wanted, numerator, reads):
    nearest = wanted == 0.95
    assert THIRDS.find(quantity, wanted, nearest) == numerator
    assert quantity.from_apex(THIRDS.value(numerator)) == pytest.approx(reads, rel=1e-3)


@pytest.mark.parametrize('name', QUANTITIES)
def test_every_marking_is_on_the_grid(name):
    quantity = QUANTITIES[name]
    for value, numerator in marked(name):
        nearest = (name, value) == ('f_number', 1.2)  # 1.26: too far off
        assert THIRDS.find(quantity, value, nearest) == numerator, value


@pytest.mark.parametrize('name', QUANTITIES)
@pytest.mark.parametrize('grid', [
    THIRDS, Grid(-128, 127, 1, 12), Grid(-60, 60, 3, 6), Grid(0, 10, 1, 1), Grid(5, 5, 0, 2),
    Grid(-3, 27, 255, 1), Grid(-100, 100, 7, 30), Grid(0, 127, 1, 255)])
def test_every_value_of_a_grid_finds_itself(name, grid):
    quantity = QUANTITIES[name]
    for number in grid.numerators:
        value = quantity.from_apex(grid.value(number))
        assert grid.nearest(quantity.to_apex(value)) == number
        assert grid.find(quantity, value, nearest=False) == number
        if grid.step_apex > Fraction(1, 4):
            with pytest.raises(ValueError, match='not on the grid'):
                grid.find(quantity, value * 2 ** (0.12 / quantity.stops), nearest=False)


def test_grid_arithmetic():
    shutter = Grid(*(-15, 34, 1, 3))
    assert shutter.index(T.to_apex(1 / 250)) == 39
    assert shutter.nearest(T.to_apex(1 / 250)) == 24
    full_stops = Grid(12, 33, 3, 3)
    assert full_stops.nearest(ISO.to_apex(640)) == 24  # ISO 800
    assert full_stops.find(ISO, 640, nearest=True) == 24
    with pytest.raises(ValueError, match=r'iso: 640 is not on the grid; the nearest is 800; '
                       'allowed: 50 to 6400 in steps of 1 EV'):
        full_stops.find(ISO, 640, nearest=False)


def test_ties_go_to_the_larger_numerator():
    grid = Grid(0, 10, 1, 3)
    assert [grid.nearest(Fraction(n, 6)) for n in (1, 3, 5)] == [1, 2, 3]
    assert grid.nearest((1.5 - 1e-10) / 3) == 2
    assert grid.nearest((1.5 - 1e-8) / 3) == 1
    assert grid.nearest(Fraction(-1, 6)) == 0
    assert grid.nearest(Fraction(21, 6)) is None


def test_beyond_the_ends():
    grid = Grid(9, 27, 1, 3)  # f/2.83 to f/22.6
    assert grid.find(F, 22, nearest=False) == 27
    assert grid.find(F, 2.8, nearest=False) == 9
    for wanted, end in ((32, 27), (1.4, 9), (1e9, 27)):
        with pytest.raises(ValueError, match=r'f_number: .* allowed: 2.828 to 22.63'):
            grid.find(F, wanted, nearest=False)
        assert grid.find(F, wanted, nearest=True) == end


def test_the_last_value_of_a_range_that_is_no_multiple():
    assert list(Grid(0, 10, 4, 3).numerators) == [0, 4, 8]
    assert Grid(0, 10, 4, 3).nearest(Fraction(10, 3)) is None  # a tie, to what there is not
    assert Grid(0, 10, 4, 3).nearest(Fraction(9, 3)) == 8


@pytest.mark.parametrize('numbers', [(0, 10, 1, 0), (5, 4, 1, 3)])
def test_malformed_ranges(numbers):
    with pytest.raises(ValueError, match='is none'):
        Grid(*numbers)


def test_a_step_of_zero():
    assert list(Grid(7, 7, 0, 3).numerators) == [7]
    assert list(Grid(7, 9, 0, 3).numerators) == [7, 8, 9]


@pytest.mark.parametrize('value', [0, -1, nan, inf, -inf])
@pytest.mark.parametrize('name', QUANTITIES)
def test_no_such_value(name, value):
    with pytest.raises(ValueError, match=f'{name}: .*greater than 0'):
        THIRDS.find(QUANTITIES[name], value, nearest=True)
