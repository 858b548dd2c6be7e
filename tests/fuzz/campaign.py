"""``make fuzz``: very many inputs, guided by the code that they reach; prints how many, and keeps what fails."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HERE = Path(__file__).parent
FOUND = _HERE / "found"
"""What failed: replayed by the tests from then on."""
_LONGEST = 64
_SECONDS_FOR_ONE = 20
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a campaign went."""

    inputs: int
    seconds: float
    failures: tuple[Path, ...]
    said: str

    def told(self) -> str:
        """Return the figures in a line."""
        rate = self.inputs / self.seconds if self.seconds else 0.0
        return f"{self.inputs:,} inputs in {self.seconds:,.0f} s, {rate:,.0f} a second; failures: {len(self.failures)}"


def run(inputs: int, found: Path, target: Sequence[str] = ("target.py",)) -> Outcome:
    """Run until so many inputs were tried or one failed; what failed is kept in a file under `found`."""
    found.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    options = [f"-runs={inputs}", f"-max_len={_LONGEST}", "-len_control=50", f"-timeout={_SECONDS_FOR_ONE}"]
    options += ["-print_final_stats=1", "-rss_limit_mb=4096", f"-artifact_prefix={found}{os.sep}"]
    paths = os.pathsep.join([str(_HERE), str(_HERE.parent / "support")])
    started = monotonic()
    with subprocess.Popen(
        [sys.executable, *target, *options],
        cwd=_HERE,
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stderr is not None
        said = _followed(process.stderr)
    failures = tuple(sorted(set(found.iterdir()) - before))
    executed = _EXECUTED.search(said)
    if executed is None or (process.returncode != 0 and not failures):
        raise RuntimeError(f"the fuzzer itself failed:\n{said[-2000:]}")
    return Outcome(int(executed[1]), monotonic() - started, failures, said)


def main() -> int:
    """Run a campaign; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m campaign", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many (default: %(default)s)")
    parser.add_argument("--found", type=Path, default=FOUND, help="where to keep what fails (default: %(default)s)")
    asked = parser.parse_args()
    outcome = run(asked.inputs, asked.found.resolve())
    for failure in outcome.failures:
        print(outcome.said[-3000:])
        print(f"kept in {failure}; `pytest tests/fuzz` replays what lies there")
    print("fuzz:", outcome.told())
    return 1 if outcome.failures else 0


def _followed(lines: Iterable[str]) -> str:
    """Show that it lives; return what is worth keeping of what it says."""
    kept: list[str] = []
    for line in lines:
        if "pulse" in line:
            print(line.strip(), flush=True)
        elif not line.startswith("#"):
            kept.append(line)
    return "".join(kept)


if __name__ == "__main__":
    sys.exit(main())
