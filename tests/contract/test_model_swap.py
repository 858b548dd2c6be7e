"""Another model in place of the one that serves: verified first, taken in one step, refused if it is not sound."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from releases import put
from service import COMMAND, Server, environment, serving, until

from pressmark.release import BUNDLED, MANIFEST, canonical, seal

if TYPE_CHECKING:
    from collections.abc import Iterator

HELD = (sys.executable, str(Path(__file__).parent.parent / "support" / "held_loads.py"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "model"))


@pytest.fixture(params=["1", "2"], ids=["one process", "two workers"])
def server(tmp_path: Path, folder: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(tmp_path / "log", "--model", str(folder), "--workers", request.param) as started:
        yield started


def get(server: Server, path: str) -> Any:
    return httpx.get(server.url + path, trust_env=False).json()


def versions(server: Server) -> set[str]:
    """Return the versions that the processes of the service have in place."""
    text = httpx.get(server.url + "/metrics", trust_env=False).text
    rows = [row for row in text.splitlines() if row.startswith("pressmark_model_info{")]
    return {row.split('version="')[1].split('"')[0] for row in rows}


def reload(server: Server) -> subprocess.CompletedProcess[str]:
    command = [COMMAND, "reload", "--port", str(server.port)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=60)


def test_signal_swaps_the_model_in_every_process(server: Server, folder: Path) -> None:
    put(folder, "next")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: versions(server) == {"next"})
    answer = httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False).json()
    assert answer["model"]["version"] == "next"
    until(lambda: get(server, "/v1/model")["last_load"]["outcome"] == "swapped")


def test_stream_keeps_the_model_that_it_began_with(tmp_path: Path, folder: Path) -> None:
    def asked() -> Iterator[bytes]:
        line = json.dumps({"text": "The army unit held a live-fire drill."}).encode() + b"\n"
        yield line
        put(folder, "next", stretch=2)
        assert reload(server).stdout == "model swapped\n"
        yield line

    with serving(tmp_path / "log", "--model", str(folder)) as server:
        before = versions(server)
        sent = {"content": asked(), "headers": {"Content-Type": "application/x-ndjson"}, "trust_env": False}
        with httpx.stream("POST", server.url + "/v1/classify/stream", **sent) as answer:
            first, second, end = map(json.loads, answer.iter_lines())
        assert first | {"line": 2} == second
        assert {first["model"]["version"], end["model"]["version"]} == before
        assert versions(server) == {"next"}


def test_command_swaps_the_model(server: Server, folder: Path) -> None:
    put(folder, "next")
    done = reload(server)
    assert (done.returncode, done.stdout) == (0, "model swapped\n")
    assert versions(server) == {"next"}


def test_swap_is_told_of_once_no_worker_is_behind(tmp_path: Path, folder: Path) -> None:
    with serving(tmp_path / "log", "--model", str(folder), "--workers", "2", program=HELD) as server:
        before = versions(server)
        follows, stays_behind = server.workers()
        put(folder, "next")
        for process in (server.process.pid, follows):
            folder.with_name(f"go-{process}").touch()
        server.process.send_signal(signal.SIGHUP)
        until(lambda: versions(server) == before | {"next"})
        assert get(server, "/v1/model")["last_load"]["outcome"] == "started"
        folder.with_name(f"go-{stays_behind}").touch()
        until(lambda: get(server, "/v1/model")["last_load"]["outcome"] == "swapped")
        assert versions(server) == {"next"}


def in_letters_of_four_bytes(folder: Path, **members: str) -> None:
    manifest = json.loads((BUNDLED / MANIFEST).read_bytes()) | {"version": "😀" * 100} | members
    (folder / MANIFEST).write_bytes(canonical(seal(manifest)))


def test_refusal_in_the_longest_letters_is_told_and_ends_nothing(server: Server, folder: Path) -> None:
    in_letters_of_four_bytes(folder)
    assert reload(server).stdout == "model swapped\n"
    in_letters_of_four_bytes(folder, analyzer="😀" * 300)
    assert reload(server).stdout.startswith("refused, the model before serves on: manifest.json: made for the analyzer")
    assert len(get(server, "/v1/model")["last_load"]["error"]) == 300
    assert httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False).status_code == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_load_that_gets_no_thread_is_refused(tmp_path: Path, workers: str) -> None:
    """The memory is there for all but the stack of a thread."""
    program = ("sh", "-c", 'ulimit -s 262144 && exec "$0" serve "$@"', COMMAND)
    with serving(tmp_path / "log", "--workers", workers, "--inline-bytes", "0", program=program) as server:
        assert httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False).status_code == 200
        size = int(re.findall(r"VmSize:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text())[0]) << 10
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, (size + (128 << 20), -1))
        told = "refused, the model before serves on: could not be loaded: the system gives no further thread\n"
        assert reload(server).stdout == told
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, (-1, -1))
        assert reload(server).stdout == "model unchanged\n"


def test_bad_release_is_refused_and_the_old_one_serves_on(server: Server, folder: Path) -> None:
    before = versions(server)
    put(folder, "next")
    (folder / "pairs.npy").write_bytes(b"")
    done = reload(server)
    assert done.returncode == 1
    assert "refused, the model before serves on: pairs.npy: is 0 bytes long" in done.stdout
    assert versions(server) == before
    assert httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False).status_code == 200


def test_refusal_is_told_by_model_log_and_metric_without_the_place(server: Server, folder: Path) -> None:
    (folder / "manifest.json").unlink()
    reload(server)
    told = get(server, "/v1/model")["last_load"]
    assert (told["outcome"], told["error"]) == (
        "refused",
        "the model folder: holds no manifest.json, so it is no released model",
    )
    logged = [line for line in server.lines() if line["event"] == "model refused"]
    assert [line["reason"] for line in logged] == [told["error"]]
    text = httpx.get(server.url + "/metrics", trust_env=False).text
    assert 'pressmark_model_loads_total{outcome="refused",reason="unsound"} 1.0' in text


def test_same_release_is_left_in_place(server: Server) -> None:
    assert reload(server).stdout == "model unchanged\n"


def test_sound_release_is_taken_after_a_refused_one(server: Server, folder: Path) -> None:
    (folder / "manifest.json").unlink()
    assert reload(server).returncode == 1
    put(folder, "mended")
    assert reload(server).returncode == 0
    until(lambda: versions(server) == {"mended"})


@pytest.fixture(params=["1", "2"], ids=["one process", "two workers"])
def slow(tmp_path: Path, folder: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    flags = ("--model", str(folder), "--workers", request.param, "--drain-delay", "0")
    with serving(tmp_path / "log", *flags, program=HELD) as started:
        yield started


def test_stop_does_not_wait_for_a_load(slow: Server, folder: Path) -> None:
    slow.process.send_signal(signal.SIGHUP)
    until(folder.with_name("loading").exists)
    slow.process.terminate()
    assert slow.process.wait(10) == 0


def test_reload_that_is_asked_for_during_a_load_follows_it(slow: Server, folder: Path) -> None:
    put(folder, "next")
    slow.process.send_signal(signal.SIGHUP)
    until(folder.with_name("loading").exists)
    put(folder, "last")
    slow.process.send_signal(signal.SIGHUP)
    folder.with_name("go").touch()
    until(lambda: versions(slow) == {"last"})


def test_many_signals_during_a_load_are_one(slow: Server, folder: Path) -> None:
    slow.process.send_signal(signal.SIGHUP)
    until(folder.with_name("loading").exists)
    for _ in range(20):
        slow.process.send_signal(signal.SIGHUP)
        assert get(slow, "/healthz") == {"status": "live"}  # so it has been seen
    folder.with_name("go").touch()

    def loads() -> int:
        return [line["event"] for line in slow.lines()].count("model unchanged")

    until(lambda: loads() >= 2)
    ended = monotonic()
    until(lambda: monotonic() > ended + 1)  # many times what a load takes
    assert loads() == 2


def test_workers_that_find_another_model_than_was_agreed_are_replaced(tmp_path: Path, folder: Path) -> None:
    """The folder is exchanged after the supervisor has loaded it, and before the workers do."""
    with serving(tmp_path / "log", "--model", str(folder), "--workers", "2", "--drain-delay", "0") as server:
        running = server.workers()
        for worker in running:
            os.kill(worker, signal.SIGSTOP)
        put(folder, "agreed")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: any(line["event"] == "model swapped" for line in server.lines()))
        put(folder, "exchanged")
        for worker in running:
            os.kill(worker, signal.SIGCONT)

        def have_followed() -> bool:
            found = versions(server)
            assert "exchanged" not in found
            return found == {"agreed"}

        until(have_followed)
        refused = [line["reason"] for line in server.lines() if line["event"] == "model refused"]
        assert refused == ["was exchanged while it was being loaded"] * 2
        assert [line["exit_code"] for line in server.lines() if line["event"] == "worker replaced"] == [0, 0]


def test_worker_that_does_not_follow_is_replaced(tmp_path: Path, folder: Path) -> None:
    """Its load never ends, and its loop turns all the while."""
    flags = ("--model", str(folder), "--workers", "2", "--drain-delay", "0", "--worker-timeout", "2")
    with serving(tmp_path / "log", *flags, program=HELD) as server:
        follows, stays_behind = server.workers()
        put(folder, "next")
        for process in (server.process.pid, follows):
            folder.with_name(f"go-{process}").touch()
        server.process.send_signal(signal.SIGHUP)
        until(lambda: versions(server) == {"next"})
        assert [line["exit_code"] for line in server.lines() if line["event"] == "worker replaced"] == [0]
        assert follows in server.workers()
        assert stays_behind not in server.workers()


def test_workers_that_do_not_follow_are_replaced_one_after_another(tmp_path: Path, folder: Path) -> None:
    """Neither ever ends its load."""
    flags = ("--model", str(folder), "--workers", "2", "--drain-delay", "0", "--worker-timeout", "1")
    with serving(tmp_path / "log", *flags, program=HELD) as server:
        before = server.workers()
        put(folder, "next")
        folder.with_name(f"go-{server.process.pid}").touch()
        server.process.send_signal(signal.SIGHUP)

        def gone() -> list[datetime]:
            lines = [line for line in server.lines() if line["event"] == "worker replaced"]
            return [datetime.fromisoformat(line["time"]) for line in lines]

        until(lambda: versions(server) == {"next"} and not server.workers() & before)
        first, second = gone()
        # What a worker takes to end: the other was told to only when the first had its successor.
        assert (second - first).total_seconds() >= 0.2


STRANGER = """
import socket
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    print(input(), flush=True)
"""


def test_command_leaves_strangers_alone() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", STRANGER], text=True, bufsize=1, **pipes) as stranger:
        assert stranger.stdin is not None
        assert stranger.stdout is not None
        port = int(stranger.stdout.readline())
        command = [COMMAND, "reload", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=60)
        told = f"not reloaded: process {stranger.pid}, which listens on port {port}, is no Pressmark service\n"
        assert (done.returncode, done.stdout) == (1, told)
        stranger.stdin.write("alive\n")
        assert stranger.stdout.readline() == "alive\n"


def test_service_is_known_however_it_was_started(tmp_path: Path) -> None:
    program = (sys.executable, COMMAND, "serve")  # the system calls it python
    with serving(tmp_path / "log", program=program) as server:
        assert reload(server).stdout == "model unchanged\n"


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0", "::", "::1"])  # noqa: S104 - the loopback is asked
def test_command_signals_the_service_of_the_address(tmp_path: Path, host: str) -> None:
    """Two may listen on one port of two addresses; the one that was not meant has begun first."""
    with contextlib.ExitStack() as running:
        port = "0"
        if host == "127.0.0.2":
            other = running.enter_context(serving(tmp_path / "other"))
            port = str(other.port)
        meant = running.enter_context(serving(tmp_path / "log", "--host", host, "--port", port))
        command = [COMMAND, "reload", "--host", host, "--port", str(meant.port)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=60)
        assert done.stdout == "model unchanged\n"
        assert [line["event"] for line in meant.lines() if line["event"] != "request"] == ["model unchanged"]
        if port != "0":
            assert other.lines() == []


def test_command_says_that_nobody_listens() -> None:
    command = [COMMAND, "reload", "--port", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "not reloaded: no process of yours listens on 127.0.0.1 port 1\n")
