"""``make soak``: seven tenths of what the service can do, for a quarter of an hour; nothing may fail or pile up."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import dataclass

from load.client import MOST_LEFT_OUT, Clients, Seen
from load.requests import mixed
from load.service import Memory, Service, running
from speed import machine

# One of the adapters is among what is asked for.
FLAGS = ("--text-embeddings", "on")
SHARE = 0.7
MOST_GROWTH_MEGABYTES = 3.0
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Soaked:
    """How it went."""

    capacity: float
    seconds: float
    # Everything once, the measuring of the capacity, the warm-up.
    before: tuple[Seen, ...]
    seen: Seen
    memory: Memory
    descriptors_before: int
    descriptors_after: int

    @property
    def is_right(self) -> bool:
        """Whether there was a load, from the first request on, and every request was answered with 200."""
        return self.capacity > 0 and all(phase.is_answered(200) for phase in (*self.before, self.seen))

    @property
    def holds(self) -> bool:
        """Whether all that is promised was kept."""
        is_flat = self.memory.growth <= MOST_GROWTH_MEGABYTES and self.descriptors_after <= self.descriptors_before
        return self.is_right and self.seen.left_out <= MOST_LEFT_OUT and is_flat

    def told(self) -> str:
        """Return the figures."""
        failed = sum(phase.asked - phase.statuses[200] for phase in (*self.before, self.seen))
        return (
            f"soak: {self.seen.asked:,} requests in {self.seconds:.0f} s, {SHARE:.0%} of "
            f"{self.capacity:,.0f} a second (unsent {self.seen.unsent:,}); failed {failed}; "
            f"p50 {1000 * self.seen.within(0.5):.1f} ms, p99 {1000 * self.seen.within(0.99):.1f} ms\n"
            f"  memory {self.memory.first:.1f} MB warm, {self.memory.growth:+.1f} MB at the end "
            f"(at most {MOST_GROWTH_MEGABYTES:+.0f}); descriptors {self.descriptors_before} before, "
            f"{self.descriptors_after} after"
        )


async def soak(service: Service, *, seconds: float, measuring: float) -> Soaked:
    """Find out what the service can do, then have it do less for long."""
    before = service.descriptors()
    clients = Clients(service.address, mixed())
    # Everything once, so that what is learnt once is learnt, however slow the machine.
    once = await clients.once(_CONNECTIONS)
    measured = await clients.in_turn(_CONNECTIONS, measuring)
    capacity = measured.statuses[200] / measuring
    warm = await clients.by_clock(SHARE * capacity, measuring, connections=_CONNECTIONS)
    memory = Memory(service)
    seen = await clients.by_clock(SHARE * capacity, seconds, connections=_CONNECTIONS, watch=memory.watch)
    after = await service.settled(before)
    return Soaked(capacity, seconds, (once, measured, warm), seen, memory, before, after)


def main() -> int:
    """Soak; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m load.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=900, help="for how long (default: %(default)s)")
    parser.add_argument(
        "--measuring",
        type=float,
        default=10,
        help="seconds to find out what it can do, and to warm up (default: %(default)s)",
    )
    asked = parser.parse_args()
    with running(*FLAGS, core=machine.cores().measured) as service:
        soaked = asyncio.run(soak(service, seconds=asked.seconds, measuring=asked.measuring))
    print(soaked.told())
    return 0 if soaked.holds else 1


if __name__ == "__main__":
    sys.exit(main())
