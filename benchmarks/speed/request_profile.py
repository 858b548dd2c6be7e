"""``python -m speed.request_profile``: where the time of a one-paragraph request goes, by py-spy, as a table."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from environments import EnvironmentFault, cache_folder, prepare
from publication import RESULTS
from speed import machine, wrk
from speed.field import CASES, ENTRIES, OURS
from speed.figures import short, table
from speed.tournament import Place

_RATE = 500
# Bodies that are judged on the event loop: with a second thread, samples would count one that waits for the other.
_INLINE = ("one", "article")
# What a stack is counted to: the innermost frame that fits decides, the first pattern that fits it.
_PARTS = {
    "judging: text to terms to margins": r"pressmark/(scoring|tokens|pairs|terms|normal)\.py",
    "judging: cutting, context, decision, answer": r"pressmark/\w+\.py",
    "reading the request (pydantic-core)": r"pressmark_service/(reading|json_rules|limits|api/requests)\.py",
    "writing the answer (pydantic-core)": r"pressmark_service/api/",
    "access log": r"pressmark_service/logs\.py|_line \(pressmark_service/edge",
    "ids, routing, body, turns": r"pressmark_service/",
    "web server (uvicorn, httptools, socket)": r"uvicorn/|httptools|protocols/",
    "event loop": r"uvloop|asyncio/",
}  # fmt: skip


def main() -> int:
    """Profile; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m speed.request_profile", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="for each kind of request (default: %(default)s)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where to write profile.md")
    parser.add_argument("--cache", type=Path, default=cache_folder("speed"), help="where environments are kept")
    options = parser.parse_args()
    try:
        wrk.ensure()
        with tempfile.TemporaryDirectory(prefix="pressmark-profile-") as scratch:
            stacks, cpu = _profile(Place(options.cache, Path(scratch), machine.cores().measured), options.seconds)
    except (EnvironmentFault, subprocess.CalledProcessError) as fault:
        print(f"profile: {fault}", file=sys.stderr)
        return 1
    written = _written(stacks, cpu)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "profile.md").write_text(written, encoding="utf-8")
    print(written)
    return 0


def _profile(place: Place, seconds: int) -> tuple[dict[str, Counter[str]], dict[str, float]]:
    (entry,) = (one for one in ENTRIES if one.name == OURS)
    spy = prepare("speed", "profile", place.cache).with_name("py-spy")
    stacks: dict[str, Counter[str]] = {}
    cpu: dict[str, float] = {}
    with place.host(entry) as host:
        for case in _INLINE:
            script = wrk.scripts(host, place.folder)[case]
            wrk.shoot(host, script, 8, 1.0)  # warms it
            cpu[case] = wrk.shoot(host, script, 8, 3.0).cpu  # before the profiler slows it
            load = subprocess.Popen(wrk.command(host, script, 8, seconds + 2), stdout=subprocess.DEVNULL)
            raw = place.folder / f"{case}.stacks"
            record = ["record", "--pid", str(host.process), "--format", "raw", "--output", str(raw), "--duration"]
            subprocess.run(
                [str(spy), *record, str(seconds), "--rate", str(_RATE)], stdout=subprocess.DEVNULL, check=True
            )
            load.wait()
            stacks[case] = _counted(raw.read_text(encoding="utf-8"))
    return stacks, cpu


def _counted(raw: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        counts[_part(stack.split(";"))] += int(count)
    return counts


def _part(frames: list[str]) -> str:
    for frame in reversed(frames):
        for part, pattern in _PARTS.items():
            if re.search(pattern, frame):
                return part
    return "event loop"


def _written(stacks: dict[str, Counter[str]], cpu: dict[str, float]) -> str:
    rows = []
    for part in _PARTS:
        cells = []
        for case, counts in stacks.items():
            share = counts[part] / counts.total()
            cells.append(f"{share:.1%} ({short(share * cpu[case] * 1e6)} us)")
        rows.append([part, *cells])
    rows.append(["all", *(f"{short(cpu[case] * 1e6)} us" for case in stacks)])
    samples = ", ".join(f"{counts.total():,}" for counts in stacks.values())
    return f"""# Where the time of a request goes

The service as shipped, 8 connections, sampled by py-spy {_RATE} times a second while it works
({samples} samples). A sample counts for the innermost of the product's or the server's modules on the stack.
Microseconds are the share of the CPU time of a request, which was measured before, without the profiler.

{table(["", *(CASES[case] for case in stacks)], rows)}

Measured on {machine.described()}; load {machine.load():.1f}.
"""


if __name__ == "__main__":
    sys.exit(main())
