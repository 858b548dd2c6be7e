"""Judging in turns: first come, first served, and the event loop looks up in between."""

from __future__ import annotations

import asyncio
import re

from pressmark_service.turns import Turns


async def worker(turns: Turns, seen: list[str], name: str) -> None:
    await turns.take()
    seen.append(name)


async def bystander(seen: list[str], *, until: int) -> None:
    while sum(name != "." for name in seen) < until:
        seen.append(".")
        await asyncio.sleep(0)


def test_turns_come_in_the_order_of_asking() -> None:
    async def all_at_once() -> list[str]:
        turns, seen = Turns(), list[str]()
        await asyncio.gather(*(worker(turns, seen, name) for name in "abcdef"))
        return seen

    assert asyncio.run(all_at_once()) == list("abcdef")


def test_others_get_to_run_between_any_two_turns() -> None:
    async def all_at_once() -> list[str]:
        turns, seen = Turns(), list[str]()
        await asyncio.gather(bystander(seen, until=4), *(worker(turns, seen, name) for name in "abcd"))
        return seen

    seen = "".join(asyncio.run(all_at_once()))
    assert re.fullmatch(r"\.*a\.+b\.+c\.+d\.*", seen)


def test_who_gives_up_waiting_is_passed_over() -> None:
    async def one_leaves() -> list[str]:
        turns, seen = Turns(), list[str]()
        tasks = [asyncio.create_task(worker(turns, seen, name)) for name in "abc"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await turns.take()
        return seen

    assert asyncio.run(one_leaves()) == ["a", "c"]
