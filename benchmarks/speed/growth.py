"""How the cost of scoring grows with what is sent: ten times the text should cost ten times as much, no more.

Runs in the judge's environment, called as ``python -m speed.growth CORE RUNS MOST``; writes JSON to standard output.
"""

from __future__ import annotations

import json
import os
import sys
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

import pressmark
from speed.growth_shapes import SHAPES

if TYPE_CHECKING:
    from pressmark import Judge


def main(arguments: list[str]) -> None:
    """Measure every shape at every size up to `most` times its least, and print seconds by shape and size."""
    core, runs, most = map(int, arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    judge = pressmark.load()
    found: dict[str, dict[int, float]] = {}
    for name, (_, make, sizes) in SHAPES.items():
        measured = [size for size in sizes if size <= most * sizes[0]]
        made = {size: make(size) for size in measured}
        rounds = [{size: _seconds(judge, made[size]) for size in measured} for _ in range(runs)]
        found[name] = {size: median(one[size] for one in rounds) for size in measured}
    json.dump(found, sys.stdout)


def _seconds(judge: Judge, texts: list[str]) -> float:
    started = process_time()
    judge.scores(texts)
    return process_time() - started


if __name__ == "__main__":
    main(sys.argv[1:])
