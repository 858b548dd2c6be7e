"""The application: wiring only."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import pressmark
from pressmark_service import openapi
from pressmark_service.access import Forwarded, unmapped
from pressmark_service.desk import Desk
from pressmark_service.edge import Edge
from pressmark_service.logs import AccessLog
from pressmark_service.metrics import PROBLEMS
from pressmark_service.page.docs import add_docs
from pressmark_service.page.front import add_page
from pressmark_service.routes import routes_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pressmark import Judge
    from pressmark_service.problem import Problem
    from pressmark_service.settings import Settings
    from pressmark_service.traces import Traces


# FastAPI's own would record paths, values that were refused, and exceptions with their messages: submitted text.
# What traces there are begin and end at the edge.
_NO_TELEMETRY = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


class Application(FastAPI):
    """FastAPI with the edge around all of it, and a document that tells the whole contract."""

    def __init__(
        self,
        desk: Desk,
        *,
        access_log: AccessLog | None,
        traces: Traces | None,
        **options: Any,  # noqa: ANN401 - passed on
    ) -> None:
        super().__init__(**options)
        self._desk = desk
        self._access_log = access_log
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; requests go to the edge at once, since FastAPI looks whether it is to trace each of them."""
        if scope["type"] != "http" or self.middleware_stack is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        if (client := scope["client"]) and client[0].startswith(":"):
            scope["client"] = (unmapped(client[0]), client[1])
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the edge around what FastAPI's routes need.

        FastAPI's own layers for errors stay out: they would answer before the edge can.
        """
        routed = AsyncExitStackMiddleware(self.router)
        edge = Edge(routed, self.routes, self._desk, access_log=self._access_log, traces=self._traces)
        trusted = self._desk.settings.trusted_proxies
        return cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", Forwarded(edge)), trusted)) if trusted else edge

    def tell_refused(self, problem: Problem, request_id: str, client: str | None) -> None:
        """Count and log what was refused before it was a request that could come here."""
        self._desk.meter.count(PROBLEMS, problem.slug)
        if self._access_log is not None:
            told = {"request_id": request_id, "client": client and unmapped(client), "method": None, "route": None}
            self._access_log.write(told | {"status": problem.status})

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, as `pressmark openapi` prints it but with the limits set here."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.describe(self.routes, self._desk.settings)
        return self.openapi_schema


def create_app(
    settings: Settings, *, load: Callable[[Path | None], Judge] = pressmark.load, desk: Desk | None = None
) -> FastAPI:
    """Return the application. Nothing is loaded before its lifespan begins."""
    desk = desk or Desk(settings, load)
    traces = _traces_to(settings.traces_url) if settings.traces_url else None
    app = Application(
        desk,
        access_log=AccessLog() if settings.access_log else None,
        traces=traces,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        lifespan=_lifespan,
    )
    app.state.desk = desk
    app.state.traces = traces
    app.router.routes[:0] = routes_of(desk)
    add_docs(app)
    add_page(app)
    return app


def _traces_to(url: str) -> Traces:
    # Who wants no traces pays nothing for them, and needs nothing installed.
    from pressmark_service.traces import Traces  # noqa: PLC0415

    return Traces(url)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    if desk.state == "starting":
        desk.open()
    # Now rather than at the first request, so that what it reads is read while somebody watches.
    app.middleware_stack = app.build_middleware_stack()
    try:
        yield
    finally:
        desk.close()
        if app.state.traces is not None:
            app.state.traces.close()
