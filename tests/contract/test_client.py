"""The client against the real service: both clients, every method."""

from __future__ import annotations

import asyncio
import itertools
import pickle
import traceback
from typing import TYPE_CHECKING, Any, Self

import pytest
from service import serving

from pressmark_client import (
    Article,
    AsyncClient,
    Client,
    Failed,
    InvalidRequest,
    NotFound,
    Retries,
    TooLarge,
    UnexpectedAnswer,
    Unreachable,
    Unsendable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service import Server

DRILL, FARM = "The army unit held a live-fire drill.", "The cooperative farm finished its rice harvest."


class Blocking:
    """AsyncClient with the face of Client, so that one test tries both."""

    def __init__(self, url: str, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(url, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.close())
        self._runner.close()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name in {"stream", "classify_many"}:
            return lambda *given, **options: self._each(method(*given, **options))
        return lambda *given, **options: self._runner.run(method(*given, **options))

    def _each(self, outcomes: Any) -> Iterator[Any]:
        while True:
            try:
                yield self._runner.run(anext(outcomes))
            except StopAsyncIteration:
                return


KINDS = pytest.mark.parametrize("kind", [Client, Blocking], ids=["sync", "async"])


@KINDS
def test_article_is_marked(server: Server, kind: Any) -> None:
    with kind(server.url, trust_env=False) as client:
        article = client.classify([DRILL, FARM], evidence=2, context=False)
    assert [part.category for part in article.paragraphs] == ["military", "economy"]
    evidence = article.paragraphs[0].evidence
    assert sum(term.weight for term in evidence.terms) + evidence.remainder + evidence.context + (
        evidence.intercept
    ) == pytest.approx(evidence.margin)


@KINDS
def test_model_and_health_are_told(server: Server, kind: Any) -> None:
    with kind(server.url, trust_env=False) as client:
        model, health = client.model(), client.health()
    assert (health.ready, health.model.sha256) == (True, model.sha256)
    assert [one.name for one in model.categories] == ["military", "economy", "ideology", "industry"]
    assert model.limits.articles == 256


@KINDS
@pytest.mark.parametrize("method", ["classify_many", "stream"])
def test_many_come_back_in_order_with_their_failures(small_server: Server, kind: Any, method: str) -> None:
    """The service takes two articles a batch and 4,096 bytes a body."""
    articles: list[Any] = [
        DRILL,
        {"id": "x", "text": 7},
        [FARM],
        "a" * 5000,
        {"id": "y", "text": "\ud800"},
        DRILL,
        FARM,
    ]
    with kind(small_server.url, trust_env=False) as client:
        outcomes = list(getattr(client, method)(articles, split="none"))
    assert [one.index for one in outcomes] == list(range(7))
    failed = {one.index: one for one in outcomes if isinstance(one, Failed)}
    assert {at: (one.id, one.problem.status) for at, one in failed.items()} == {
        1: ("x", 422),
        3: (None, 413),
        4: ("y", 422),
    }
    marked = [one.summary.dominant for one in outcomes if isinstance(one, Article)]
    assert marked == ["military", "economy", "military", "economy"]


@KINDS
def test_batches_are_as_large_as_the_service_takes(start: Callable[..., Server], kind: Any) -> None:
    server = start("--articles", "3")
    with kind(server.url, trust_env=False) as client:
        assert len(list(client.classify_many([DRILL] * 8))) == 8
        client.health()  # lines are written before the next request is looked at
    asked = [line["articles"] for line in server.lines() if line.get("route") == "/v1/classify/batch"]
    assert sorted(asked) == [2, 3, 3]


@KINDS
def test_endless_feed_is_taken_as_it_is_answered(server: Server, kind: Any) -> None:
    taken = itertools.count()
    feed = (f"{DRILL} {next(taken)}" for _ in itertools.count())
    with kind(server.url, trust_env=False) as client:
        outcomes = client.stream(feed, ahead=4)
        assert [next(outcomes).index for _ in range(6)] == list(range(6))
        assert next(taken) == 8


@KINDS
def test_what_cannot_succeed_is_asked_once(start: Callable[..., Server], kind: Any) -> None:
    server = start()
    with kind(server.url, trust_env=False) as client:
        with pytest.raises(InvalidRequest) as wrong:
            client.classify({"text": 7})
        client.health()  # lines are written before the next request is looked at
    assert wrong.value.errors[0]["pointer"] == "#/text"
    (logged,) = server.lines()
    assert logged["request_id"] == wrong.value.request_id


@KINDS
def test_limit_is_told(small_server: Server, kind: Any) -> None:
    with kind(small_server.url, trust_env=False) as client, pytest.raises(TooLarge) as wrong:
        client.classify(["a"] * 4)
    assert wrong.value.limit == 3


@KINDS
def test_wrong_base_url_is_told(server: Server, kind: Any) -> None:
    with kind(server.url + "/nowhere", trust_env=False) as client, pytest.raises(NotFound):
        client.classify(DRILL)
    with kind(server.url + "/v2", trust_env=False) as client, pytest.raises(UnexpectedAnswer):
        client.classify(DRILL)


@KINDS
@pytest.mark.parametrize("wrong", [{"url": "127.0.0.1:8000"}, {"key": "read from a file\n"}], ids=["no scheme", "key"])
def test_what_cannot_be_sent_is_tried_once(server: Server, kind: Any, wrong: dict[str, str]) -> None:
    given: dict[str, Any] = {"url": server.url, "pause": None, "trust_env": False}
    with kind(**given | wrong) as client, pytest.raises(Unsendable) as told:
        client.classify(DRILL)
    assert "read from" not in "".join(traceback.format_exception(told.value))


@KINDS
@pytest.mark.parametrize("url", ["http://host:port", "http://host\n", "http://[::1", "http://a..b"])
def test_what_is_no_url_is_told_at_once(kind: Any, url: str) -> None:
    with pytest.raises(Unsendable, match="base URL"):
        kind(url)


@KINDS
def test_nobody_there_is_asked_as_often_as_told(tmp_path: Path, kind: Any) -> None:
    with serving(tmp_path / "log") as server:
        url = server.url
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    given = paused.append if kind is Client else pause
    with (
        kind(url, retries=Retries(attempts=3), pause=given, trust_env=False) as client,
        pytest.raises(Unreachable),
    ):
        client.classify(DRILL)
    assert len(paused) == 2


@KINDS
def test_restart_of_the_service_is_outlived(tmp_path: Path, kind: Any) -> None:
    """The first pause is spent on starting the service again, at the same port."""
    with serving(tmp_path / "first") as server:
        port = server.port
        client = kind(server.url, trust_env=False, pause=None)
        assert client.classify(DRILL).summary.dominant == "military"
    again: list[Any] = []

    def restart(_: float) -> None:
        again.append(serving(tmp_path / "second", "--port", str(port)))
        again[0].__enter__()

    async def restart_meanwhile(seconds: float) -> None:
        restart(seconds)

    (client if kind is Client else client._client)._pause = restart if kind is Client else restart_meanwhile
    try:
        with client:
            assert client.classify(DRILL).summary.dominant == "military"
        assert len(again) == 1
    finally:
        for one in again:
            one.__exit__(None, None, None)


def test_problems_pass_between_processes(server: Server) -> None:
    with Client(server.url, trust_env=False) as client, pytest.raises(InvalidRequest) as wrong:
        client.classify({})
    copy = pickle.loads(pickle.dumps(wrong.value))  # noqa: S301 - our own
    assert (type(copy), str(copy), copy.errors) == (InvalidRequest, str(wrong.value), wrong.value.errors)
