"""Keys, how often they may be used, pages of other origins, proxies: closed unless set, exact where set."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest
from service import COMMAND, Server, environment, serving, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    ExpectProblem = Callable[..., dict[str, Any]]


def make_key(file: Path, name: str) -> str:
    command = [COMMAND, "keys", "add", name, "--file", str(file)]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), check=True).stdout.strip()


def ask(guarded: Server, key: str | None, path: str = "/classify") -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.post(guarded.url + path, json={"text": "a"}, headers=headers, trust_env=False)


PROBES_OF_ADAPTERS = ("/v2/health/live", "/v2/health/ready", "/text-embeddings/health", "/label-studio/health")


def ask_plainly(guarded: Server, path: str) -> int:
    return httpx.get(guarded.url + path, trust_env=False).status_code


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def key(file: Path) -> str:
    return make_key(file, "desk")


@pytest.fixture
def guarded(tmp_path: Path, file: Path, key: str) -> Iterator[Server]:
    assert key
    with serving(tmp_path / "log", "--key-file", str(file)) as started:
        yield started


def test_file_holds_no_key_and_is_for_its_owner_alone(file: Path, key: str) -> None:
    assert key not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_valid_key_is_served(guarded: Server, key: str) -> None:
    assert ask(guarded, key).status_code == 200
    answer = httpx.post(guarded.url + "/classify", json={"text": "a"}, headers={"X-API-Key": key}, trust_env=False)
    assert answer.status_code == 200


def test_log_tells_whose_key_it_was(guarded: Server, key: str) -> None:
    assert ask(guarded, key).status_code == 200
    assert httpx.get(guarded.url + "/healthz", trust_env=False).status_code == 200
    assert [line.get("key") for line in guarded.lines() if line["event"] == "request"] == ["desk"]
    assert key not in guarded.log.read_text()


@pytest.mark.parametrize("path", ["/classify", "/v1/classify/batch", "/nothing"])
@pytest.mark.parametrize("given", [None, "", " pmk_wrong", " ä"])
def test_without_a_valid_key_nobody_is_served(
    guarded: Server, expect_problem: ExpectProblem, given: str | None, path: str
) -> None:
    headers = {} if given is None else {"Authorization": b"Bearer" + given.encode()}
    answer = httpx.post(guarded.url + path, json={"text": "a"}, headers=headers, trust_env=False)
    expect_problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Bearer realm="pressmark"'


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/health", "/docs", "/openapi.json", "/metrics", "/", "/page/main.js"]
)
def test_probes_documentation_metrics_and_the_page_need_none(guarded: Server, path: str) -> None:
    assert httpx.get(guarded.url + path, trust_env=False).status_code == 200


def test_probes_of_adapters_need_none_and_nothing_else_of_them_does_without(
    start: Callable[..., Server], file: Path, key: str
) -> None:
    guarded = start("--key-file", str(file), "--text-embeddings", "on", "--label-studio", "on")
    told = httpx.get(guarded.url + "/openapi.json", trust_env=False).json()["paths"]
    version = httpx.get(guarded.url + "/v1/model", headers={"X-API-Key": key}, trust_env=False).json()["version"]
    asked = {path for path in told if path.split("/")[1] in {"v2", "text-embeddings", "label-studio"}}
    status = {path: ask_plainly(guarded, path.format(model="pressmark", version=version)) for path in asked}
    assert {path for path in asked if status[path] == 200} == set(PROBES_OF_ADAPTERS)
    assert {status[path] for path in asked - set(PROBES_OF_ADAPTERS)} == {401}


def test_probe_of_an_adapter_that_is_off_is_not_found(guarded: Server) -> None:
    assert [ask_plainly(guarded, path) for path in PROBES_OF_ADAPTERS] == [200, 200, 404, 404]


def test_document_knows_what_is_answered_without_a_key_and_beyond_the_rate(
    start: Callable[..., Server], file: Path, key: str, document: dict[str, Any]
) -> None:
    adapters = ("--text-embeddings", "on", "--label-studio", "on")
    guarded = start("--key-file", str(file), "--rate-limit", "1/hour", "--open-metrics", "off", *adapters)
    assert ask(guarded, key).status_code == 200
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, headers in (("401", {}), ("429", {"X-API-Key": key})):
                url = guarded.url + path.format(model="pressmark", version="1")
                answer = httpx.request(method, url, headers=headers, trust_env=False)
                if path in {"/healthz", "/readyz", "/health", *PROBES_OF_ADAPTERS}:
                    assert (answer.status_code, status in operation["responses"]) == (200, False)
                    continue
                assert answer.status_code == int(status)
                hold(answer, operation["responses"][status], document)


def hold(answer: httpx.Response, told: dict[str, Any], document: dict[str, Any]) -> None:
    """Hold an answer to what the document says of it."""
    schema = told["content"][answer.headers["content-type"]]["schema"] | {"components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json())
    needed = {name for name, header in told["headers"].items() if header.get("required")}
    assert {name.lower() for name in needed} <= set(answer.headers)
    assert ("retry-after" in answer.headers) == ("Retry-After" in told["headers"])


@pytest.mark.parametrize("path", ["/page", "/pages/main.js", "//", "/v2", "/v2/health", "/v1/model"])
def test_what_lies_beside_the_page_needs_one(guarded: Server, path: str) -> None:
    assert httpx.get(guarded.url + path, trust_env=False).status_code == 401


def test_model_needs_one(guarded: Server) -> None:
    assert httpx.get(guarded.url + "/v1/model", trust_env=False).status_code == 401


def test_metrics_can_be_closed(tmp_path: Path, file: Path, key: str) -> None:
    with serving(tmp_path / "closed", "--key-file", str(file), "--open-metrics", "off") as guarded:
        assert httpx.get(guarded.url + "/metrics", trust_env=False).status_code == 401
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(guarded.url + "/metrics", headers=headers, trust_env=False).status_code == 200


def test_keys_are_rotated_without_a_restart(guarded: Server, file: Path, key: str) -> None:
    following = make_key(file, "desk")
    until(lambda: ask(guarded, following).status_code == 200)
    assert ask(guarded, key).status_code == 200
    new = file.with_name("new")
    new.write_text(file.read_text().splitlines()[1] + "\n")
    new.replace(file)
    until(lambda: ask(guarded, key).status_code == 401)
    assert ask(guarded, following).status_code == 200


def test_file_that_is_spoilt_leaves_the_keys_as_they_were(guarded: Server, file: Path, key: str) -> None:
    file.write_text("no key at all\n")

    def is_told() -> bool:
        assert ask(guarded, key).status_code == 200
        return any(line["event"] == "keys kept as they were" for line in guarded.lines())

    until(is_told)


def test_file_that_became_a_pipe_leaves_the_keys_as_they_were(guarded: Server, file: Path, key: str) -> None:
    file.unlink()
    os.mkfifo(file)

    def is_told() -> bool:
        assert ask(guarded, key).status_code == 200
        return any("is no regular file" in line.get("reason", "") for line in guarded.lines())

    until(is_told)


def test_file_that_stays_spoilt_is_told_of_once(guarded: Server, file: Path, key: str) -> None:
    file.write_text("no key at all\n")
    started = monotonic()

    def is_looked_at_again() -> bool:
        assert ask(guarded, key).status_code == 200
        return monotonic() > started + 2.5

    until(is_looked_at_again)
    assert [line["event"] for line in guarded.lines()].count("keys kept as they were") == 1


def test_file_that_was_changed_in_place_at_the_same_moment_is_read(guarded: Server, file: Path, key: str) -> None:
    """As a copy does it that sets the times of what it copied."""
    before = file.stat()
    following = "pmk_following"
    with file.open("r+") as opened:
        opened.write(f"desk {hashlib.sha256(following.encode()).hexdigest()}\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    until(lambda: ask(guarded, following).status_code == 200)
    assert ask(guarded, key).status_code == 401


@pytest.mark.parametrize("content", [None, "spoilt"])
def test_worker_is_replaced_with_the_keys_that_it_had(
    tmp_path: Path, file: Path, key: str, content: str | None
) -> None:
    following = make_key(file, "desk")
    with serving(tmp_path / "log", "--workers", "2", "--key-file", str(file)) as server:
        file.write_text("\n".join(file.read_text().splitlines()[1:]))  # what counts is what was sound last
        until(lambda: any(line["event"] == "keys read again" for line in server.lines()))
        file.unlink() if content is None else file.write_text(content)
        before = server.workers()
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(server.workers() - before) == 2)
        assert [ask(server, following).status_code for _ in range(4)] == [200] * 4
        assert ask(server, key).status_code == 401
        assert not any(line["event"] == "worker failed" for line in server.lines())
        assert server.workers().isdisjoint(before)


@pytest.mark.parametrize("content", [None, "", "desk\n", "desk abc\n"])
def test_service_does_not_start_with_a_bad_file(file: Path, content: str | None) -> None:
    if content is not None:
        file.write_text(content)
    command = [COMMAND, "serve", "--port", "0", "--key-file", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=30)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert str(file) in ended.stderr


@pytest.mark.parametrize("kind", ["pipe", "folder", "vast", "device"])
def test_service_does_not_start_with_what_is_no_file_of_keys(file: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "vast":
        file.touch()
        os.truncate(file, 1 << 40)
    else:
        file.symlink_to("/dev/zero")
    command = [COMMAND, "serve", "--port", "0", "--key-file", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=30)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert str(file) in ended.stderr


def test_mark_of_an_editor_before_the_first_key_is_passed_over(tmp_path: Path, file: Path, key: str) -> None:
    file.write_text(file.read_text(), encoding="utf-8-sig")
    with serving(tmp_path / "log", "--key-file", str(file)) as server:
        assert ask(server, key).status_code == 200


def test_each_key_has_a_rate_of_its_own(tmp_path: Path, file: Path, key: str, expect_problem: ExpectProblem) -> None:
    other = make_key(file, "other")
    with serving(tmp_path / "rated", "--key-file", str(file), "--rate-limit", "2/hour") as guarded:
        assert [ask(guarded, key).status_code for _ in range(2)] == [200, 200]
        answer = ask(guarded, key)
        expect_problem(answer, 429, "rate-limited")
        assert 3500 < int(answer.headers["retry-after"]) <= 3601
        assert ask(guarded, other).status_code == 200


def test_key_does_not_reach_the_log(guarded: Server, key: str) -> None:
    ask(guarded, key)
    httpx.get(guarded.url + "/healthz", trust_env=False)
    assert key not in guarded.log.read_text()


ORIGIN = {"Origin": "https://desk.example"}
PREFLIGHT = ORIGIN | {"Access-Control-Request-Method": "POST"}


def test_pages_of_other_origins_are_not_let_in(client: httpx.Client) -> None:
    assert client.options("/classify", headers=PREFLIGHT).status_code == 405
    answer = client.post("/classify", json={"text": "a"}, headers=ORIGIN)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_pages_of_named_origins_are_let_in(start: Callable[..., Server]) -> None:
    guarded = start("--cors-origins", "https://desk.example, https://lab.example")
    asked = httpx.options(guarded.url + "/classify", headers=PREFLIGHT, trust_env=False)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "https://desk.example")
    for body, status in (({"text": "a"}, 200), ({}, 422)):
        answer = httpx.post(guarded.url + "/classify", json=body, headers=ORIGIN, trust_env=False)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "https://desk.example"
        assert answer.headers["vary"] == "Origin"
    stranger = httpx.get(guarded.url + "/healthz", headers={"Origin": "https://evil.example"}, trust_env=False)
    assert "access-control-allow-origin" not in stranger.headers


def client_of(guarded: Server, forwarded: str = "203.0.113.7") -> str | None:
    httpx.get(guarded.url + "/v1/model", headers={"X-Forwarded-For": forwarded}, trust_env=False)
    httpx.get(guarded.url + "/healthz", trust_env=False)
    told: str | None = guarded.lines()[-1]["client"]
    return told


def test_forwarded_address_counts_from_trusted_proxies_only(start: Callable[..., Server]) -> None:
    assert client_of(start()) == "127.0.0.1"
    assert client_of(start("--trusted-proxies", "10.0.0.0/8")) == "127.0.0.1"
    assert client_of(start("--trusted-proxies", "127.0.0.0/8")) == "203.0.113.7"


@pytest.mark.parametrize(("proxies", "told"), [("127.0.0.1", "203.0.113.7"), ("10.0.0.0/8", "127.0.0.1")])
def test_proxy_of_ipv4_is_known_where_a_socket_for_both_kinds_listens(
    start: Callable[..., Server], proxies: str, told: str
) -> None:
    server = start("--host", "::", "--trusted-proxies", proxies)
    url = f"http://127.0.0.1:{server.port}"
    httpx.get(url + "/v1/model", headers={"X-Forwarded-For": "203.0.113.7"}, trust_env=False)
    httpx.get(url + "/healthz", trust_env=False)
    assert server.lines()[-1]["client"] == told


@pytest.mark.parametrize(
    ("forwarded", "told"),
    [
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("A sentence that nobody may keep", None),
        ("fe80::7%A-sentence-that-nobody-may-keep", "fe80::7"),
    ],
)
def test_only_an_address_is_told_of_what_was_forwarded(proxied: Server, forwarded: str, told: str | None) -> None:
    assert client_of(proxied, forwarded) == told
    assert "sentence" not in proxied.log.read_text("utf-8")


@pytest.mark.parametrize(("forwarded", "told"), [("https", "https"), ("wss", "https"), ("ws", "http"), ("x", "http")])
def test_forwarded_schemes_are_counted_as_http_and_https(proxied: Server, forwarded: str, told: str) -> None:
    httpx.get(proxied.url + "/readyz", headers={"X-Forwarded-Proto": forwarded}, trust_env=False)
    figures = httpx.get(proxied.url + "/metrics", trust_env=False).text
    assert told in set(re.findall(r'url_scheme="(\w+)"', figures)) <= {"http", "https"}


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("proxied") / "log", "--trusted-proxies", "127.0.0.1") as started:
        yield started


def test_keys_of_one_name_share_a_rate(start: Callable[..., Server], file: Path, key: str) -> None:
    another, others = make_key(file, "desk"), make_key(file, "others")
    server = start("--key-file", str(file), "--rate-limit", "2/hour")
    assert [ask(server, one).status_code for one in (key, another, key, another, others)] == [200, 200, 429, 429, 200]


def test_rate_without_keys_is_refused() -> None:
    command = [COMMAND, "serve", "--rate-limit", "2/hour"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=30)
    assert (ended.returncode, ended.stderr) == (
        2,
        "pressmark serve: --rate-limit counts by key, so it needs --key-file\n",
    )
