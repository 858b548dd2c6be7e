"""``make soak``: seven tenths of what the service can do, for a quarter of an hour; nothing may fail or pile up."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass

from load.client import Clients, Seen
from load.requests import mixed
from load.service import Memory, Service, running
from speed import machine

# One of the adapters is among what is asked for.
FLAGS = ("--text-embeddings", "on")
SHARE = 0.7
MOST_GROWTH_MEGABYTES = 3.0
# Where more than this could not be sent when due, it was less of a load than it says.
MOST_UNSENT = 0.01
_CONNECTIONS = 16
_LEAST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Soaked:
    """How it went."""

    capacity: float
    seconds: float
    seen: Seen
    memory: Memory
    descriptors_before: int
    descriptors_after: int

    @property
    def failed(self) -> int:
        """How many requests were not answered with 200."""
        return self.seen.asked - self.seen.statuses[200]

    @property
    def holds(self) -> bool:
        """Whether all that is promised was kept."""
        has_leaked = self.descriptors_after > self.descriptors_before
        keeps_up = self.seen.unsent <= MOST_UNSENT * self.seen.asked
        return not self.failed and keeps_up and self.memory.growth <= MOST_GROWTH_MEGABYTES and not has_leaked

    def told(self) -> str:
        """Return the figures."""
        return (
            f"soak: {self.seen.asked:,} requests in {self.seconds:.0f} s, {SHARE:.0%} of "
            f"{self.capacity:,.0f} a second (unsent {self.seen.unsent:,}); failed {self.failed}; "
            f"p50 {1000 * self.seen.within(0.5):.1f} ms, p99 {1000 * self.seen.within(0.99):.1f} ms\n"
            f"  memory {self.memory.first:.1f} MB warm, {self.memory.growth:+.1f} MB at the end "
            f"(at most {MOST_GROWTH_MEGABYTES:+.0f}); descriptors {self.descriptors_before} before, "
            f"{self.descriptors_after} after"
        )


async def soak(service: Service, seconds: float, warm_up: float) -> Soaked:
    """Find out what the service can do, then have it do less for long."""
    before = service.descriptors()
    clients = Clients(service.address, mixed())
    measuring = max(warm_up / 3, _LEAST_SECONDS)
    # Everything once, so that what is learnt once is learnt, however slow the machine.
    await clients.once(_CONNECTIONS)
    capacity = (await clients.in_turn(_CONNECTIONS, measuring)).statuses[200] / measuring
    await clients.by_clock(SHARE * capacity, measuring, connections=_CONNECTIONS)
    memory = Memory(service)
    seen = await clients.by_clock(SHARE * capacity, seconds, connections=_CONNECTIONS, watch=memory.watch)
    return Soaked(capacity, seconds, seen, memory, before, await service.settled(before))


def main() -> int:
    """Soak; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m load.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=900, help="for how long (default: %(default)s)")
    parser.add_argument("--warm-up", type=float, default=30, help="seconds before it counts (default: %(default)s)")
    asked = parser.parse_args()
    with running(*FLAGS, core=machine.cores().measured) as service:
        soaked = asyncio.run(soak(service, asked.seconds, asked.warm_up))
    print(soaked.told())
    return 0 if soaked.holds else 1


if __name__ == "__main__":
    sys.exit(main())
