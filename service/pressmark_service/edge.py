"""The outermost layer: every request gets an id, an answer, a line in the access log and, if wanted, a span.

Whatever is raised further in becomes a problem here and nowhere else. Operations that take a body are
reached straight from here; all else goes through FastAPI.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from pressmark_service.access import KEY, PROBES, Doorkeeper, Origins
from pressmark_service.body import ClientGone, discard_body, leaves_unread
from pressmark_service.dialects import dialect_of, not_found_at
from pressmark_service.operation import TALLY, Operation
from pressmark_service.problem import Problem
from pressmark_service.problems import InternalError, MethodNotAllowed, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.trace import Span
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pressmark_service.access import Headers
    from pressmark_service.desk import Desk
    from pressmark_service.logs import AccessLog
    from pressmark_service.operation import Tally
    from pressmark_service.settings import Settings
    from pressmark_service.traces import Traces

_GIVEN_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
# Asked every few seconds by machines; they would bury the rest.
_UNTRACED = PROBES | {"/metrics"}
# What servers commonly log for a client that left; no answer carries it.
_CLIENT_GONE = 499

_log = logging.getLogger(__name__)


class Edge:
    """Wraps the application; one for each."""

    def __init__(
        self,
        app: ASGIApp,
        routes: Sequence[BaseRoute],
        desk: Desk,
        *,
        access_log: AccessLog | None = None,
        traces: Traces | None = None,
    ) -> None:
        self._app = app
        self._desk = desk
        self._access_log = access_log
        self._traces = traces
        self._doorkeeper = Doorkeeper(desk.settings)
        self._origins = Origins(desk.settings.cors_origins)
        self._operations = {
            route.path: route for route in routes if isinstance(route, Operation) and not route.param_convertors
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        # A copy, since the server must go on seeing that HEAD wants no body.
        inner = dict(scope, method="GET") if scope["method"] == "HEAD" else scope
        self._desk.meter.begin()
        slug = ""
        span = self._begin_span(scope)
        marked = _Marked(
            send, request_id_of(scope), self._origins.headers_for(scope), closing=self._desk.state == "draining"
        )
        try:
            await self._dispatch(inner, receive, marked.send)
        except ClientGone:
            marked.status = _CLIENT_GONE
        except asyncio.CancelledError:  # the drain timeout is over
            if marked.status:
                raise
            cut = self._desk.not_ready()
            slug = cut.slug
            cut.headers["Connection"] = "close"
            await _send_problem(cut, marked, inner, receive, self._desk.settings)
        except Exception as error:
            problem = problem_of(error, scope["path"], self._desk.settings)
            slug = problem.slug
            if isinstance(problem, InternalError):
                _log.exception("failed", extra={"members": {"request_id": marked.request_id}})
            if marked.status:  # too late for another answer
                raise
            # With its frames, of which this is one, it would hold itself and the request until garbage is collected.
            problem.__traceback__ = None
            await _send_problem(problem, marked, inner, receive, self._desk.settings)
        finally:
            inner["method"] = scope["method"]  # told as it was asked
            self._tell(inner, marked, slug, span=span, seconds=perf_counter() - started)

    def _begin_span(self, scope: Scope) -> Span | None:
        if self._traces is None or scope["path"] in _UNTRACED:
            return None
        return self._traces.begin(scope, self._desk.judge)

    def _tell(self, scope: Scope, marked: _Marked, slug: str, *, span: Span | None, seconds: float) -> None:
        """Put what became of a request into figures, span and log."""
        method, status = scope["method"], marked.status
        route = getattr(scope.get("route"), "path", "")
        self._desk.meter.end(method, scope["scheme"], route, status=status, problem=slug, seconds=seconds)
        if self._traces is not None and span is not None:
            self._traces.end(
                span,
                method=method,
                route=route,
                status=status,
                problem=slug,
                request_id=marked.request_id,
                tally=scope.get(TALLY),
            )
        if self._access_log is not None and scope["path"] not in PROBES:
            self._access_log.write(_line(scope, marked, seconds) | (_ids_of(span) if span is not None else {}))

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._origins.is_preflight(scope):
            await send({"type": "http.response.start", "status": 204, "headers": self._origins.preflight_headers()})
            await send({"type": "http.response.body", "body": b""})
            return
        self._doorkeeper.admit(scope)
        operation = self._operations.get(scope["path"]) if scope["method"] == "POST" else None
        if operation is None:
            await self._app(scope, receive, send)
        else:
            scope["route"] = operation
            await operation.answer(scope, receive, send)


class _Marked:
    """Sends for one request: puts its id on the answer, and remembers the status."""

    __slots__ = ("_closing", "_further", "_send", "request_id", "status")

    def __init__(self, send: Send, request_id: bytes, further: Headers, *, closing: bool) -> None:
        self._send = send
        self._further = further
        self._closing = closing
        self.request_id = request_id.decode("ascii")
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on to the server."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message["headers"])
            headers.append((b"x-request-id", self.request_id.encode()))
            headers += self._further
            if self._closing:  # so that no client sends its next request into a closing connection
                headers.append((b"connection", b"close"))
            message["headers"] = headers
        await self._send(message)


def request_id_of(scope: Scope) -> bytes:
    """Return the id that the client gave, if it is one that may stand in headers and logs, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.fullmatch(value):
            given: bytes = value
            return given
    return os.urandom(16).hex().encode()


def problem_of(error: Exception, path: str, settings: Settings) -> Problem:
    """Return the problem that an exception stands for, which came up at a path."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException) and error.status_code == NotFound.status:
        return not_found_at(path, settings)
    if isinstance(error, HTTPException) and error.status_code == MethodNotAllowed.status:
        allowed = {name.strip() for name in (error.headers or {}).get("Allow", "").split(",")}
        if "GET" in allowed:
            allowed.add("HEAD")
        return MethodNotAllowed(headers={"Allow": ", ".join(sorted(allowed))})
    return InternalError()


async def _send_problem(problem: Problem, marked: _Marked, scope: Scope, receive: Receive, settings: Settings) -> None:
    status, media, body = dialect_of(scope["path"], settings)(problem, marked.request_id)
    headers = [(b"content-type", media), (b"content-length", b"%d" % len(body))]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    lingers = "Connection" not in problem.headers and leaves_unread(scope, settings.body_bytes)
    if lingers:
        headers.append((b"connection", b"close"))
    await marked.send({"type": "http.response.start", "status": status, "headers": headers})
    await marked.send({"type": "http.response.body", "body": body, "more_body": lingers})
    if lingers:
        await discard_body(receive)
        await marked.send({"type": "http.response.body", "body": b""})


def _ids_of(span: Span) -> dict[str, object]:
    """Return what ties a line of the log to its span."""
    context = span.get_span_context()
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _line(scope: Scope, marked: _Marked, seconds: float) -> dict[str, object]:
    # The template of the route and never the path: what is asked for in a path is the client's text.
    line = {
        "request_id": marked.request_id,
        "client": scope["client"][0] if scope.get("client") else None,
        "method": scope["method"],
        "route": getattr(scope.get("route"), "path", None),
        "status": marked.status,
        "duration_ms": round(seconds * 1000, 3),
    }
    if KEY in scope:
        line["key"] = scope[KEY]
    tally: Tally | None = scope.get(TALLY)
    if tally is not None:
        line |= {
            "model": tally.model,
            "articles": tally.articles,
            "paragraphs": tally.paragraphs,
            "characters": tally.characters,
        }
    return line
