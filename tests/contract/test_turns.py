"""Judging in turns: first come, first served, and the event loop looks up in between."""

from __future__ import annotations

import asyncio
import re

import pytest

from pressmark_service.turns import Turns


class Clock:
    """Shows the time that workers have spent, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


async def worker(turns: Turns, seen: list[str], name: str, clock: Clock, seconds: float) -> None:
    await turns.take()
    clock.now += seconds
    seen.append(name)


async def bystander(seen: list[str], *, until: int) -> None:
    while sum(name != "." for name in seen) < until:
        seen.append(".")
        await asyncio.sleep(0)


def work_through(names: str, seconds: float) -> str:
    """Return who was seen, workers by name and a bystander as a dot, where all come at once."""

    async def all_at_once() -> list[str]:
        clock, seen = Clock(), list[str]()
        turns = Turns(clock)
        workers = (worker(turns, seen, name, clock, seconds) for name in names)
        await asyncio.gather(bystander(seen, until=len(names)), *workers)
        return seen

    return "".join(asyncio.run(all_at_once()))


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 0.003])
def test_turns_come_in_the_order_of_asking(seconds: float) -> None:
    assert work_through("abcdefghijklmnopqrst", seconds).replace(".", "") == "abcdefghijklmnopqrst"


@pytest.mark.parametrize("seconds", [0.003, 0.0014])
def test_others_get_to_run_between_judgements_two_of_which_pass_the_time(seconds: float) -> None:
    assert re.fullmatch(r"\.*a\.+b\.+c\.+d\.*", work_through("abcd", seconds))


def test_short_judgements_share_a_turn_of_two_milliseconds() -> None:
    assert re.fullmatch(r"\.*abcd\.+efgh\.+ijkl\.*", work_through("abcdefghijkl", 0.0005))


def test_a_look_at_the_network_begins_a_turn_without_waiting() -> None:
    async def one_by_one() -> list[str]:
        clock, seen = Clock(), list[str]()
        turns = Turns(clock)
        await worker(turns, seen, "a", clock, 0.003)
        turns.renew()
        # Run by hand: what has to wait would yield to the loop instead of ending.
        with pytest.raises(StopIteration):
            worker(turns, seen, "b", clock, 0.003).send(None)
        late = worker(turns, seen, "c", clock, 0.003)
        assert late.send(None) is not None
        late.close()
        return seen

    assert asyncio.run(one_by_one()) == ["a", "b"]


def test_a_look_at_the_network_lets_nobody_pass_those_who_wait() -> None:
    async def some_by_some() -> list[str]:
        clock, seen = Clock(), list[str]()
        turns = Turns(clock)
        tasks = [asyncio.create_task(worker(turns, seen, name, clock, 0.003)) for name in "abc"]
        await asyncio.sleep(0)
        turns.renew()
        tasks.append(asyncio.create_task(worker(turns, seen, "d", clock, 0.003)))
        await asyncio.gather(*tasks)
        return seen

    assert asyncio.run(some_by_some()) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(("looks", "met"), [(0, ""), (1, "."), (4, "...."), (9, ".....")])
def test_who_has_just_come_is_seen_to_before_those_who_wait_go_on(looks: int, met: str) -> None:
    """Two looks it takes to go on, and three more at most while each brings somebody."""

    async def newcomers(turns: Turns, seen: list[str]) -> None:
        for _ in range(looks):
            turns.renew()
            seen.append(".")
            await asyncio.sleep(0)

    async def one_waits() -> list[str]:
        clock, seen = Clock(), list[str]()
        turns = Turns(clock)
        await worker(turns, seen, "a", clock, 0.003)
        waits = asyncio.create_task(worker(turns, seen, "b", clock, 0.003))
        await asyncio.gather(newcomers(turns, seen), waits)
        return seen

    before, _, after = "".join(asyncio.run(one_waits())).partition("b")
    assert before == "a" + met
    assert after == "." * (looks - len(met))


def test_who_gives_up_waiting_is_passed_over() -> None:
    async def one_leaves() -> list[str]:
        clock, seen = Clock(), list[str]()
        turns = Turns(clock)
        tasks = [asyncio.create_task(worker(turns, seen, name, clock, 0.003)) for name in "abc"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await turns.take()
        return seen

    assert asyncio.run(one_leaves()) == ["a", "c"]


@pytest.mark.parametrize("pause", [1, 2, 3])
def test_who_arrives_while_another_is_let_on_waits_for_a_turn_of_its_own(pause: int) -> None:
    async def some_by_some() -> list[str]:
        clock, seen = Clock(), list[str]()
        turns, tasks = Turns(clock), list[asyncio.Task[None]]()
        watching = asyncio.create_task(bystander(seen, until=8))
        for names in ("ab", "cd", "ef", "gh"):
            tasks += [asyncio.create_task(worker(turns, seen, name, clock, 0.003)) for name in names]
            for _ in range(pause):
                await asyncio.sleep(0)
        await asyncio.gather(watching, *tasks)
        return seen

    assert re.fullmatch(r"\.*a\.+b\.+c\.+d\.+e\.+f\.+g\.+h\.*", "".join(asyncio.run(some_by_some())))
