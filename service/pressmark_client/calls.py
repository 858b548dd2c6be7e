"""What each method does, without doing any input or output itself.

A flow is a generator: it yields what is to be sent or how long to wait, is sent what came of it, and returns
the result. The two clients run the same flows, one in blocking calls and one in a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import httpx

from pressmark_client.answers import Article, Failed, Health, Model, article_of, health_of, model_name_of, model_of
from pressmark_client.errors import (
    CutOff,
    NotReady,
    Problem,
    TooLarge,
    UnexpectedAnswer,
    Unreachable,
    Unsendable,
    problem_for,
)
from pressmark_client.requests import Options, article_object, batch_body, encode
from pressmark_client.retrying import Retries, seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark_client.answers import Outcome
    from pressmark_client.parcels import Parcel
    from pressmark_client.requests import ArticleInput

JSON = "application/json"
NDJSON = "application/x-ndjson"
PROBLEM = "application/problem+json"
Result = TypeVar("Result")
# What httpx refuses before it has sent anything, and would refuse again.
_NEVER_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is to be sent."""

    method: str
    path: str
    body: bytes | None = None
    media: str = JSON


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds that are to be waited."""

    seconds: float


Reply: TypeAlias = httpx.Response | httpx.TransportError | None
Flow: TypeAlias = Generator[Call | Pause, Reply, Result]


def classify(article: ArticleInput, options: Options, retries: Retries) -> Flow[Article]:
    """Mark one article."""
    answer = yield from _ask(Call("POST", "v1/classify", encode(article_object(article) | options)), retries)
    return _read(answer, lambda told: article_of(told, model_name_of(told["model"])))


def model(retries: Retries) -> Flow[Model]:
    """Ask what judges, and for the limits."""
    return _read((yield from _ask(Call("GET", "v1/model"), retries)), model_of)


def health() -> Flow[Health]:
    """Ask how the service is; once, since that is the answer."""
    try:
        return _read((yield from _ask(Call("GET", "health"), Retries(attempts=1))), health_of)
    except NotReady as problem:
        reason = str(problem.members.get("reason", problem.detail))
        return Health(ready=False, reason=reason, service=None, model=None, uptime_seconds=None)


def classify_parcel(parcel: Parcel, options: Options, retries: Retries) -> Flow[list[Outcome]]:
    """Mark some articles in one batch; in smaller ones where the service turns out to take less."""
    call = Call("POST", "v1/classify/batch", batch_body(parcel.articles, options))
    try:
        answer = yield from _ask(call, retries)
    except TooLarge as problem:
        if len(parcel.articles) == 1:
            return [Failed(parcel.first, parcel.ids[0], problem)]
        outcomes: list[Outcome] = []
        for half in parcel.halves():
            outcomes += yield from classify_parcel(half, options, retries)
        return outcomes
    return _read(answer, lambda told: _outcomes(told, parcel))


def stream_parcel(parcel: Parcel, retries: Retries) -> Flow[list[Outcome]]:
    """Mark some articles in one stream, and again if it was cut off."""
    call = Call("POST", "v1/classify/stream", b"".join(line + b"\n" for line in parcel.articles), NDJSON)
    attempt = 1
    while True:
        answer = yield from _ask(call, retries)
        try:
            return _stream_outcomes(answer, parcel)
        except CutOff as error:
            pause = retries.pause_after(attempt, error)
            if pause is None:
                raise
            yield Pause(pause)
            attempt += 1


def _ask(call: Call, retries: Retries) -> Flow[httpx.Response]:
    attempt = 1
    while True:
        reply = yield call
        error: Problem | Unreachable | UnexpectedAnswer
        if isinstance(reply, httpx.Response):
            if reply.is_success:
                return reply
            error = _error_of(reply)
        elif isinstance(reply, _NEVER_SENT):
            # Its own words would tell the key.
            raise Unsendable(f"{type(reply).__name__}: the base URL begins with http:// and a key has no line break")
        else:
            error = Unreachable(f"no answer from the service: {type(reply).__name__}: {reply}")
            error.__cause__ = reply
        pause = retries.pause_after(attempt, error)
        if pause is None:
            raise error
        yield Pause(pause)
        attempt += 1


def _error_of(answer: httpx.Response) -> Problem | UnexpectedAnswer:
    told: Any = {}
    if answer.headers.get("content-type", "").partition(";")[0] == PROBLEM:
        told = _json_of(answer.content)
    elif answer.status_code not in {429, 502, 503, 504}:  # what proxies answer in their own words
        return UnexpectedAnswer(f"status {answer.status_code} without a problem: is this the right base URL?")
    return problem_for(
        answer.status_code,
        told if isinstance(told, Mapping) else {},
        retry_after=seconds_of(answer.headers.get("retry-after")),
        request_id=answer.headers.get("x-request-id"),
    )


def _read(answer: httpx.Response, read: Callable[[Any], Result]) -> Result:
    told = _json_of(answer.content)
    try:
        return read(told)
    except (KeyError, TypeError, ValueError, IndexError):
        raise UnexpectedAnswer("the answer is not in the form of API v1: is this the right base URL?") from None


def _json_of(content: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return httpx.Response(200, content=content).json()
    except ValueError:
        raise UnexpectedAnswer("the answer is not JSON: is this the right base URL?") from None


def _outcomes(told: Mapping[str, Any], parcel: Parcel) -> list[Outcome]:
    name = model_name_of(told["model"])
    outcomes: list[Outcome] = []
    for at, (one, given) in enumerate(zip(told["articles"], parcel.ids, strict=True), parcel.first):
        if "problem" in one:
            problem = one["problem"]
            outcomes.append(Failed(at, one.get("id", given), problem_for(problem["status"], problem)))
        else:
            outcomes.append(article_of(one, name, index=at))
    return outcomes


def _stream_outcomes(answer: httpx.Response, parcel: Parcel) -> list[Outcome]:
    lines = [_json_of(line) for line in answer.content.splitlines()]
    if not lines or lines[-1].get("complete") is not True:
        raise CutOff(_why_cut_off(lines))
    return _read_lines(lines[:-1], parcel)


def _why_cut_off(lines: Sequence[Mapping[str, Any]]) -> str:
    problem = lines[-1].get("problem", {}) if lines and lines[-1].get("complete") is False else {}
    return f"the stream ended early: {problem.get('detail', 'the connection was closed')}"


def _read_lines(lines: Sequence[Mapping[str, Any]], parcel: Parcel) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        for at, (one, given) in enumerate(zip(lines, parcel.ids, strict=True), parcel.first):
            if "problem" in one:
                problem = one["problem"]
                outcomes.append(Failed(at, one.get("id", given), problem_for(problem["status"], problem)))
            else:
                outcomes.append(article_of(one, model_name_of(one["model"]), index=at))
    except (KeyError, TypeError, ValueError):
        raise UnexpectedAnswer("the stream is not in the form of API v1: is this the right base URL?") from None
    return outcomes
