# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
The shots of a ledger with their geotags, as the programs that process pictures read them.

GeoJSON and KML hold every shot, those without a position as features without geometry, with the
reason. The lists of pictures hold what has a position and a picture's name. Longitude or latitude
first, headers and separators: as each program has it. Angles are the camera's, 0/0/0 looking down
with the top of the picture to the north.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import csv
from datetime import datetime, timezone
import io
import json
from pathlib import PurePath
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from camera_driver.ledger.shots import ShotRecord
from camera_driver.payload.geotag import NO_PICTURE, Tag
from camera_driver.payload.jpeg_tags import capture_uuid
from camera_driver.payload.projection import Map
from camera_driver.payload.rig import Place
from camera_driver.payload.track import ELLIPSOID


Corners = Sequence[tuple[float, float]]


class Exported(NamedTuple):
    """A document, and the shots that its format has no place for."""

    text: str
    left_out: Sequence[ShotRecord]


def name_of(shot: ShotRecord) -> str:
    """Return the name of the picture's file, as tagged last; without one, as in the camera."""
    path = (shot.geotag or {}).get('file') or shot.path
    return PurePath(path).name if path else shot.name or ''


def why_untagged(shot: ShotRecord) -> str:
    """Return why a shot has no position; empty: it has one."""
    if Tag.of(shot):
        return ''
    reason: str | None = (shot.geotag or {}).get('untagged')
    return reason or NO_PICTURE.get(shot.state) or 'no track was looked at'


def export(form: str, shots: Sequence[ShotRecord],
           footprints: Mapping[str, Corners] | None = None) -> Exported:
    """
    Return the shots in one of FORMATS.

    :param footprints: latitudes and longitudes of what the shots with these ids show of the
        ground, for the formats of EVERY_SHOT.
    :raises ValueError: the format cannot hold a name, or cannot say which heights are which.
    """
    kinds = {tag.height_kind for shot in shots if (tag := Tag.of(shot))}
    if len(kinds) > 1:
        raise ValueError(f'heights are over {" and ".join(sorted(kinds))}: no format tells them '
                         'apart; export one --camera, or tag all with one kind of track')
    if form in EVERY_SHOT:
        return Exported(EVERY_SHOT[form](shots, footprints or {}), [])
    listed = [(name, tag) for shot in shots if (name := name_of(shot)) and (tag := Tag.of(shot))]
    names = [name for name, _ in listed]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f'{twice[0]} is the name of several pictures, which {form} cannot tell '
                         'apart; export one --camera at a time, or write tagged copies of all '
                         'into one folder')
    return Exported(PICTURES[form](listed),
                    [shot for shot in shots if not name_of(shot) or not Tag.of(shot)])


def _utc(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).isoformat(timespec='microseconds').replace(
        '+00:00', 'Z')


def _properties(shot: ShotRecord) -> dict[str, Any]:
    """Return what every format that has room for it says of a shot; unknown values left out."""
    tag = Tag.of(shot)
    values: dict[str, Any] = {
        'shot_id': shot.shot_id, 'camera': shot.camera, 'state': shot.state,
        'file': name_of(shot) or None, 'untagged': why_untagged(shot) or None}
    if rig := (shot.geotag or {}).get('rig'):
        place = Place(**rig)
        values |= {'capture_uuid': capture_uuid(place.capture), 'rig_camera_index': place.index}
    if tag:
        values |= {
            'time': _utc(tag.time), 'height': round(tag.height, 4),
            'height_over': tag.height_kind, 'yaw': tag.yaw, 'pitch': tag.pitch, 'roll': tag.roll,
            'horizontal_accuracy': tag.horizontal, 'vertical_accuracy': tag.vertical,
            'speed': tag.speed, 'stamp_uncertainty': tag.stamp_uncertainty}
    return {name: round(value, 6) if isinstance(value, float) else value
            for name, value in values.items() if value is not None}


