"""How the clients connect."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx

from pressmark_client.errors import Unsendable

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


def options_for(url: str, key: str | None, timeout: float | httpx.Timeout, given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of httpx's clients; raises `Unsendable` where `url` is not one."""
    try:
        base = httpx.URL(url.rstrip("/") + "/")
        base.host.encode("idna")  # as the system will, when it looks for the host
    except (httpx.InvalidURL, UnicodeError):
        # What is wrong is not told: it could be a part of a password.
        raise Unsendable("the base URL is not one: give http://host:port") from None
    headers = httpx.Headers({"User-Agent": f"pressmark-client/{_version()}", "Accept": "application/json"})
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    headers.update(given.pop("headers", None))
    return {"base_url": base, "timeout": timeout, "headers": headers, **given}


def _version() -> str:
    try:
        return version("pressmark")
    except PackageNotFoundError:  # copied into another project
        return "0"
