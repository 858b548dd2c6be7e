"""When the client asks again: the flows that both clients run, answered by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from pressmark_client import CutOff, PressmarkError, Retries
from pressmark_client.calls import Pause, classify, stream_parcel
from pressmark_client.parcels import stream_packer
from pressmark_client.retrying import seconds_of

PROBLEM = {"Content-Type": "application/problem+json"}


def run(flow: Any, replies: list[Any]) -> tuple[list[float], int, Exception | None]:
    """Return the pauses, how many requests were sent, and what was raised."""
    pauses: list[float] = []
    sent, reply = 0, None
    try:
        while True:
            step = flow.send(reply)
            if isinstance(step, Pause):
                pauses.append(step.seconds)
                reply = None
            else:
                reply = replies[min(sent, len(replies) - 1)]
                sent += 1
    except StopIteration:
        return pauses, sent, None
    except PressmarkError as error:
        return pauses, sent, error


def problem(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"title": "t", "detail": "d"}, headers=PROBLEM | headers)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 500, 501])
def test_what_cannot_succeed_is_sent_once(status: int) -> None:
    pauses, sent, error = run(classify("a", {}, Retries()), [problem(status)])
    assert (pauses, sent) == ([], 1)
    assert error is not None


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_what_may_succeed_is_sent_again(status: int) -> None:
    pauses, sent, error = run(classify("a", {}, Retries(attempts=4)), [problem(status)])
    assert (len(pauses), sent, getattr(error, "status", None)) == (3, 4, status)


def test_proxies_that_know_no_problems_are_understood() -> None:
    assert run(classify("a", {}, Retries(attempts=2)), [httpx.Response(502, text="<html>")])[1] == 2


def test_no_connection_is_tried_again() -> None:
    assert run(classify("a", {}, Retries(attempts=3)), [httpx.ConnectError("refused")])[1] == 3


def test_pauses_grow_up_to_the_longest() -> None:
    pauses, _, _ = run(classify("a", {}, Retries(attempts=6, first_pause=1, longest_pause=4)), [problem(503)])
    for pause, most in zip(pauses, [1, 2, 4, 4, 4], strict=True):
        assert most / 2 <= pause <= most


def test_retry_after_is_waited_for() -> None:
    (pause,), _, _ = run(classify("a", {}, Retries(attempts=2)), [problem(429, **{"Retry-After": "7"})])
    assert 7 <= pause <= 7.2


def test_longer_retry_after_than_patience_ends_it() -> None:
    pauses, sent, error = run(classify("a", {}, Retries(longest_pause=5)), [problem(503, **{"Retry-After": "6"})])
    assert (pauses, sent, error.retry_after if isinstance(error, PressmarkError) else None) == ([], 1, 6)


def test_retry_after_may_be_a_date() -> None:
    then = datetime.now(UTC) + timedelta(seconds=3600)
    seconds = seconds_of(format_datetime(then, usegmt=True))
    assert seconds is not None
    assert 3000 < seconds <= 3600
    assert seconds_of("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert seconds_of("soon") is None


def test_stream_that_was_cut_off_is_sent_again() -> None:
    (parcel,) = stream_packer(1, {}).add("a")
    cut = httpx.Response(200, content=b'{"complete": false, "problem": {"detail": "stopping"}}\n')
    pauses, sent, error = run(stream_parcel(parcel, Retries(attempts=2)), [cut])
    assert (len(pauses), sent, type(error)) == (1, 2, CutOff)
    assert "stopping" in str(error)
