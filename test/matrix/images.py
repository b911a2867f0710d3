# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated camera stores, before and after."""


def images(simulator):
    """Return names and sizes."""
    return [(frame.name, len(frame.data)) for frame in simulator.frames]


def stored(simulator):
    """Tell whether there is one image more; none less, no two more."""
    before = images(simulator)

    def done():
        after = images(simulator)
        assert all(image in after for image in before), f'{before} became {after}'
        assert len(after) <= len(before) + 1, f'done {len(after) - len(before)} times'
        return (len(after) > len(before),)

    return done


def stored_whole(name, size):
    """Tell whether there is one image more, and whether it is this one."""
    def of(simulator):
        more = stored(simulator)
        return lambda: (*more(), (name, size) in images(simulator))

    return of


def erased(*numbers):
    """Tell of each of these images whether it is gone; none: of all. No other one is."""
    def of(simulator):
        before = images(simulator)
        wanted = [before[number - 1] for number in numbers] if numbers else before

        def done():
            after = images(simulator)
            left = [image for image in before if image in after or image not in wanted]
            assert left == after, f'{before} became {after}'
            return tuple(image not in after for image in wanted)

        return done

    return of
