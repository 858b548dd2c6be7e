"""HTTP/1.1 as this service speaks it: what is no HTTP request, too large a head or too slow gets a problem, too."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, cast

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pressmark_service.body import ARRIVED
from pressmark_service.head import is_unambiguous, with_path
from pressmark_service.problem import MEDIA_TYPE, Problem
from pressmark_service.problems import HeadTooLarge, MalformedRequest, TooSlow

if TYPE_CHECKING:
    from asyncio import BaseTransport, Transport
    from collections.abc import Callable

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from pressmark_service.settings import Settings
    from pressmark_service.unread import Unread

_MOST_HEADERS = 100
# What is parsed at once. The parser cannot be told to wait, and a request takes a hundred times the bytes of the
# shortest, so this is what bounds how many of one connection are in memory while the first is answered.
_PIECE = 4096
_SECONDS_FOR_A_FIRST_REQUEST = 1.0
_SECONDS_TO_READ_UNDER_LOAD = 2.0


class _Unwelcome(Exception):  # noqa: N818 - leaves the parser and goes no further
    """Stops the parser."""


class _Joined:
    """A transport that keeps the head of an answer until its body comes, so that both leave in one system call.

    uvloop sends what it is given at once, and a packet of its own for the head costs as much as judging does.
    A head without a body behind it, of a stream say, leaves with the next turn of the loop.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head = b""
        # Everything else is the transport's own; bound here, so that it costs no look-up in between.
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info

    def write(self, data: bytes) -> None:
        """Send, or keep a head for now."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n"):
            self._head = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Send what was kept, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            data, self._head = self._head, b""
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the transport's
        return getattr(self._transport, name)


class _Flow(FlowControl):
    """Leaves the network alone while there is something at hand to go on with.

    uvicorn reads on after each answer, however many requests of the connection wait for theirs.
    """

    is_held = False

    def resume_reading(self) -> None:
        """Read on, if there is nothing left of what was read."""
        if not self.is_held:
            super().resume_reading()

    def hold(self) -> None:
        """Read no further."""
        self.is_held = True
        self.pause_reading()


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol over httptools, with problems and limits of its own.

    Nothing here sets a timer for a request: `sweep`, called every second, finds what takes too long.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        unread: Unread,
        on_data: Callable[[], None],
        on_refusal: Callable[[Problem, str, str | None], None],
        **given: Any,  # noqa: ANN401 - uvicorn's arguments
    ) -> None:
        super().__init__(**given)
        self._settings = settings
        self._unread = unread
        self._on_data = on_data
        self._on_refusal = on_refusal
        self._refused: type[Problem] = MalformedRequest
        self._deaf = False
        # What came behind a request that waits for the answer to the one before it.
        self._rest = b""
        self._asks_no_more = False
        # Since when a head is on its way, by the loop's clock; 0 while none is.
        self._head_since = self.loop.time()
        self._head_bytes = 0
        self._in_body = False
        self._has_ended_one = False
        # What came since the last piece of a body without being one: extensions of chunks, trailers.
        self._beside_body = 0
        self._unasked_since = 0.0
        self._unsent = 0
        self._unsent_since = 0.0
        self._at_work: RequestResponseCycle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin with a connection."""
        joined = cast("Transport", _Joined(cast("Transport", transport)))
        super().connection_made(joined)
        self.flow = _Flow(joined)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request in work, which may have others behind it; uvicorn tells only the last that was read."""
        self._unread.discard(self.transport)
        super().connection_lost(exc)
        if self._at_work is not None and not self._at_work.response_complete:
            self._at_work.disconnected = True
            self._at_work.message_event.set()

    def pause_writing(self) -> None:
        """Count what the network does not take."""
        self._unread.add(self.transport)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Count it no longer: the network took most of it."""
        self._unread.discard(self.transport)
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._at_work = cycle
        super()._start_asgi_task(cycle, _spoken_plainly(cycle, app) if cycle.scope["http_version"] == "1.0" else app)

    def data_received(self, data: bytes) -> None:
        """Parse what came in."""
        self._on_data()
        if self._deaf:
            return
        # Was idle; even blank lines begin a head. But a body may go on coming after its answer.
        if self.timeout_keep_alive_task is not None and not self._in_body:
            self._head_since = self.loop.time()
        self._unset_keepalive_if_required()
        self._parse(self._rest + data)

    def _parse(self, data: bytes) -> None:
        """Parse until a request waits for the answer to the one before it; keep the rest."""
        at = 0
        while at < len(data) and not self.pipeline and not self._deaf:
            self._parse_piece(data[at : at + _PIECE] if len(data) > _PIECE else data)
            at += _PIECE
        self._rest = b"" if self._deaf else data[at:]
        if self._rest:
            cast("_Flow", self.flow).hold()

    def _parse_piece(self, data: bytes) -> None:
        self._has_ended_one = False
        self._beside_body += len(data)
        self._feed(data)
        if self._in_body and self._beside_body > self._settings.head_bytes and not self._deaf:
            self.refuse(HeadTooLarge())
        if self._head_since and not self._deaf:
            # Only what is still no whole head, and may have begun behind another request.
            self._head_bytes = 0 if self._has_ended_one else self._head_bytes + len(data)
            if self._head_bytes > self._settings.head_bytes:
                self.refuse(HeadTooLarge())

    def on_response_complete(self) -> None:
        """Go on with the next request, which may be here already."""
        super().on_response_complete()
        if self.pipeline or self.transport.is_closing():
            return
        if self._rest:
            self._unset_keepalive_if_required()
            cast("_Flow", self.flow).is_held = False
            self._head_since = self._head_since and self.loop.time()  # it was the service that kept it waiting
            self._parse(self._rest)
            self.flow.resume_reading()
        if self._asks_no_more and self.cycle.response_complete:
            self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn's says None, which asyncio takes for False
        """Answer what was asked whole before the client ended its side, as some do after their last request."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        self._asks_no_more = cycle is not None and not cycle.response_complete and not self._in_body
        return self._asks_no_more  # whether to stay connected

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.refuse(self._refused())
        except httptools.HttpParserUpgrade as upgrade:
            self._stay_with_http(data[upgrade.args[0] :])

    def _stay_with_http(self, rest: bytes) -> None:
        """Read a head again without the wish for another protocol, with which the parser takes no body.

        Java's client asks for HTTP/2 in its first request, whatever it sends.
        """
        version = self.parser.get_http_version().encode()
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n"]
        for name, value in self.headers:
            if name == b"connection":
                head += [b"Connection: close\r\n"] if b"close" in value.lower() else []
            elif name not in {b"upgrade", b"http2-settings"}:
                head += [name, b": ", value, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"".join([*head, b"\r\n", rest]))

    def on_message_begin(self) -> None:
        """Begin with a request."""
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self._head_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request's target."""
        super().on_url(url)
        if len(self.url) > self._settings.head_bytes:
            self._refused = HeadTooLarge
            raise _Unwelcome

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        super().on_header(name, value)
        if len(self.headers) > _MOST_HEADERS:
            self._refused = HeadTooLarge
            raise _Unwelcome

    def on_headers_complete(self) -> None:
        """Hand the request to the application."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._settings.head_bytes:
            self._refused = HeadTooLarge
            raise _Unwelcome
        is_tunnel = self.parser.get_method() == b"CONNECT"
        if is_tunnel or not is_unambiguous(self.parser.get_http_version(), self.headers):
            raise _Unwelcome
        if self.parser.should_upgrade():
            return
        if not self.url.startswith(b"/"):
            self.url = with_path(self.url)
        super().on_headers_complete()
        self._in_body = True
        self._beside_body = 0
        self._head_since = 0.0
        self._head_bytes = 0

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._beside_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request, but not one that is about to be read again."""
        self._in_body = False
        self._has_ended_one = True
        if self.parser.should_upgrade():
            return
        if self.cycle.response_complete:  # the body came after the answer, so only now the connection is idle
            self._await_another()
            return
        super().on_message_complete()
        cast("dict[str, object]", self.scope)[ARRIVED] = True

    def _await_another(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def refuse(self, problem: Problem) -> None:
        """Answer with a problem before there is a request that the application could answer, and hang up.

        Where earlier requests of the connection are still being answered, their answers come whole and
        the connection then ends without a further one: it could be taken for the answer to one of them.
        """
        self._deaf = True
        cast("_Flow", self.flow).hold()
        self._head_since = 0.0
        if self._has_answers_to_give():
            self.cycle.keep_alive = False
            if self.cycle.more_body and not self.pipeline:  # a stream under way, of which no more can be read
                self.transport.close()
            return
        if self._in_body and self.cycle.response_complete:  # it has had its answer, and is cut for what came after
            self.transport.close()
            return
        request_id = os.urandom(16).hex()
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:  # or else the application has it, and tells what became of it
            self._on_refusal(problem, request_id, self.client[0] if self.client else None)
        body = problem.as_json(request_id)
        head = [
            f"HTTP/1.1 {problem.status} {problem.title}",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            f"x-request-id: {request_id}",
            "connection: close",
        ]
        self.transport.write("\r\n".join([*head, "", ""]).encode() + body)
        self.transport.close()

    def _has_answers_to_give(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            return False
        is_what_broke = cycle.more_body and not cycle.response_started
        return bool(self.pipeline) or not is_what_broke

    def shutdown(self) -> None:
        """Begin to close, as the whole service does.

        On a connection that is new the first request is on its way, or even here but not looked at: to
        close now would lose it.
        """
        if cast("RequestResponseCycle | None", self.cycle) is None and not self._deaf:
            self.loop.call_later(_SECONDS_FOR_A_FIRST_REQUEST, super().shutdown)
        else:
            super().shutdown()

    def sweep(self, now: float) -> None:
        """End the connection if a head, or a body after its answer, is too slow to come, or an answer to be read."""
        if self._head_since and not self._rest and now - self._head_since > self._settings.head_timeout:
            if self._head_bytes:
                self.refuse(TooSlow())
            elif cast("RequestResponseCycle | None", self.cycle) is None:
                self.transport.close()  # connected, and never said anything
        if not (self._in_body and self.cycle.response_complete):
            self._unasked_since = now
        elif now - self._unasked_since > self._settings.head_timeout:
            self.transport.close()
        left = self.transport.get_write_buffer_size()
        if left == 0 or self._unsent == 0 or left < self._unsent:
            self._unsent_since = now  # nothing waits, or it has only begun to, or some of it was taken
        elif now - self._unsent_since > self._seconds_to_read():
            self.transport.abort()
        self._unsent = left

    def _seconds_to_read(self) -> float:
        """Return how long a client may take nothing of an answer: not long where others must wait for it."""
        given = self._settings.answer_timeout
        return min(given, _SECONDS_TO_READ_UNDER_LOAD) if self._unread.is_too_much() else given


def _spoken_plainly(cycle: RequestResponseCycle, app: ASGI3Application) -> ASGI3Application:
    """Answer HTTP/1.0, which knows neither chunks nor leave to send: what has no length ends with the connection."""
    cycle.waiting_for_100_continue = False
    cycle.chunked_encoding = False

    async def answer(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - uvicorn's
        async def send_on(message: Any) -> None:  # noqa: ANN401 - uvicorn's
            cycle.expected_content_length = len(message.get("body", b""))  # so that it holds none to a length
            await send(message)

        await app(scope, receive, send_on)

    return answer
