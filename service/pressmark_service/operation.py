"""A path operation that takes a body: bytes in, bytes out, with nothing of the framework in between.

FastAPI matches and documents it like any other. Its dependency solving and response validation are
left out, because they cost as much as judging a paragraph does.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute

from pressmark_service.body import Media, media_of, read_body
from pressmark_service.limits import check_values
from pressmark_service.problem import Problem
from pressmark_service.problems import (
    BodyTooLarge,
    DeadlinePassed,
    InternalError,
    InvalidRequest,
    MalformedJson,
    NotReady,
    Overloaded,
    TooManyValues,
    TooSlow,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from pressmark import Judge
    from pressmark_service.desk import Desk
    from pressmark_service.gate import Gate
    from pressmark_service.metrics import Marks
    from pressmark_service.settings import Settings

TALLY = "pressmark.tally"
"""Where in the scope an operation leaves its tally for the access log."""

READING: tuple[type[Problem], ...] = (
    MalformedJson,
    TooSlow,
    BodyTooLarge,
    TooManyValues,
    UnsupportedMediaType,
    InvalidRequest,
    Overloaded,
    InternalError,
    NotReady,
    DeadlinePassed,
)
"""Every problem of reading a JSON body and having it judged, whatever it asks for."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was judged, by which model."""

    model: str
    articles: int
    paragraphs: int
    characters: int
    marks: Marks


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a successful answer, and what it took."""

    body: bytes
    tally: Tally


Work = Callable[[Media, bytes, "Judge", "Settings"], Answer]
"""What an operation does with a body. Pure, so that it may run in any thread; raises Problem."""


class Operation(APIRoute):
    """Reads the body, has the work done here or in a thread, and sends the answer."""

    def __init__(
        self,
        path: str,
        work: Work,
        desk: Desk,
        *,
        media: frozenset[Media],
        **documentation: Any,  # noqa: ANN401 - passed on
    ) -> None:
        super().__init__(
            path,
            _documented,
            methods=["POST"],
            description=inspect.cleandoc(work.__doc__ or ""),
            **documentation,
        )
        self.app = self.answer
        self._work = work
        self._desk = desk
        self._media = media

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises Problem."""
        desk = self._desk
        judge = desk.judge
        media = media_of(scope, self._media)
        desk.gate.require_room()  # before the body is read: turning away is to be cheap
        body = await read_body(scope, receive, desk.settings, desk.gate)
        answer = await self._answer_to(media, body, judge)
        scope[TALLY] = answer.tally
        desk.meter.judged(answer.tally.marks)
        await send_whole(send, 200, b"application/json", answer.body)

    async def _answer_to(
        self,
        media: Media,
        body: bytes,
        judge: Judge,
        work: Work | None = None,
        *,
        deadline: float = 0.0,
        uncounted: int | None = None,
    ) -> Answer:
        """Return the answer to a body, of which `uncounted` bytes, all unless told, do not count at the gate yet."""
        desk = self._desk
        work = work or self._work
        loop = asyncio.get_running_loop()
        deadline = deadline or loop.time() + desk.settings.deadline
        if _is_long(body, desk.settings):
            held = len(body) if uncounted is None else uncounted
            desk.gate.enter(held)
            job = partial(_done_within_limits, work, media, body, judge, desk.settings)
            return await self._in_thread(deadline, job, held)
        desk.gate.enter()
        try:
            await desk.turns.take()
            if loop.time() > deadline:
                raise DeadlinePassed
            desk.gate.require_readers()  # there may have been some while it waited
            return _done_within_limits(work, media, body, judge, desk.settings)
        finally:
            desk.gate.leave()

    async def _in_thread(self, deadline: float, job_of: Callable[[], Answer], held: int) -> Answer:
        desk = self._desk
        loop = asyncio.get_running_loop()
        job = desk.pool.submit(_done_alone, job_of, desk.gate)
        # A thread cannot be stopped: its place is taken until it ends, whether or not anybody still waits.
        job.add_done_callback(lambda _: _call_soon(loop, partial(desk.gate.leave, held)))
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.wrap_future(job)
        except TimeoutError:
            raise DeadlinePassed from None
        finally:
            # It holds what it raised, whose frames hold this one: memory that would wait for the garbage collector.
            del job


def _is_long(body: bytes, settings: Settings) -> bool:
    # Evidence takes eight times as long as marks. Half the size keeps the loop for ten milliseconds, and those who
    # ask for the evidence of one article need not wait behind archives in the thread. Spelt otherwise, it is missed.
    most = settings.inline_bytes
    return len(body) > (most // 2 if b'"evidence"' in body else most)


async def send_whole(send: Send, status: int, media: bytes, body: bytes) -> None:
    """Send an answer that is all there."""
    headers = [(b"content-type", media), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _done_within_limits(work: Work, media: Media, body: bytes, judge: Judge, settings: Settings) -> Answer:
    if media == "json":
        check_values(body, settings)
    return work(media, body, judge, settings)


def _done_alone(job_of: Callable[[], Answer], gate: Gate) -> Answer:
    try:
        gate.require_readers()  # others have been answered while it waited
        return job_of()
    except Problem as problem:
        # Its frames hold all that a hostile body was read into, and the next one begins before this is answered.
        problem.__context__ = None
        raise problem.with_traceback(None) from None


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has been closed by a forced end
        loop.call_soon_threadsafe(callback)


def _documented() -> None:
    """Stand where FastAPI looks for a signature; `answer` does the answering."""
