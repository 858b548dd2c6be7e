"""The scoring contest: every entrant in a process of its own, asked in turn, in another order each round."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from environments import EnvironmentFault, prepare, variables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from speed.entrants import Entrant

SIZES = (1, 10, 100, 1000)
Cell = tuple[str, str, int]
"""Entrant, language, paragraphs in a call."""

# What takes this long a call has few rounds: its figure is far from all others, whatever the noise.
_SLOW_SECONDS, _SLOW_ROUNDS = 2.0, 3


@dataclass(slots=True)
class Outcome:
    """CPU seconds of a paragraph, a figure for each round, and the versions of the libraries."""

    seconds: dict[Cell, list[float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


class _Running:
    """An entrant's process."""

    def __init__(self, entrant: Entrant, python: Path, core: int) -> None:
        arguments = [entrant.module, entrant.maker, str(core), *entrant.languages]
        self.process = subprocess.Popen(
            [str(python), "-m", "speed.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=variables(),
            text=True,
        )
        self.versions: dict[str, str] = self._answer()

    def measure(self, language: str, size: int) -> float:
        """Return the CPU seconds of one paragraph."""
        assert self.process.stdin is not None  # noqa: S101 - opened as a pipe above
        self.process.stdin.write(f"{language} {size}\n")
        self.process.stdin.flush()
        return float(self._answer())

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()

    def _answer(self) -> Any:  # noqa: ANN401 - whatever the worker says
        for line in self.process.stdout or ():
            if line.startswith("\x1e"):
                return json.loads(line[1:])
        raise EnvironmentFault(f"a worker ended with exit code {self.process.wait()}")


def hold(entrants: Sequence[Entrant], sizes: Sequence[int], rounds: int, core: int, cache: Path) -> Outcome:
    """Measure everybody; who cannot be installed or started here is left out, and the outcome says so."""
    outcome = Outcome()
    with ExitStack() as stack:
        running: list[tuple[Entrant, _Running]] = []
        for entrant in entrants:
            _tell(f"starting {entrant.title}")
            try:
                worker = _Running(entrant, prepare("speed", entrant.lock, cache), core)
            except EnvironmentFault as fault:
                outcome.left_out[entrant.title] = str(fault)
                continue
            stack.callback(worker.stop)
            outcome.versions |= worker.versions
            running.append((entrant, worker))
        for number in range(rounds + 1):
            _tell(f"round {number} of {rounds}" if number else "a round that does not count")
            _round(running, sizes, number, outcome)
    return outcome


def _round(running: list[tuple[Entrant, _Running]], sizes: Sequence[int], number: int, outcome: Outcome) -> None:
    shuffled = random.Random(number)  # noqa: S311 - an order, no secret
    cells = [(language, size) for language in ("en", "ko") for size in sizes]
    shuffled.shuffle(cells)
    for language, size in cells:
        for entrant, worker in shuffled.sample(running, len(running)):
            if language not in entrant.languages or (number == 0 and size > 100):
                continue
            taken = outcome.seconds.setdefault((entrant.name, language, size), [])
            if _is_slow(outcome, entrant.name, language) and (number == 0 or len(taken) >= _SLOW_ROUNDS):
                continue
            figure = worker.measure(language, size)
            if number:
                taken.append(figure)


def _is_slow(outcome: Outcome, name: str, language: str) -> bool:
    """Tell whether a hundred paragraphs take an entrant longer than `_SLOW_SECONDS`, as far as is known."""
    known = [figure for size in SIZES for figure in outcome.seconds.get((name, language, size), ())]
    return bool(known) and min(known) * 100 > _SLOW_SECONDS


def _tell(what: str) -> None:
    print(f"scoring: {what}", file=sys.stderr, flush=True)
