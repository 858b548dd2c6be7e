"""What stands between a request and its route: the key it needs, how often the key may ask, and which pages may ask."""

from __future__ import annotations

from ipaddress import ip_address
from time import time
from typing import TYPE_CHECKING

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from pressmark_service.dialects import LABEL_STUDIO, OPEN_INFERENCE, TEXT_EMBEDDINGS
from pressmark_service.keys import keys_of, wait_of
from pressmark_service.problems import RateLimited, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pressmark_service.problem import Problem
    from pressmark_service.settings import Settings

    Headers = Sequence[tuple[bytes, bytes]]

KEY = "pressmark.key"
"""In the scope of a request that came with a key: the name of the key."""
# Not among them is the readiness of a model under its name: clients ask it, with their key, and it says what
# /v2/health/ready says.
PROBES = frozenset(
    {
        *("/healthz", "/readyz", "/health"),
        *(f"{OPEN_INFERENCE}/health/live", f"{OPEN_INFERENCE}/health/ready"),
        *(f"{TEXT_EMBEDDINGS}/health", f"{LABEL_STUDIO}/health"),
    }
)
"""Asked every few seconds by machines that have no key."""
KEYED: tuple[type[Problem], ...] = (Unauthorized, RateLimited)
"""Every problem of a request to what needs a key."""
# They tell what is published anyway, and a browser that follows a link has no key. The page asks for it where it
# marks something, and sends it along then.
_PUBLISHED = frozenset({"/docs", "/openapi.json", "/"})
_PAGE = "/page/"
_SECONDS_SET_BACK = 1.0
_PLAIN = {"ws": "http", "wss": "https"}
_EXPOSED = b"X-Request-ID, Retry-After"
_PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD, POST"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, X-API-Key, X-Request-ID"),
    (b"access-control-max-age", b"600"),
)


class Rate:
    """How often each name may come."""

    def __init__(self, most: str) -> None:
        self._most = parse(most)
        self._counts = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._counts)
        self._seen = 0.0

    def count(self, name: str) -> None:
        """Count one more; raise RateLimited if it is one too many."""
        now = time()
        if now < self._seen - _SECONDS_SET_BACK:
            # The clock was set back: what was counted would seem to be of the future, and last until then.
            self._counts.reset()
        self._seen = now
        if not self._limiter.hit(self._most, name):
            reset, _ = self._limiter.get_window_stats(self._most, name)
            raise RateLimited(headers={"Retry-After": wait_of(reset)})


class Doorkeeper:
    """Asks for keys and counts how often each is used, where the settings want that."""

    def __init__(self, settings: Settings) -> None:
        self._keys = keys_of(settings.key_file) if settings.key_file else None
        self._open = PROBES | _PUBLISHED | ({"/metrics"} if settings.open_metrics else set())
        self._rate = Rate(settings.rate_limit) if settings.rate_limit else None

    def admit(self, scope: Scope) -> None:
        """Raise Unauthorized or RateLimited if the request may not come in."""
        if self._keys is None or scope["path"] in self._open or scope["path"].startswith(_PAGE):
            return
        name = self._keys.name_of(_key_of(scope["headers"]))
        if name is None:
            raise Unauthorized
        scope[KEY] = name
        if self._rate is not None:
            self._rate.count(name)


class Origins:
    """Which web pages may ask from a browser; none, unless the settings name some."""

    def __init__(self, allowed: str) -> None:
        self._allowed = frozenset(one.strip().encode() for one in allowed.split(",") if one.strip())

    def headers_for(self, scope: Scope) -> Headers:
        """Return what every answer to this request must carry for a browser to show it to the page."""
        if not self._allowed:
            return ()
        vary = (b"vary", b"Origin")
        for name, value in scope["headers"]:
            if name == b"origin" and (value in self._allowed or b"*" in self._allowed):
                allowed = b"*" if b"*" in self._allowed else value
                return (b"access-control-allow-origin", allowed), (b"access-control-expose-headers", _EXPOSED), vary
        return (vary,)

    def is_preflight(self, scope: Scope) -> bool:
        """Return whether a browser only asks whether it may ask."""
        return (
            bool(self._allowed)
            and scope["method"] == "OPTIONS"
            and any(name == b"access-control-request-method" for name, _ in scope["headers"])
        )

    def preflight_headers(self) -> Headers:
        """Return what a page may send."""
        return _PREFLIGHT


class Forwarded:
    """Has requests that came by a proxy tell only what it can have meant: an address, and one of HTTP's two schemes.

    Proxies pass on what clients wrote into the same headers, and that may be any text. So may the zone of an address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            _settle(scope)
        await self._app(scope, receive, send)


def unmapped(address: str) -> str:
    """Return an address of IPv4 as it is written where a socket for both kinds tells of it in the longer way."""
    return address.removeprefix("::ffff:") if "." in address else address


def _settle(scope: Scope) -> None:
    scope["scheme"] = _PLAIN.get(scope["scheme"], scope["scheme"])
    if scope.get("client"):
        host = scope["client"][0]
        try:
            ip_address(host)
        except ValueError:
            scope["client"] = None
        else:
            scope["client"] = (unmapped(host.partition("%")[0]), scope["client"][1])


def _key_of(headers: Headers) -> bytes:
    key = b""
    for name, value in headers:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            key = value[7:].strip()
        elif name == b"x-api-key":
            key = value.strip()
    return key