def _geojson(shots: Sequence[ShotRecord], footprints: Mapping[str, Corners]) -> str:
    """
    RFC 7946: WGS 84, longitude first; a third coordinate is over the ellipsoid.

    A footprint is a feature of its own behind its shot's: few programs show a feature of a point
    and a polygon.
    """
    features = []
    for shot in shots:
        geometry = None
        if tag := Tag.of(shot):
            place = [round(tag.longitude, 10), round(tag.latitude, 10)]
            if tag.height_kind == ELLIPSOID:
                place.append(round(tag.height, 4))
            geometry = {'type': 'Point', 'coordinates': place}
        features.append({'type': 'Feature', 'id': shot.shot_id, 'geometry': geometry,
                         'properties': _properties(shot)})
        if corners := footprints.get(shot.shot_id):
            # A polygon is closed, and its outside is on the right of the way around it.
            ring = [[round(longitude, 10), round(latitude, 10)]
                    for latitude, longitude in (corners[0], *reversed(corners))]
            features.append({
                'type': 'Feature', 'id': f'{shot.shot_id}-footprint',
                'geometry': {'type': 'Polygon', 'coordinates': [ring]},
                'properties': {'footprint_of': shot.shot_id, 'camera': shot.camera,
                               'file': name_of(shot)}})
    return json.dumps({'type': 'FeatureCollection', 'features': features}, indent=1) + '\n'


def _kml(shots: Sequence[ShotRecord], footprints: Mapping[str, Corners]) -> str:
    """KML 2.2: an altitude is over mean sea level; over the ellipsoid it is data alone."""
    places = []
    for shot in shots:
        place = f'<Placemark><name>{escape(name_of(shot) or shot.shot_id)}</name>'
        if tag := Tag.of(shot):
            place += f'<TimeStamp><when>{_utc(tag.time)}</when></TimeStamp>'
        data = ''.join(f'<Data name="{name}"><value>{escape(str(value))}</value></Data>'
                       for name, value in _properties(shot).items())
        place += f'<ExtendedData>{data}</ExtendedData>'
        if tag:
            over_sea = tag.height_kind != ELLIPSOID
            mode = 'absolute' if over_sea else 'clampToGround'
            height = f',{tag.height:.4f}' if over_sea else ''
            geometry = (f'<Point><altitudeMode>{mode}</altitudeMode><coordinates>'
                        f'{tag.longitude:.10f},{tag.latitude:.10f}{height}</coordinates></Point>')
            if corners := footprints.get(shot.shot_id):
                ring = ' '.join(f'{longitude:.10f},{latitude:.10f}'
                                for latitude, longitude in (corners[0], *reversed(corners)))
                geometry = (f'<MultiGeometry>{geometry}<Polygon><outerBoundaryIs><LinearRing>'
                            f'<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>'
                            '</Polygon></MultiGeometry>')
            place += geometry
        places.append(place + '</Placemark>\n')
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
            f'{"".join(places)}</Document></kml>\n')


Listed = Sequence[tuple[str, Tag]]


def _angles(tag: Tag) -> list[str]:
    return ['' if value is None else f'{value:.4f}' for value in (tag.yaw, tag.pitch, tag.roll)]


def _accuracies(tag: Tag) -> list[str]:
    return ['' if value is None else f'{value:.4f}' for value in (tag.horizontal, tag.vertical)]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _columns(listed: Listed) -> int:
    """Return how many of angles and accuracies, five at most, all pictures have."""
    complete = [''.join('x' if value else '-' for value in _angles(tag) + _accuracies(tag))
                for _, tag in listed]
    return next((count for count in (5, 3)
                 if all(one.startswith('x' * count) for one in complete)), 0)


def _csv_pix4d(listed: Listed) -> str:
    """Latitude first; 9, 7 or 4 columns, as all pictures have them; a header behind #."""
    count = _columns(listed)
    header = ['# name', 'latitude', 'longitude', 'altitude', *(
        'yaw', 'pitch', 'roll', 'horizontal accuracy', 'vertical accuracy')[:count]]
    return _table(header, [
        [name, f'{tag.latitude:.10f}', f'{tag.longitude:.10f}', f'{tag.height:.4f}',
         *(_angles(tag) + _accuracies(tag))[:count]] for name, tag in listed])


