"""Debian's Prometheus and promtool: those installed, or taken out of the package without installing it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import yaml
from missing import cannot_test
from service import until

if TYPE_CHECKING:
    from collections.abc import Iterator

# Inside the virtual environment, so that `make clean` takes it away. Installing the package would also have
# Debian start a Prometheus of its own.
_TAKEN = Path(sys.prefix) / "prometheus"


def require_tool(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; skip where there is none, but never where CI=true."""
    if found := shutil.which(name):
        return found
    if not (_TAKEN / "usr/bin" / name).exists() and shutil.which("apt-get"):
        _take()
    if not (_TAKEN / "usr/bin" / name).exists():
        cannot_test(f"{name} is not here: it is taken on Debian, or found once `prometheus` is installed")
    return str(_TAKEN / "usr/bin" / name)


def _take() -> None:
    _TAKEN.mkdir(exist_ok=True)
    steps = ["apt-get -qq download prometheus", "dpkg-deb --extract prometheus_*.deb .", "rm prometheus_*.deb"]
    if os.geteuid() == 0:
        steps.insert(0, "apt-get -qq update")
    for step in steps:
        subprocess.run(step, shell=True, cwd=_TAKEN, check=False, capture_output=True)


def promtool(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run promtool."""
    command = [require_tool("promtool"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    url: str

    def ask(self, path: str, **parameters: str) -> dict[str, Any]:
        """Return the whole answer of its API."""
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, trust_env=False, timeout=10)
        told: dict[str, Any] = answer.json()
        return told

    def samples(self, query: str) -> list[dict[str, Any]]:
        """Return what a query finds now."""
        told = self.ask("query", query=query)
        assert told["status"] == "success", (query, told)
        found: list[dict[str, Any]] = told["data"]["result"]
        return found


@contextmanager
def watching(folder: Path, config: Path, target: str, port: int) -> Iterator[Prometheus]:
    """Start a Prometheus by a committed configuration, with the address to read and a shorter rhythm put in."""
    told = yaml.safe_load(config.read_text("utf-8"))
    told["global"] = {"scrape_interval": "200ms", "evaluation_interval": "200ms"}
    told["rule_files"] = [str(config.parent / name) for name in told["rule_files"]]
    told["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(told), "utf-8")
    command = [require_tool("prometheus"), "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    command += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stderr=log, stdout=log)
    one = Prometheus(f"http://127.0.0.1:{port}")

    def is_ready() -> bool:
        assert process.poll() is None, (folder / "prometheus.log").read_text()
        try:
            return httpx.get(one.url + "/-/ready", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(is_ready, 60)
        yield one
    finally:
        process.kill()
        process.wait(20)
