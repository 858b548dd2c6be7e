"""The page at /: files of this package as they are, which load nothing from elsewhere and call nobody else."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI
    from starlette.requests import Request

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_INDEX = "index.html"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    # Nothing on the page turns text into markup, and with these nothing can.
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Asked for anew each time and mostly answered by 304: the modules of two versions never mix.
    "Cache-Control": "no-cache",
}


def add_page(app: FastAPI) -> None:
    """Put the page at /, and what it loads under /page."""
    for file in (files("pressmark_service") / "page" / "assets").iterdir():
        path = "/" if file.name == _INDEX else f"/page/{file.name}"
        app.add_route(path, _sender(file.name), methods=["GET"], include_in_schema=False)


def _sender(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def send(request: Request) -> Response:
        content, etag = _asset(name)
        headers = {**_HEADERS, "ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_MEDIA_TYPES[name[name.rindex(".") :]], headers=headers)

    return send


@cache
def _asset(name: str) -> tuple[bytes, str]:
    content = (files("pressmark_service") / "page" / "assets" / name).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'
