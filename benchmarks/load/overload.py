"""``make overload``: four times what the service can do; what it lets in is done soon, the rest turned away at once.

The service runs with ``--requests 2`` unless told otherwise. How long a request waits is how many are ahead of
it times the time of each, and turning the rest away takes a share of that time, too: "within four times the
unloaded" is a wish for about two places, and not for the 128 of the default, which are so many that bursts
are done and not turned away. ``--requests 128`` measures those: what is let in then waits for up to 127 others,
and the promise about its time does not hold. All others do.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass
from time import perf_counter

from load.client import MOST_LEFT_OUT, Clients, Seen
from load.requests import articles, probe
from load.service import Memory, Service, running
from speed import machine

PLACES = 2
TIMES = 4
RIGHT = (200, 429)
MOST_TIMES_UNLOADED = 4.0
MOST_PROBE_SECONDS = 0.1
MOST_SECONDS_TO_TURN_AWAY = 0.1
MOST_GROWTH_MEGABYTES = 3.0
# More than the default of `--requests` has places, so that some are always turned away.
_CONNECTIONS = 400
_SECONDS_BETWEEN_PROBES = 0.05


@dataclass(frozen=True, slots=True)
class Overloaded:
    """How it went."""

    places: int
    capacity: float
    # Everything once, and the measuring of the capacity.
    before: tuple[Seen, ...]
    unloaded: Seen
    rush: Seen
    seconds: float
    seen: Seen
    probes: Seen
    memory: Memory

    @property
    def slowdown(self) -> float:
        """How many times as long as the slowest hundredth without load that of what was let in took."""
        return self.seen.within(0.99) / self.unloaded.within(0.99)

    @property
    def is_right(self) -> bool:
        """Whether it was too much, from the first request on, and each was answered with what is right."""
        is_calm = self.capacity > 0 and all(phase.is_answered(200) for phase in (*self.before, self.unloaded))
        was_too_much = all(phase.is_answered(*RIGHT) for phase in (self.rush, self.seen))
        are_both = set(RIGHT) <= self.seen.statuses.keys()
        return is_calm and was_too_much and are_both and self.probes.is_answered(200)

    @property
    def holds(self) -> bool:
        """Whether all that is promised was kept."""
        is_soon = (
            self.slowdown <= MOST_TIMES_UNLOADED
            and self.seen.within(0.99, 429) <= MOST_SECONDS_TO_TURN_AWAY
            and self.probes.within(0.99) <= MOST_PROBE_SECONDS
        )
        is_flat = self.memory.growth <= MOST_GROWTH_MEGABYTES
        return self.is_right and self.seen.left_out <= MOST_LEFT_OUT and is_soon and is_flat

    def told(self) -> str:
        """Return the figures."""
        done = self.seen.statuses[200] / self.seconds
        share = done / self.capacity if self.capacity else 0.0
        statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.seen.statuses.items()))
        return (
            f"overload: {self.places} places, {TIMES} times {self.capacity:,.0f} a second for {self.seconds:.0f} s: "
            f"asked {self.seen.asked:,} (unsent {self.seen.unsent:,}), lost {self.seen.lost}; {statuses}\n"
            f"  done {done:,.0f} a second, {share:.0%} of capacity; p99 of what was let in "
            f"{1000 * self.seen.within(0.99):.1f} ms, {self.slowdown:.1f} times the "
            f"{1000 * self.unloaded.within(0.99):.1f} ms without load (at most {MOST_TIMES_UNLOADED:.0f}); "
            f"p99 of turning away {1000 * self.seen.within(0.99, 429):.1f} ms "
            f"(at most {1000 * MOST_SECONDS_TO_TURN_AWAY:.0f})\n"
            f"  probes p99 {1000 * self.probes.within(0.99):.1f} ms of {self.probes.asked:,} "
            f"(at most {1000 * MOST_PROBE_SECONDS:.0f}); "
            f"memory {self.memory.first:.1f} MB, {self.memory.growth:+.1f} MB at the end"
        )


async def overload(service: Service, *, places: int, seconds: float, measuring: float) -> Overloaded:
    """Find out what the service can do and how soon, then ask for four times as much."""
    clients = Clients(service.address, articles())
    once = await clients.once(places)
    unloaded = await clients.in_turn(1, measuring)
    measured = await clients.in_turn(places, measuring)
    capacity = measured.statuses[200] / measuring
    # The first rush makes the service learn what hundreds of connections take; it is flat from then on.
    rush = await clients.by_clock(TIMES * capacity, measuring, connections=_CONNECTIONS)
    memory = Memory(service)
    probing = asyncio.create_task(_probe(service, seconds))
    seen = await clients.by_clock(TIMES * capacity, seconds, connections=_CONNECTIONS, watch=memory.watch)
    return Overloaded(places, capacity, (once, measured), unloaded, rush, seconds, seen, await probing, memory)


async def _probe(service: Service, seconds: float) -> Seen:
    """Ask as orchestrators do, on new connections."""
    seen = Seen()
    end = perf_counter() + seconds
    while perf_counter() < end:
        for path in ("/healthz", "/readyz"):
            began = perf_counter()
            seen.asked += 1
            reader, writer = await asyncio.open_connection(*service.address)
            writer.write(probe(path))
            answer = await reader.read()
            seen.answered(int(answer[9:12]), perf_counter() - began)
            writer.close()
            await writer.wait_closed()
            await asyncio.sleep(_SECONDS_BETWEEN_PROBES)
    return seen


def main() -> int:
    """Overload; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m load.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for how long (default: %(default)s)")
    parser.add_argument(
        "--measuring", type=float, default=8, help="seconds for each figure before (default: %(default)s)"
    )
    parser.add_argument("--requests", type=int, default=PLACES, help="places that it has (default: %(default)s)")
    asked = parser.parse_args()
    with running("--requests", str(asked.requests), core=machine.cores().measured) as service:
        seen = asyncio.run(overload(service, places=asked.requests, seconds=asked.seconds, measuring=asked.measuring))
    print(seen.told())
    return 0 if seen.holds else 1


if __name__ == "__main__":
    sys.exit(main())
