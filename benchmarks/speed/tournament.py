"""The HTTP contest: all servers alive, one at a time awake and loaded, in another order each round."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from environments import REPOSITORY, EnvironmentFault, prepare, variables
from speed import wrk
from speed.field import CASES, OURS, UNCLASSIFIED, Entry, bodies
from speed.host import Host

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from speed.wrk import Shot

Cell = tuple[str, str, int]
"""Entry, case, connections."""

SECONDS = {1: 0.6, 8: 1.0, 64: 0.8}
# A batch on each of 64 connections keeps the slowest servers busy for longer than the others' run.
_LONG = {("batch", 64): 1.5}


_ASK_VERSIONS = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""


@dataclass(slots=True)
class Place:
    """Where the contest is held: environments, scratch files, the core of the servers."""

    cache: Path
    folder: Path
    core: int

    def host(self, entry: Entry, *, cores: str = "", extra: Sequence[str] = (), name: str = "") -> Host:
        """Return a server yet to be started, on the servers' core if not told otherwise."""
        folder = self.folder / (name or entry.name)
        return Host(entry, prepare("speed", entry.lock, self.cache), folder, cores or str(self.core), extra)


@dataclass(slots=True)
class Outcome:
    """What was measured, a figure for each round, and the versions of what took part."""

    shots: dict[Cell, list[Shot]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def furnish(place: Place) -> None:
    """Put the pipelines where the peers look for them."""
    (released,) = (REPOSITORY / "models" / "pressmark" / "released").glob("*/pipeline.joblib")
    (place.folder / "released.joblib").symlink_to(released)
    plain = place.folder / "plain.joblib"
    command = [str(prepare("speed", "sklearn", place.cache)), "-m", "speed.servers.train", str(plain)]
    subprocess.run(command, env=variables(), check=True)


def hold(entries: Sequence[Entry], connections: Sequence[int], rounds: int, place: Place) -> Outcome:
    """Load everybody in turn; who cannot be installed or started here is left out, and the outcome says so."""
    outcome = Outcome()
    with ExitStack() as stack:
        hosts: list[tuple[Host, dict[str, Path]]] = []
        for entry in entries:
            tell(f"starting {entry.title}")
            try:
                host = stack.enter_context(place.host(entry))
            except EnvironmentFault as fault:
                outcome.left_out[entry.title] = str(fault)
                continue
            outcome.versions |= _versions(entry, place)
            hosts.append((host, wrk.scripts(host, place.folder)))
        _check_shapes([host for host, _ in hosts])
        for host, scripts in hosts:
            for script in scripts.values():
                wrk.shoot(host, script, 8, 0.5)  # warms it
            host.pause()
        for number in range(1, rounds + 1):
            tell(f"round {number} of {rounds}")
            _round(hosts, connections, number, outcome)
    return outcome


def _round(
    hosts: list[tuple[Host, dict[str, Path]]], connections: Sequence[int], number: int, outcome: Outcome
) -> None:
    shuffled = random.Random(number)  # noqa: S311 - an order, no secret
    cells = [(case, count) for case in CASES for count in connections]
    shuffled.shuffle(cells)
    for case, count in cells:
        for host, scripts in shuffled.sample(hosts, len(hosts)):
            if case not in scripts:
                continue
            host.resume()
            shot = wrk.shoot(host, scripts[case], count, _LONG.get((case, count), SECONDS[count]))
            host.pause()
            outcome.shots.setdefault((host.entry.name, case, count), []).append(shot)


def start_alone(entries: Sequence[Entry], rounds: int, place: Place) -> dict[str, list[tuple[float, float, float]]]:
    """Start servers one after another, each alone: seconds to the first answer, RSS and PSS in MB after some work."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for number in range(rounds):
        tell(f"start {number + 1} of {rounds}")
        for entry in random.Random(number).sample(entries, len(entries)):  # noqa: S311 - an order, no secret
            try:
                with place.host(entry) as host:
                    for case in entry.cases:
                        for body in bodies(entry, case) * 5:
                            host.ask(body)
                    found.setdefault(entry.name, []).append((host.ready_after, *host.memory()))
            except EnvironmentFault:
                continue
    return found


def _check_shapes(hosts: list[Host]) -> None:
    """Raise unless FastAPI without classification answers just as the service does."""
    answers = {
        host.entry.name: json.loads(host.ask(bodies(host.entry, "article")[0])[1])
        for host in hosts
        if host.entry.name in {OURS, UNCLASSIFIED}
    }
    if len({json.dumps(_shape(answer)) for answer in answers.values()}) > 1:
        raise EnvironmentFault("servers/unclassified.py no longer answers in the shape of the service: renew it")


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {name: _shape(one) for name, one in value.items() if name != "candidates"}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return "text" if value is None or isinstance(value, str) else "number"


def _versions(entry: Entry, place: Place) -> dict[str, str]:
    python = str(prepare("speed", entry.lock, place.cache))
    told = subprocess.run(
        [python, "-c", _ASK_VERSIONS, *entry.libraries], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    versions: dict[str, str] = json.loads(told)
    return versions


def tell(what: str) -> None:
    """Say how far it is."""
    print(f"http: {what}", file=sys.stderr, flush=True)