def _csv_metashape(listed: Listed) -> str:
    """Longitude first; the columns are named, cells may be empty."""
    return _table(
        ['label', 'longitude', 'latitude', 'altitude', 'accuracy_xy', 'accuracy_z',
         'yaw', 'pitch', 'roll (0/0/0: camera looks down; top of picture north)'],
        [[name, f'{tag.longitude:.10f}', f'{tag.latitude:.10f}', f'{tag.height:.4f}',
          *_accuracies(tag), *_angles(tag)] for name, tag in listed])


def _csv_opk(listed: Listed) -> str:
    """Return omega, phi, kappa and the positions, on the map of the zone of the first picture."""
    if not listed:
        return ''
    plane = Map(listed[0][1].latitude, listed[0][1].longitude)
    accuracies = all(all(_accuracies(tag)) for _, tag in listed)
    rows = []
    for name, tag in listed:
        if tag.yaw is None or tag.pitch is None or tag.roll is None:
            raise ValueError(f'how the camera of {name} looked is not known, and csv-opk is for '
                             'angles; use csv-pix4d or csv-metashape')
        place = plane.place(tag.latitude, tag.longitude)
        angles = plane.opk(tag.latitude, tag.longitude, (tag.yaw, tag.pitch, tag.roll))
        rows.append([name, *(f'{value:.4f}' for value in (*place, tag.height)),
                     *(f'{value:.5f}' for value in angles),
                     *(_accuracies(tag) if accuracies else [])])
    return _table([f'# name ({plane.crs})', 'easting', 'northing', 'altitude', 'omega', 'phi',
                   'kappa', *(['horizontal accuracy', 'vertical accuracy'] if accuracies else [])],
                  rows)


def _odm_geo(listed: Listed) -> str:
    """Return geo.txt: its coordinate system, then longitude first, with blanks between."""
    blank = next((name for name, _ in listed if name.split() != [name]), '')
    if blank:
        raise ValueError(f'{blank!r} has a blank in its name, which separates the columns of '
                         'geo.txt; rename the file, or use another format')
    lines = ['EPSG:4326']
    for name, tag in listed:
        angles = [value or 'nan' for value in _angles(tag)]
        accuracies = _accuracies(tag) if all(_accuracies(tag)) else []
        if angles == ['nan'] * 3 and not accuracies:
            angles = []
        lines.append(' '.join([name, f'{tag.longitude:.10f}', f'{tag.latitude:.10f}',
                               f'{tag.height:.4f}', *angles, *accuracies]))
    return '\n'.join(lines) + '\n'


def _opensfm(listed: Listed) -> str:
    """Return exif_overrides.json: `dop` is what OpenSfM takes for the accuracy [m]."""
    overrides = {}
    for name, tag in listed:
        gps = {'latitude': round(tag.latitude, 10), 'longitude': round(tag.longitude, 10),
               'altitude': round(tag.height, 4)}
        if tag.horizontal is not None:
            gps['dop'] = round(tag.horizontal, 4)
        overrides[name] = {'gps': gps, 'capture_time': round(tag.time, 6)}
    return json.dumps(overrides, indent=1) + '\n'


EVERY_SHOT: dict[str, Callable[[Sequence[ShotRecord], Mapping[str, Corners]], str]] = {
    'geojson': _geojson, 'kml': _kml}
PICTURES: dict[str, Callable[[Listed], str]] = {
    'csv-pix4d': _csv_pix4d, 'csv-metashape': _csv_metashape, 'csv-opk': _csv_opk,
    'odm-geo': _odm_geo, 'opensfm': _opensfm}
FORMATS = (*EVERY_SHOT, *PICTURES)
