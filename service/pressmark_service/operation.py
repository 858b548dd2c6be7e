"""A path operation that takes a body: bytes in, bytes out, with nothing of the framework in between.

FastAPI matches and documents it like any other. Its dependency solving and response validation are
left out, because they cost as much as judging a paragraph does.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute

from pressmark_service.body import Media, media_of, read_body

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from pressmark import Judge
    from pressmark_service.desk import Desk
    from pressmark_service.settings import Settings

TALLY = "pressmark.tally"
"""Where in the scope an operation leaves its tally for the access log."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was judged, by which model."""

    model: str
    articles: int
    paragraphs: int
    characters: int


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
        settings = self._desk.settings
        judge = self._desk.judge
        media = media_of(scope, self._media)
        body = await read_body(scope, receive, settings.body_bytes)
        if len(body) <= settings.inline_bytes:
            await self._desk.turns.take()
            answer = self._work(media, body, judge, settings)
        else:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._desk.pool, self._work, media, body, judge, settings)
        scope[TALLY] = answer.tally
        await send_whole(send, 200, b"application/json", answer.body)


async def send_whole(send: Send, status: int, media: bytes, body: bytes) -> None:
    """Send an answer that is all there."""
    headers = [(b"content-type", media), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _documented() -> None:
    """Stand where FastAPI looks for a signature; `answer` does the answering."""
