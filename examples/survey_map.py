# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
A survey as a map: its track, shots and footprints, and what is missing.

    camera-driver shots --export geojson --calibration nadir=nadir.yaml --ground 431 > s.geojson
    python3 examples/survey_map.py map.png s.geojson
"""

from dataclasses import dataclass, field
import json
from math import cos, hypot, radians
from pathlib import Path
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT, PANEL = 1600, 1000, 400  # pixels; the panel is at the right
FINE = 2  # times: drawn larger, and made smaller, which smooths
DEGREE = 111_320.0  # m of latitude
INK, DIM, PAPER = (38, 42, 48), (118, 124, 132), (250, 249, 245)
COLOURS = ((28, 98, 196), (226, 112, 24), (132, 62, 178), (20, 138, 110))
MISSED, LOST = (206, 32, 44), (128, 132, 138)


@dataclass
class Survey:
    """What is drawn; places are longitude and latitude [deg]."""

    title: str = 'Survey'
    subtitle: str = ''
    track: list = field(default_factory=list)  # of places
    gaps: list = field(default_factory=list)  # parts of the track without fixes, likewise
    shots: list = field(default_factory=list)  # camera, place, 'tagged', 'untagged' or 'missed'
    footprints: list = field(default_factory=list)  # camera, places
    wind: tuple = ()  # m/s, to the east and to the north
    pictures: list = field(default_factory=list)  # picture, caption; two have room

    def add(self, features):
        """Take in what `camera-driver shots --export geojson` wrote."""
        for feature in features:
            geometry, properties = feature['geometry'], feature['properties']
            if geometry and geometry['type'] == 'Polygon':
                self.footprints.append((properties['camera'], geometry['coordinates'][0]))
            elif geometry:
                self.shots.append((properties['camera'], geometry['coordinates'][:2], 'tagged'))

    @property
    def cameras(self):
        """Their names."""
        return sorted({camera for camera, *_ in self.shots})


class Chart:
    """The sheet, and where places are on it."""

    def __init__(self, survey):
        """Fit all that is drawn into the part beside the panel."""
        places = [*survey.track, *(place for _, place, _ in survey.shots),
                  *(place for _, ring in survey.footprints for place in ring)]
        west, south = np.min(np.array(places), axis=0)
        east, north = np.max(np.array(places), axis=0)
        self.middle = (west + east) / 2, (south + north) / 2
        self.stretch = cos(radians(self.middle[1]))
        across = (east - west) * DEGREE * self.stretch, (north - south) * DEGREE
        self.scale = min((WIDTH - PANEL - 100) / across[0], (HEIGHT - 150) / across[1])  # pixels/m
        self.image = Image.fromarray(_country())
        self.pen = ImageDraw.Draw(self.image)

    def at(self, place):
        """Return where a place is, in fine pixels."""
        x = (place[0] - self.middle[0]) * DEGREE * self.stretch * self.scale
        y = (place[1] - self.middle[1]) * DEGREE * self.scale
        return FINE * ((WIDTH - PANEL) / 2 + x), FINE * (HEIGHT / 2 - 10 - y)

    def fill(self, rings, colour, strength):
        """Fill polygons, the stronger the more of them there are."""
        count = np.zeros((FINE * HEIGHT, FINE * WIDTH), np.uint8)
        for ring in rings:
            mask = Image.new('L', (FINE * WIDTH, FINE * HEIGHT))
            ImageDraw.Draw(mask).polygon([self.at(place) for place in ring], 1)
            count += np.asarray(mask)
        alpha = (255 * (1 - (1 - strength) ** count)).astype(np.uint8)
        self.image.paste(Image.new('RGB', self.image.size, colour), mask=Image.fromarray(alpha))

    def outline(self, rings, colour, strength):
        """Draw polygons as lines through which one sees."""
        mask = Image.new('L', self.image.size)
        pen = ImageDraw.Draw(mask)
        for ring in rings:
            pen.line([self.at(place) for place in ring], int(255 * strength), FINE, 'curve')
        self.image.paste(Image.new('RGB', self.image.size, colour), mask=mask)

    def line(self, places, colour, width, dash=0):
        """Draw a line, dashed with this length [pixels]."""
        points = [self.at(place) for place in places]
        if not dash:
            self.pen.line(points, colour, round(FINE * width), 'curve')
            return
        drawn = 0.0
        for one, other in zip(points, points[1:]):
            if drawn // (FINE * dash) % 2 == 0:
                self.pen.line([one, other], colour, round(FINE * width))
            drawn += hypot(other[0] - one[0], other[1] - one[1])

    def text(self, where, text, size, colour=INK, anchor='la'):
        """Write, in pixels of the sheet."""
        font = ImageFont.load_default(FINE * size)
        self.pen.text((FINE * where[0], FINE * where[1]), text, colour, font, anchor)

    def dot(self, where, radius, fill=None, outline=None, width=2.0):
        """Draw a disc or a ring, in fine pixels."""
        x, y = where
        r = FINE * radius
        self.pen.ellipse((x - r, y - r, x + r, y + r), fill, outline, round(FINE * width))

    def cross(self, where, radius, colour):
        """Draw a cross, in fine pixels."""
        x, y = where
        r = FINE * radius
        for width, ink in ((6, PAPER), (3, colour)):
            for sign in (1, -1):
                self.pen.line([(x - r, y - sign * r), (x + r, y + sign * r)], ink, FINE * width)

    def arrow(self, where, vector, colour, width=3.0):
        """Draw an arrow through a point, in pixels of the sheet."""
        x, y = where
        dx, dy = vector
        length = hypot(dx, dy)
        ux, uy = dx / length, dy / length
        tip, tail = (x + dx / 2, y + dy / 2), (x - dx / 2, y - dy / 2)
        neck = tip[0] - 10 * ux, tip[1] - 10 * uy
        self.pen.line([(FINE * a, FINE * b) for a, b in (tail, neck)], colour, round(FINE * width))
        self.pen.polygon([(FINE * a, FINE * b) for a, b in (
            tip, (tip[0] - 14 * ux - 7 * uy, tip[1] - 14 * uy + 7 * ux),
            (tip[0] - 14 * ux + 7 * uy, tip[1] - 14 * uy - 7 * ux))], colour)


def _country():
    """Return soft ground, (height, width, 3) RGB: fields of no particular country."""
    dice = np.random.default_rng(7)
    height, width = FINE * HEIGHT, FINE * WIDTH
    seeds = dice.uniform((0, 0), (height, width), (46, 2))
    rows, columns = np.mgrid[0:height:8, 0:width:8]
    turned = rows * 0.93 + columns * 0.36, columns * 0.93 - rows * 0.36
    places = seeds[:, 0] * 0.93 + seeds[:, 1] * 0.36, seeds[:, 1] * 0.93 - seeds[:, 0] * 0.36
    # Fields have straight borders: the nearest seed by the larger of both distances.
    nearest = np.argmin([np.maximum(abs(turned[0] - a), 0.6 * abs(turned[1] - b))
                         for a, b in zip(*places)], axis=0)
    tones = np.array([(228, 231, 212), (221, 228, 205), (234, 229, 209), (214, 224, 202),
                      (231, 234, 221), (224, 221, 201)])[dice.integers(0, 6, 46)]
    ground = Image.fromarray(tones[nearest].astype(np.uint8)).resize(
        (width, height), Image.Resampling.NEAREST)
    return np.asarray(ground.filter(ImageFilter.GaussianBlur(5)))


def draw(survey):
    """Return the map, an RGB picture."""
    chart = Chart(survey)
    colours = dict(zip(survey.cameras, COLOURS))
    for camera, colour in colours.items():
        rings = [ring for of, ring in survey.footprints if of == camera]
        chart.fill(rings, colour, 0.05)
        chart.outline(rings, colour, 0.45)
    if survey.track:
        chart.line(survey.track, PAPER, 6)
        chart.line(survey.track, INK, 2.5)
    for gap in survey.gaps:
        chart.line(gap, PAPER, 8)
        chart.line(gap, MISSED, 3, dash=7)
    _shots(chart, survey, colours)
    _panel(chart, survey, colours)
    return chart.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _shots(chart, survey, colours):
    """Draw each shot; those of one place side by side."""
    step = 9.5  # pixels
    for camera, place, state in survey.shots:
        x, y = chart.at(place)
        y += FINE * step * (survey.cameras.index(camera) - (len(colours) - 1) / 2)
        if state == 'missed':
            chart.cross((x, y), 4.5, MISSED)
        elif state == 'untagged':
            chart.dot((x, y), 5, PAPER, LOST, 2.2)
        else:
            chart.dot((x, y), 5.5, PAPER)
            chart.dot((x, y), 4.2, colours[camera])


def _panel(chart, survey, colours):
    """Write title, legend and figures at the right, and scale and north below."""
    left, right = WIDTH - PANEL, WIDTH - 40
    chart.pen.rectangle((FINE * left, 0, FINE * WIDTH, FINE * HEIGHT), PAPER)
    chart.pen.line((FINE * left, 0, FINE * left, FINE * HEIGHT), (214, 212, 204), FINE)
    left += 36
    chart.text((left, 44), survey.title, 34)
    y = 94
    for line in survey.subtitle.split('\n'):
        chart.text((left, y), line, 17, DIM)
        y += 25

    y += 24
    states = {state for _, _, state in survey.shots}
    columns = [right - 130, right - 65, right] if len(states) > 1 else [right]
    heads = ['tagged', 'no fix', 'missed'][:len(columns)]
    for x, head in zip(columns, heads):
        chart.text((x, y), head, 15, DIM, 'ra')
    y += 30
    for camera, colour in colours.items():
        chart.dot((FINE * (left + 7), FINE * (y + 11)), 7, colour)
        chart.text((left + 28, y), camera, 20)
        for x, state in zip(columns, ('tagged', 'untagged', 'missed')):
            count = sum(one[0] == camera and one[2] == state for one in survey.shots)
            chart.text((x, y), str(count), 20, INK if count else (190, 190, 186), 'ra')
        y += 36

    y += 20
    rows = []
    if survey.footprints:
        rows.append(('footprint', 'what a picture shows of the ground'))
    if survey.track:
        rows.append(('track', 'track of the antenna'))
    if survey.gaps:
        rows.append(('gap', 'no fixes'))
    rows.append(('tagged', 'shot with its position'))
    if 'untagged' in states:
        rows.append(('untagged', 'shot without one: no fix near it'))
    if 'missed' in states:
        rows.append(('missed', 'place without a picture'))
    first = next(iter(colours.values()), INK)
    for kind, words in rows:
        x0, x1, middle = left, left + 34, y + 11
        centre = FINE * (left + 17), FINE * middle
        if kind == 'footprint':
            for size, colour in zip((12, 9, 6), colours.values()):
                box = [FINE * v for v in (left + 17 - 1.3 * size, middle - size,
                                          left + 17 + 1.3 * size, middle + size)]
                mixed = tuple(round(0.8 * p + 0.2 * c) for p, c in zip(PAPER, colour))
                chart.pen.rectangle(box, mixed, colour, FINE)
        elif kind == 'track':
            chart.pen.line([FINE * v for v in (x0, middle, x1, middle)], INK, FINE * 3)
        elif kind == 'gap':
            for x in range(x0, x1, 12):
                chart.pen.line([FINE * v for v in (x, middle, x + 7, middle)], MISSED, FINE * 3)
        elif kind == 'tagged':
            chart.dot(centre, 6, first)
        elif kind == 'untagged':
            chart.dot(centre, 6, PAPER, LOST, 2.4)
        else:
            chart.cross(centre, 6, MISSED)
        chart.text((left + 52, y), words, 18)
        y += 35

    for number, (picture, caption) in enumerate(survey.pictures[:2]):
        small = picture.convert('RGB').resize((FINE * 156, FINE * 117), Image.Resampling.LANCZOS)
        x = left + number * 168
        chart.image.paste(small, (FINE * x, FINE * (y + 24)))
        chart.text((x, y + 149), caption, 16, DIM)

    if survey.wind:
        east, north = survey.wind
        speed = hypot(east, north)
        chart.arrow((left + 60, HEIGHT - 175), (east / speed * 76, -north / speed * 76),
                    (70, 130, 170), 4)
        chart.text((left + 60, HEIGHT - 120), f'wind {speed:.0f} m/s', 17, DIM, 'ma')
    chart.arrow((right - 60, HEIGHT - 175), (0, -70), INK, 3)
    chart.text((right - 60, HEIGHT - 120), 'north', 17, DIM, 'ma')

    metres = max(m for m in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
                 if m * chart.scale < PANEL - 80 or m == 10)
    length, y = metres * chart.scale, HEIGHT - 62
    middle = (left + right) / 2
    chart.pen.line([FINE * v for v in (middle - length / 2, y, middle + length / 2, y)], INK, 6)
    for x in (middle - length / 2, middle + length / 2):
        chart.pen.line([FINE * v for v in (x, y - 7, x, y + 7)], INK, 6)
    chart.text((middle, y + 14), f'{metres} m', 17, DIM, 'ma')


def main(output, *exports):
    """Draw what exports hold."""
    survey = Survey(Path(output).stem)
    for path in exports:
        survey.add(json.loads(Path(path).read_text())['features'])
    if not survey.shots:
        sys.exit(f'survey_map: no shot with a position in {", ".join(exports)}')
    draw(survey).save(output)


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
