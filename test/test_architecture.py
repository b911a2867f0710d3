# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""Imports go one way; what every device type has to have."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / 'camera_driver'

CORE = {'errors', 'model', 'operations'}
LIBRARIES = CORE | {'pictures', 'video', 'ledger', 'payload', 'link', 'sim', 'host', 'mavlink',
                    'doctor', 'conform'}
DEVICES = LIBRARIES | {'device', 'abilities', 'devices', 'device_type', 'catalog'}
# Part -> which parts it may import besides itself. A new part has to be given a place here.
MAY_IMPORT = {
    'errors': set(),
    'model': {'errors'},
    'operations': {'errors'},
    'link': CORE,
    'pictures': CORE,
    'video': CORE,
    'ledger': CORE,
    'payload': CORE | {'pictures', 'ledger'},
    'mavlink': CORE | {'link', 'payload'},
    'doctor': {'host'},
    'sim': CORE | {'link', 'pictures'},
    'device': CORE | {'link'},
    'abilities': CORE | {'device'},
    'host': CORE | {'link', 'device'},
    'conform': CORE | {'link', 'device', 'abilities', 'device_type'},
    'devices': CORE | {'link', 'pictures', 'device', 'abilities', 'sim', 'conform'},
    'device_type': CORE | {'link', 'device', 'sim'},
    'catalog': {'device_type'},
    'machines': set(),
    'rig': CORE | {'device_type', 'catalog', 'machines'},
    'nodes': DEVICES | {'rig', 'machines'},
    'cli': DEVICES | {'rig', 'machines', 'nodes'},
}
ONLY_HERE = {  # module from outside -> where it may be imported
    'serial': ('link/port.py', 'link/remote.py'),
    'PIL': ('pictures/image.py', 'sim/scene.py'),
    'simplejpeg': ('pictures/image.py',),
    'cv2': ('video/sources.py',),
    'pymavlink': ('mavlink/',),
    'rich': ('cli/watch.py',),
    'time': ('link/port.py', 'link/remote.py', 'sim/terminal.py', 'sim/mjpeg.py', 'video/',
             'host/', 'nodes/', 'cli/', 'mavlink/links.py', 'mavlink/service.py'),
    'threading': ('link/port.py', 'link/remote.py', 'sim/terminal.py', 'sim/mjpeg.py', 'video/',
                  'host/', 'nodes/', 'cli/', 'mavlink/service.py'),
    'rclpy': ('nodes/',),
}
ONLY_HERE |= dict.fromkeys(('_thread', 'multiprocessing', 'asyncio', 'sched', 'concurrent'),
                           ONLY_HERE['threading'])
STARTS_THREADS = (
    'cli/images.py', 'cli/preflight.py', 'host/worker.py', 'mavlink/service.py',
    'nodes/spinning.py', 'sim/terminal.py', 'sim/mjpeg.py', 'video/reader.py')

SOURCES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob('*.py'))}


@cache
def nodes(path):
    """Return the nodes of the syntax tree of a file."""
    return list(ast.walk(ast.parse(SOURCES[path].read_text())))


@cache
def modules(path):
    """Return the full names of all that a file imports, also late and for type checks alone."""
    names = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f'line {node.lineno}: a relative import'
            names |= {f'{node.module}.{alias.name}' for alias in node.names}
    return names


def own(name):
    """Return the path of camera_driver.<path> as a list, or nothing."""
    parts = name.split('.')
    return parts[1:] if parts[0] == 'camera_driver' else []


@pytest.mark.parametrize('path', SOURCES)
def test_imports_go_one_way(path):
    part = path.split('/')[0].removesuffix('.py')
    if part == '__init__':
        assert modules(path) == {'pkgutil.extend_path'}
        return
    allowed = MAY_IMPORT[part] | {part}
    if part == 'nodes':
        allowed |= {'msg', 'srv', 'action'}
    used = {own(name)[0] for name in modules(path) if own(name)}
    assert used <= allowed


@pytest.mark.parametrize('path', SOURCES)
def test_libraries_are_imported_in_their_places_only(path):
    for name in modules(path):
        places = ONLY_HERE.get(name.split('.')[0])
        assert places is None or path.startswith(places), f'{path} imports {name}'


@pytest.mark.parametrize('path', SOURCES)
def test_threads_are_started_in_few_places(path):
    calls = {node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
             for node in nodes(path) if isinstance(node, ast.Call)
             and isinstance(node.func, (ast.Attribute, ast.Name))}
    assert not calls & {'Thread', 'Timer', 'ThreadPoolExecutor'} or path.startswith(STARTS_THREADS)


@pytest.mark.parametrize('path', [path for path in SOURCES if path.startswith('devices/')])
def test_inside_a_device_type(path):
    folder, _, module = path.removeprefix('devices/').partition('/')
    for name in modules(path):
        place = own(name)
        if place[:1] == ['devices']:
            assert place[1:2] == [folder], f'{path} imports another device type: {name}'
            if module.startswith('simulator/'):
                assert place[2] not in ('session', 'camera', 'switcher'), f'{path}: {name}'
        if place[:1] == ['sim']:
            assert module.startswith('simulator/'), f'{path} imports {name}'


def test_no_module_has_a_name_that_is_taken_or_says_nothing():
    taken = {'msg', 'srv', 'action', 'utils'}
    assert not [path for path in SOURCES if taken & set(path.removesuffix('.py').split('/'))]


def test_no_modules_import_each_other_in_a_circle():
    names = {'.'.join(path.removesuffix('.py').split('/')): path for path in SOURCES
             if not path.endswith('__init__.py')}
    graph = {name: set() for name in names}
    for name, path in names.items():
        for used in map(own, modules(path)):
            # A name in a module, or a module in a package.
            graph[name] |= {one for one in ('.'.join(used), '.'.join(used[:-1])) if one in names}
    list(TopologicalSorter(graph).static_order())  # raises CycleError that names them
