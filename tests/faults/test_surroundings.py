"""What may go wrong with the machine around the service: it serves on."""

from __future__ import annotations

import hashlib
import shutil
import signal
from pathlib import Path

import httpx
import pytest
from missing import cannot_test
from releases import put
from service import Server, serving, until
from surroundings import PREPARED, clock_library, in_namespace, what_keeps_namespaces_away, with_clock

from pressmark.release import BUNDLED, MANIFEST

KEY = "pmk_of-a-test"


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    """Do without these tests where no namespace can be made; continuous integration is to run as root on Linux."""
    if reason := what_keeps_namespaces_away():
        cannot_test(reason)


def serves_in_full(server: Server) -> None:
    """Ask for everything that is done with a request: small and large, right and wrong, and the figures."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        assert client.post("/classify", json={"text": "The army drilled."}).status_code == 200
        assert client.post("/classify", json={"text": "Rice was brought in.\n" * 1900}).status_code == 200
        assert client.post("/classify", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
        assert (
            client.post("/classify", content=b"a" * 3_000_000, headers={"Content-Type": "text/plain"}).status_code
            == 413
        )
        for path in ("/readyz", "/metrics", "/", "/docs", "/v1/model"):
            assert client.get(path).status_code == 200


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("case", PREPARED)
def test_it_serves_and_stops_in_order(tmp_path: Path, case: str, workers: str) -> None:
    flags = ("--workers", workers, "--drain-delay", "0")
    with serving(tmp_path / "log", *flags, program=in_namespace(case)) as server:
        serves_in_full(server)
        server.process.terminate()
        assert server.process.wait(20) == 0


@pytest.mark.parametrize("case", PREPARED)
def test_it_reloads(tmp_path: Path, case: str) -> None:
    model = Path(shutil.copytree(BUNDLED, tmp_path / "model"))
    with serving(tmp_path / "log", "--model", str(model), program=in_namespace(case)) as server:
        put(model, "later")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: version_of(server) == "later")


@pytest.fixture
def set_clock(tmp_path: Path) -> Path:
    """Give a file by which the wall clock of a service goes, some hours from the right time."""
    library = clock_library()
    if library is None:
        cannot_test(
            "the clock is set by libfaketime: as root on Debian, or once `apt-get install libfaketime` was done"
        )
    file = tmp_path / "clock"
    file.write_text("+0")
    return file


def served_by(clock: Path, *flags: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    library = clock_library()
    assert library is not None
    return flags, with_clock(library, clock)


def test_clock_that_is_set_back_stops_nothing(tmp_path: Path, set_clock: Path) -> None:
    flags, program = served_by(set_clock, "--drain-delay", "0.2")
    with serving(tmp_path / "log", *flags, program=program) as server:
        serves_in_full(server)
        before = clock_of(server)
        set_clock.write_text("-30d")
        serves_in_full(server)
        assert clock_of(server) < before, "the clock was not set back"
        set_clock.write_text("+30d")
        serves_in_full(server)
        server.process.terminate()
        assert server.process.wait(20) == 0


def test_clock_that_is_set_back_hides_no_refusal(tmp_path: Path, set_clock: Path) -> None:
    """The workers tell of their start, which the clock has after what the supervisor then refused."""
    model = Path(shutil.copytree(BUNDLED, tmp_path / "model"))
    flags, program = served_by(set_clock, "--model", str(model), "--workers", "2")
    with serving(tmp_path / "log", *flags, program=program) as server:
        set_clock.write_text("-30d")
        (model / MANIFEST).unlink()
        server.process.send_signal(signal.SIGHUP)
        until(lambda: last_load_of(server) == "refused")


def test_clock_that_is_set_back_locks_no_key_out(tmp_path: Path, set_clock: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"desk {hashlib.sha256(KEY.encode()).hexdigest()}\n")
    flags, program = served_by(set_clock, "--key-file", str(keys), "--rate-limit", "2/minute")
    with serving(tmp_path / "log", *flags, program=program) as server:

        def ask() -> int:
            sent = {"json": {"text": "a"}, "headers": {"X-API-Key": KEY}}
            return httpx.post(server.url + "/classify", **sent, trust_env=False).status_code

        assert [ask(), ask(), ask()] == [200, 200, 429]
        set_clock.write_text("-30d")
        assert [ask(), ask(), ask()] == [200, 200, 429]


def clock_of(server: Server) -> str:
    """Return the time of the last request, as the service tells it."""
    return max(line["time"] for line in server.lines()[-3:])


def version_of(server: Server) -> str:
    version: str = httpx.get(server.url + "/v1/model", trust_env=False).json()["version"]
    return version


def last_load_of(server: Server) -> str:
    outcome: str = httpx.get(server.url + "/v1/model", trust_env=False).json()["last_load"]["outcome"]
    return outcome
