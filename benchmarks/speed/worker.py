"""One entrant in its own environment, timed on demand.

Called as ``python -m speed.worker MODULE MAKER CORE LANGUAGE...``. Tells its versions in a JSON line when trained and
warm; then each line on standard input, ``LANGUAGE SIZE``, is answered by the CPU seconds of one paragraph.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from importlib import metadata
from statistics import median
from time import process_time
from typing import TYPE_CHECKING

from speed import corpus

if TYPE_CHECKING:
    from collections.abc import Callable

# How many calls of each size make one measurement: the same texts for everybody.
CALLS = {1: 100, 10: 20, 100: 5, 1000: 1}
# A quick entrant does its measurement again until the clock has something to show.
_LEAST_SECONDS = 0.05


def main(arguments: list[str]) -> None:
    """Train, then answer until standard input ends."""
    module_name, maker, core, *languages = arguments
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})
    module = importlib.import_module(f"speed.scorers.{module_name}")
    texts = {}
    scorers = {}
    for language in languages:
        labelled = corpus.read(language)
        texts[language] = [one.text for one in labelled][: max(CALLS)]
        scorers[language] = getattr(module, maker)(language, labelled)
        scorers[language](texts[language][:100])
    _say({library: metadata.version(library) for library in module.LIBRARIES} | {"Python": platform.python_version()})
    for line in sys.stdin:
        language, size = line.split()
        _say(_measure(scorers[language], texts[language], int(size)))


def _measure(scorer: Callable[[list[str]], object], texts: list[str], size: int) -> float:
    """Return the CPU seconds of one paragraph, the median of as many runs over all calls as the clock needs."""
    calls = [texts[at * size : (at + 1) * size] for at in range(CALLS[size])]
    forget: Callable[[], None] | None = getattr(scorer, "forget", None)
    runs: list[float] = []
    while sum(runs) < _LEAST_SECONDS:
        if forget is not None:
            forget()
        started = process_time()
        for call in calls:
            scorer(call)
        runs.append(process_time() - started)
    return median(runs) / (size * len(calls))


def _say(told: object) -> None:
    # Libraries print to standard output as they please; only lines that begin like this are answers.
    print(f"\x1e{json.dumps(told)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
