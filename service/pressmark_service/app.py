"""The application: wiring only."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import pressmark
from pressmark_service import openapi
from pressmark_service.desk import Desk
from pressmark_service.edge import Edge
from pressmark_service.logs import AccessLog
from pressmark_service.page.docs import add_docs
from pressmark_service.page.front import add_page
from pressmark_service.routes import routes_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pressmark import Judge
    from pressmark_service.settings import Settings


class Application(FastAPI):
    """FastAPI with the edge around all of it, and a document that tells the whole contract."""

    def __init__(self, desk: Desk, access_log: AccessLog | None, **options: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(**options)
        self._desk = desk
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; requests go to the edge at once, since FastAPI looks whether it is to trace each of them."""
        if scope["type"] != "http" or self.middleware_stack is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the edge around what FastAPI's routes need.

        FastAPI's own layers for errors stay out: they would answer before the edge can.
        """
        edge = Edge(AsyncExitStackMiddleware(self.router), self.routes, self._desk, self._access_log)
        trusted = self._desk.settings.trusted_proxies
        return cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", edge), trusted)) if trusted else edge

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
    app = Application(
        desk,
        AccessLog(sys.stderr) if settings.access_log else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.desk = desk
    app.router.routes[:0] = routes_of(desk)
    add_docs(app)
    add_page(app)
    return app


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
