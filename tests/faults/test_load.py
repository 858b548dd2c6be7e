"""A minute of `make soak`, and less of `make overload`: all that they look at which is no matter of time."""

from __future__ import annotations

import asyncio

from load import overload, soak
from load.service import running

# How much can be sent is a matter of time: what a service can do falls to a third where others want the cores, too.
MOST_LEFT_OUT_HERE = 0.75


def test_steady_load_is_answered_and_leaves_nothing_behind() -> None:
    with running(*soak.FLAGS) as service:
        soaked = asyncio.run(soak.soak(service, seconds=56, measuring=2))
    assert soaked.is_right, soaked.told()
    assert soaked.seen.left_out <= MOST_LEFT_OUT_HERE, soaked.told()
    assert soaked.memory.growth <= soak.MOST_GROWTH_MEGABYTES, soaked.told()
    assert soaked.descriptors_after == soaked.descriptors_before, soaked.told()


def test_four_times_too_much_is_answered_or_turned_away_and_probes_get_through() -> None:
    with running("--requests", str(overload.PLACES)) as service:
        descriptors = service.descriptors()
        seen = asyncio.run(overload.overload(service, places=overload.PLACES, seconds=10, measuring=2))
        left = asyncio.run(service.settled(descriptors))
    assert seen.is_right, seen.told()
    assert seen.seen.left_out <= MOST_LEFT_OUT_HERE, seen.told()
    assert seen.memory.growth <= overload.MOST_GROWTH_MEGABYTES, seen.told()
    assert left == descriptors
