"""Several workers behind one address: one supervisor, counted together, replaced when they die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import httpx
import pytest
from service import COMMAND, Server, environment, serving, until

from pressmark.release import BUNDLED, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"


def figure(server: Server, series: str) -> float:
    text = httpx.get(server.url + "/metrics", trust_env=False).text
    return next(float(row.rsplit(" ", 1)[1]) for row in text.splitlines() if row.startswith(series + " "))


def mark(server: Server, times: int) -> None:
    """Send requests over as many connections, so that they spread."""
    for _ in range(times):
        assert httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False).status_code == 200


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "log", "--workers", "2", "--drain-delay", "0") as started:
        yield started


def test_there_are_as_many_as_asked_for(server: Server) -> None:
    assert len(server.workers()) == 2


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_them_all_with_0(server: Server, stop: signal.Signals) -> None:
    running = server.workers()
    server.process.send_signal(stop)
    assert server.process.wait(20) == 0
    assert not any(Path(f"/proc/{one}").exists() for one in running)


@pytest.mark.parametrize("again", [False, True])
def test_worker_that_heeds_nothing_does_not_keep_them_from_stopping(tmp_path: Path, again: bool) -> None:  # noqa: FBT001 - of the cases
    timeout = "600" if again else "1"
    with serving(tmp_path / "log", "--workers", "2", "--drain-delay", "0", "--drain-timeout", timeout) as server:
        os.kill(min(server.workers()), signal.SIGSTOP)
        server.process.terminate()
        if again:
            until(lambda: len(server.workers()) == 1)
            server.process.terminate()
        # Two seconds after it should have ended, that is, or after the second signal; the rest is for a busy machine.
        assert server.process.wait(8) == 1


def test_signal_to_all_processes_at_once_loses_no_request(server: Server) -> None:
    """As systemd sends it by default: a worker then gets it twice, once from the supervisor."""
    connections = [server.connect() for _ in range(4)]
    for connection in connections:
        connection.sendall(HEAD + b'{"text"')
    mark(server, 4)  # so the half requests have been seen
    for one in (*server.workers(), server.process.pid):
        os.kill(one, signal.SIGTERM)
    until(server.refuses)
    for connection in connections:
        with connection:
            connection.sendall(b': "a"}')
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(20) == 0


def test_second_signal_to_the_supervisor_ends_the_workers_with_a_request_in_work(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(HEAD + b'{"text"')
        mark(server, 4)
        server.process.terminate()
        until(server.refuses)
        server.process.terminate()
        assert server.process.wait(20) == 1
    assert [line for line in server.lines() if line["event"] != "request"] == []


def test_worker_that_ends_alone_answers_who_has_connected_before_it_closes(server: Server) -> None:
    """Suspended from before it would take them in until after it should have closed; nobody else is there to do so."""
    ending, other = server.workers()
    os.kill(other, signal.SIGSTOP)
    os.kill(ending, signal.SIGTERM)
    wait(0.15)  # after the first look at whether to close, before the last
    os.kill(ending, signal.SIGSTOP)
    connections = [server.connect() for _ in range(3)]
    for connection in connections:
        connection.sendall(HEAD + b'{"text": "a"}')
    wait(0.3)
    os.kill(ending, signal.SIGCONT)
    until(lambda: ending not in server.workers())
    os.kill(other, signal.SIGCONT)
    for connection in connections:
        with connection:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def wait(seconds: float) -> None:
    end = monotonic() + seconds
    until(lambda: monotonic() > end)


def test_interrupt_from_a_terminal_stops_them_once(server: Server) -> None:
    """A terminal sends it to the whole foreground group; the supervisor passes it on."""
    assert all(os.getpgid(one) != os.getpgid(server.process.pid) for one in server.workers())


def test_killed_worker_is_replaced_and_the_others_go_on(server: Server) -> None:
    killed = server.workers().pop()
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(server.workers() - {killed}) == 2)
    mark(server, 10)
    assert figure(server, "pressmark_workers_replaced_total") == 1
    assert [line["exit_code"] for line in server.lines() if line["event"] == "worker replaced"] == [-9]


def test_killed_worker_is_replaced_where_the_parent_ignored_deaths(tmp_path: Path) -> None:
    """What is ignored stays so in the program that is started."""
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    program = (sys.executable, "-c", ignoring, COMMAND, "serve")
    with serving(tmp_path / "log", "--workers", "2", "--drain-delay", "0", program=program) as server:
        killed = server.workers().pop()
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(server.workers() - {killed}) == 2)
        server.process.terminate()
        assert server.process.wait(20) == 0


SCARCE = """
import errno, os, pathlib, sys
from pressmark_service import server
fork, scarce = os.fork, pathlib.Path(sys.argv[1])
def fork_if_there_is_room():
    if scarce.exists():
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return fork()
os.fork = fork_if_there_is_room
sys.exit(server.main(sys.argv[2:]))
"""


def test_worker_that_cannot_be_started_is_tried_again_and_the_others_go_on(tmp_path: Path) -> None:
    scarce = tmp_path / "scarce"
    program = (sys.executable, "-c", SCARCE, str(scarce))
    with serving(tmp_path / "log", "--workers", "2", "--drain-delay", "0", program=program) as server:
        before = server.workers()
        scarce.touch()
        os.kill(min(before), signal.SIGKILL)
        until(lambda: any(line["event"] == "worker not started" for line in server.lines()))
        mark(server, 4)
        scarce.unlink()
        until(lambda: len(server.workers() - before) == 1 and len(server.workers()) == 2)
        server.process.terminate()
        assert server.process.wait(20) == 0


def test_workers_that_never_come_to_serve_end_it_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "scarce").touch()
    command = [sys.executable, "-c", SCARCE, str(tmp_path / "scarce"), "--port", "0", "--workers", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=30)
    assert (ended.returncode, ended.stdout) == (1, "")
    told = ended.stderr.splitlines()
    assert told[-1] == "pressmark serve: its workers fail before they serve; the log above tells why"
    assert [json.loads(line)["event"] for line in told[:-1]] == ["worker not started"] * 3


def test_workers_that_take_longer_to_begin_than_they_may_hang_are_left_to(tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--workers", "24", "--worker-timeout", "1", "--drain-delay", "0") as server:
        assert [line["event"] for line in server.lines()] == []


def test_worker_that_hangs_is_replaced_and_the_others_go_on(tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--workers", "2", "--worker-timeout", "2") as server:
        hung = min(server.workers())
        os.kill(hung, signal.SIGSTOP)
        until(lambda: len(server.workers() - {hung}) == 2)
        mark(server, 10)
        told = [line for line in server.lines() if line["event"].startswith("worker ")]
        assert [line["event"] for line in told] == ["worker hung", "worker replaced"]
        assert told[0]["worker"] == told[1]["worker"]


def test_replacement_serves_the_model_that_the_others_serve(tmp_path: Path) -> None:
    """Whatever the folder holds by then: nobody has asked for a reload."""
    folder = Path(shutil.copytree(BUNDLED, tmp_path / "model"))
    with serving(tmp_path / "log", "--workers", "2", "--model", str(folder)) as server:
        before = server.workers()
        (folder / MANIFEST).write_text("spoilt")
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(server.workers() - before) == 2)
        mark(server, 10)
        assert figure(server, "pressmark_workers_replaced_total") == 2


def test_processes_that_were_suspended_together_go_on(tmp_path: Path) -> None:
    """As a suspended machine does it: for longer than the supervisor waits for a signal, or for a worker."""
    with serving(tmp_path / "log", "--workers", "2", "--worker-timeout", "2") as server:
        running = server.workers()
        for _ in range(3):
            for one in (server.process.pid, *running):
                os.kill(one, signal.SIGSTOP)
            stopped = monotonic()
            until(lambda: monotonic() > stopped + 2.4)  # noqa: B023 - called in this turn only
            for one in (server.process.pid, *running):
                os.kill(one, signal.SIGCONT)
        killed = running.pop()
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(server.workers() - {killed}) == 2)
        assert running < server.workers()


def test_figures_add_up_over_workers_and_outlive_them(server: Server) -> None:
    mark(server, 10)
    os.kill(server.workers().pop(), signal.SIGKILL)
    mark(server, 5)
    assert figure(server, "pressmark_articles_total") == 15


def test_workers_end_when_the_supervisor_is_killed(server: Server) -> None:
    running = server.workers()
    server.process.kill()
    until(lambda: not any(Path(f"/proc/{one}").exists() for one in running))


def test_missing_model_is_told_in_one_line(start: Callable[..., Server], tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="it said ''"):
        start("--workers", "2", "--model", str(tmp_path / "nothing"))
    assert (tmp_path / "log-0").read_text().count("\n") == 1
