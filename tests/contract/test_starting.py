"""``pressmark serve`` begins well and says so, or ends at once with one clear line."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from service import COMMAND, children, environment, serving, until

import pressmark
from pressmark.release import BUNDLED, canonical, seal
from pressmark_service.app import create_app
from pressmark_service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service import Server


def refused(*flags: str) -> str:
    """Start a service that cannot start, and return the line that it ends with."""
    ended = subprocess.run(
        [COMMAND, "serve", *flags], capture_output=True, text=True, env=environment(), check=False, timeout=30
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert ended.stderr.startswith("pressmark serve: ")
    return ended.stderr


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Copy the bundled model, to be spoilt."""
    return Path(shutil.copytree(BUNDLED, tmp_path / "model"))


def test_missing_model_folder_ends_it(tmp_path: Path) -> None:
    assert "nothing-here" in refused("--port", "0", "--model", str(tmp_path / "nothing-here"))


def test_foreign_folder_ends_it(tmp_path: Path) -> None:
    assert "manifest.json" in refused("--port", "0", "--model", str(tmp_path))


@pytest.mark.parametrize("name", ["manifest.json", "coefficients.npy", "pieces.txt", "golden.jsonl", "pipeline.joblib"])
def test_truncated_model_ends_it(release: Path, name: str) -> None:
    content = (release / name).read_bytes()
    (release / name).write_bytes(content[: len(content) // 2])
    assert name in refused("--port", "0", "--model", str(release))


@pytest.mark.parametrize("name", ["manifest.json", "coefficients.npy", "stems.txt", "pipeline.joblib"])
def test_altered_model_ends_it(release: Path, name: str) -> None:
    content = bytearray((release / name).read_bytes())
    content[len(content) // 2] ^= 1
    (release / name).write_bytes(content)
    assert name in refused("--port", "0", "--model", str(release))


def test_model_of_another_format_ends_it(release: Path) -> None:
    manifest = json.loads((release / "manifest.json").read_text())
    (release / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    assert "format" in refused("--port", "0", "--model", str(release))


def test_port_in_use_ends_it(server: Server) -> None:
    assert str(server.port) in refused("--port", str(server.port))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_port_that_another_takes_meanwhile_ends_it(workers: str) -> None:
    """Two that start at the same moment are both bound, and only one may listen."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        port = str(other.getsockname()[1])
        with subprocess.Popen(
            [COMMAND, "serve", "--port", port, "--workers", workers],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process:
            until(lambda: any(target.startswith("socket:") for target in opened_by(process.pid)))
            other.listen()  # before the other has loaded its model
            try:
                said, told = process.communicate(timeout=20)
            finally:
                process.terminate()
    assert (process.returncode, said) == (1, "")
    assert told == f"pressmark serve: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize("host", ["256.256.256.256", "no such host", "203.0.113.1", "x" * 300, "ä..b"])
def test_bad_host_ends_it(host: str) -> None:
    refused("--port", "0", "--host", host)


def test_says_where_it_listens_and_how_to_try_it(server: Server) -> None:
    assert f"listens on {server.url}\n" in server.said
    assert f"curl -s {server.url}/classify " in server.said
    assert f"{server.url}/docs" in server.said


def test_the_line_to_try_works_word_for_word(server: Server) -> None:
    line = server.said.split("try it:")[1].split("\n")[0].strip()
    tried = subprocess.run(line, shell=True, capture_output=True, check=True)
    assert json.loads(tried.stdout)["paragraphs"][0]["category"] == "military"


def test_listens_on_ipv6(start: Callable[..., Server]) -> None:
    server = start("--host", "::1")
    assert httpx.get(f"http://[::1]:{server.port}/readyz", trust_env=False).status_code == 200


def test_serves_the_model_that_it_is_given(start: Callable[..., Server], release: Path) -> None:
    server = start("--model", str(release))
    assert httpx.get(server.url + "/v1/model", trust_env=False).json()["sha256"] == pressmark.load().sha256


def test_application_is_built_without_a_model(tmp_path: Path) -> None:
    app = create_app(Settings(model_dir=tmp_path / "nothing-here"))
    assert app.openapi()["info"]["title"] == "Pressmark"


def test_socket_that_is_let_go_can_be_taken_again(start: Callable[..., Server]) -> None:
    first = start("--drain-delay", "0")
    httpx.get(first.url + "/readyz", trust_env=False)
    first.process.terminate()
    assert first.process.wait(20) == 0
    with socket.create_server((first.host, first.port), reuse_port=False):
        pass


def opened_by(process: int) -> Iterator[str]:
    """Yield what a process has open; what it closes meanwhile is passed over."""
    for one in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield str(one.readlink())


def test_told_to_stop_while_it_loads_ends_with_0(release: Path) -> None:
    with (release / "large.bin").open("wb") as large:
        large.truncate(400 << 20)  # takes a while to verify
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["files"]["large.bin"] = {"bytes": 400 << 20, "sha256": "0" * 64}
    (release / "manifest.json").write_bytes(canonical(seal(manifest)))
    with subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--model", str(release)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        while not any(target.endswith("large.bin") for target in opened_by(process.pid)):
            assert process.poll() is None
        process.terminate()
        assert process.communicate(timeout=30) == (b"", b"")
        assert process.returncode == 0


TOLD_TO_STOP = """
import os, signal, sys
def stop(event, args):
    if event == "import" and args[0] in {"numpy", "pressmark_service.settings"}:
        os.kill(os.getpid(), signal.SIGTERM)
sys.addaudithook(stop)
from pressmark.cli import main
sys.exit(main(["serve", "--port", "0"]))
"""


def test_told_to_stop_before_anything_that_takes_time_is_imported_ends_with_0() -> None:
    command = [sys.executable, "-c", TOLD_TO_STOP]
    ended = subprocess.run(command, capture_output=True, env=environment(), check=False, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_path_of_two_lines_is_told_in_one(tmp_path: Path) -> None:
    assert "nothing here" in refused("--port", "0", "--model", str(tmp_path / "nothing\nhere"))


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("many", ["", "x", "3"])
def test_number_of_workers_that_is_meant_for_others_is_not_read(tmp_path: Path, workers: str, many: str) -> None:
    variables = {"WEB_CONCURRENCY": many}
    with serving(tmp_path / "log", "--workers", workers, variables=variables) as server:
        assert httpx.get(server.url + "/readyz", trust_env=False).status_code == 200
        assert server.lines() == []


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_serves_where_standard_streams_are_closed(closed: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = ["sh", "-c", f'exec "$0" serve --port {port} --drain-delay 0 {closed}', COMMAND]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def listens() -> bool:
        with contextlib.suppress(ConnectionRefusedError):
            connection.connect()
            return True
        assert process.poll() is None
        return False

    try:
        until(listens)
        for _ in range(2):  # on one connection
            connection.request("POST", "/classify", b"The army drilled.", {"Content-Type": "text/plain"})
            answer = connection.getresponse()
            assert (answer.status, answer.read()[:1]) == (200, b"{")
        connection.close()
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_told_to_stop_before_it_has_said_that_it_listens_ends_with_0() -> None:
    """Both workers serve, and the supervisor hears of the stop before it sees that they do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [COMMAND, "serve", "--port", str(port), "--workers", "2", "--drain-delay", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        until(lambda: len(children(process.pid)) == 2 and is_waiting(process.pid))
        process.send_signal(signal.SIGSTOP)
        one, other = children(process.pid)
        for stopped, running in ((one, other), (other, one)):
            os.kill(stopped, signal.SIGSTOP)
            os.kill(running, signal.SIGCONT)
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=20).status_code == 200
        os.kill(other, signal.SIGCONT)
        process.send_signal(signal.SIGINT)  # the lowest number, so the first that it takes
        process.send_signal(signal.SIGCONT)
        assert process.communicate(timeout=30)[1] == b""
        assert process.returncode == 0


def is_waiting(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].startswith("S")
