# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""
Change single places of the package, and see whether the tests of its module notice.

Every mutant lives in a temporary copy of the tree. A survivor is printed as a diff: a test is
missing, or the mutant does what the original does.
"""

import argparse
import ast
import collections
import copy
import difflib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ('devices/*/codec.py', 'devices/*/exchange.py', 'devices/*/session.py', 'ledger/*.py',
           'payload/*.py', 'pictures/*.py', 'host/*.py', 'link/*.py', 'operations.py')
SWAPS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
         ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
         ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add,
         ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr}


def variants(node):
    """Return the changed forms of this node, as source text."""
    result = []
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        result.append(copy.deepcopy(node))
        result[0].ops[0] = SWAPS[type(node.ops[0])]()
    elif isinstance(node, (ast.BoolOp, ast.BinOp)) and type(node.op) in SWAPS:
        result.append(copy.deepcopy(node))
        result[0].op = SWAPS[type(node.op)]()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        result.append(node.operand)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        result.append(ast.Constant(not node.value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        result += [ast.Constant(node.value + 1), ast.Constant(node.value - 1)]
    elif isinstance(node, ast.Return) and node.value is not None:
        return ['return None']
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ['pass']
    return [f'({ast.unparse(item)})' for item in result]


def nodes(tree):
    """Yield what can be changed; what is in an f-string has no place of its own before 3.12."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.JoinedStr):
            yield child
            yield from nodes(child)


def mutants(path):
    """Yield every mutant of a file as its whole text."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in nodes(ast.parse(source)):
        for text in variants(node):
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            mutant = source[:begin] + text.encode() + source[end:]
            try:
                compile(mutant, str(path), 'exec')
            except SyntaxError:  # a place where only a literal may stand: no test is needed
                continue
            yield mutant


def tests_of(name):
    """Return the test files for a source file, those named after it first."""
    parts = pathlib.PurePath(name).parts
    if len(parts) == 1:
        return [f'test/test_{name}']
    folder = pathlib.PurePath('test', parts[1] if parts[0] == 'devices' else parts[0])
    found = sorted(ROOT.joinpath(folder).glob('test_*.py'),
                   key=lambda file: (file.name != f'test_{parts[-1]}', file.name))
    return [str(folder / file.name) for file in found]


def passes(tree, name, limit_s):
    """Run the tests; a run that hangs is one that fails."""
    environment = dict(os.environ, PYTHONPATH=f'{tree}:{os.environ.get("PYTHONPATH", "")}')
    # In a name space of its own a disk that a mutant leaves mounted goes with the run, and files
    # in a folder of the runner's do not meet those of other runs.
    command = ['unshare', '--mount'] if os.geteuid() == 0 else []
    command += [sys.executable, '-m', 'pytest', '-x', '-q', '-p', 'no:cacheprovider',
                f'--basetemp={tree.parent / "pytest"}']
    run = subprocess.Popen(command + tests_of(name), cwd=tree, env=environment, text=True,
                           start_new_session=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    try:
        output, _ = run.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        return False
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    if run.returncode == -signal.SIGHUP:    # a mutant made its port the terminal of the run
        return False
    # A run that broke down for a reason of its own has noticed nothing.
    if run.returncode and not re.search(r'^(FAILED|ERROR) |^ImportError while loading',
                                        output, re.MULTILINE):
        raise RuntimeError(f'pytest ended with {run.returncode} for {name}:\n{output[-2000:]}')
    return run.returncode == 0


def main():
    """Print the survivors of a sample, and the share killed of each module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--sample', type=int, default=100)
    parser.add_argument('sources', nargs='*', default=SOURCES, help='below camera_driver/')
    options = parser.parse_args()
    package = ROOT / 'camera_driver'
    names = sorted({str(path.relative_to(package)) for pattern in options.sources
                    for path in package.glob(pattern) if path.name != '__init__.py'})
    every = [(name, text) for name in names for text in mutants(package / name)]
    chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
    count, limits = collections.Counter(), {}
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / 'tree'
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(
            '.git', '.venv', 'build', 'install', 'log', '__pycache__', 'demo_output'))
        for name, text in sorted(chosen):
            target, original = tree / 'camera_driver' / name, (package / name).read_bytes()
            tests = tuple(tests_of(name)[1:]) or name
            if tests not in limits:
                began = time.monotonic()
                if not passes(tree, name, 900):
                    sys.exit(f'the tests of {name} fail without a mutant')
                limits[tests] = 20 + 4 * (time.monotonic() - began)
            target.write_bytes(text)
            # Within a second and at the same length, Python would take the mutant before.
            shutil.rmtree(target.parent / '__pycache__', ignore_errors=True)
            alive = passes(tree, name, limits[tests])
            target.write_bytes(original)
            shutil.rmtree(target.parent / '__pycache__', ignore_errors=True)
            count[name, alive] += 1
            if alive:
                print(*difflib.unified_diff(
                    original.decode().splitlines(), text.decode().splitlines(), name, name,
                    n=1, lineterm=''), sep='\n', flush=True)
    for name in names:
        if count[name, True] + count[name, False]:
            print(f'{name:32} killed {count[name, False]:3}  survived {count[name, True]:3}')
    print(f'killed {sum(number for (_, alive), number in count.items() if not alive)} '
          f'of {count.total()}, from {len(every)} mutants; seed {options.seed}')


if __name__ == '__main__':
    main()
