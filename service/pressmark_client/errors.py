"""Every way a call can fail, as exceptions that can be told apart.

PressmarkError
Unsendable          the base URL, the key or a header is not one
Unreachable         no answer came: no connection, or too late
CutOff              a stream ended before its last line
UnexpectedAnswer    what answered is not this service (a proxy's page, say)
Problem             the service said what is wrong (RFC 9457)
Malformed             400, 415  a fault of this client
Unauthorized          401
Forbidden             403
NotFound              404, 405
TooLarge              413  beyond a limit of the service
InvalidRequest        422  `errors` points at what is wrong
Refused               408, 429  later the same request may be served
NotReady              503, 504  the same
ServiceError          500 and whatever else
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class PressmarkError(Exception):
    """A call failed."""

    may_succeed_later: ClassVar[bool] = False
    """Whether the same request may be answered if it is sent again."""
    retry_after: float | None = None
    """Seconds that the service asked to wait for."""


class Unsendable(PressmarkError):  # noqa: N818 - reads as what happened, as all below do
    """The request cannot be sent as it is: the base URL lacks its scheme, or a header holds what none may."""


class Unreachable(PressmarkError):  # noqa: N818 - the same
    """No answer came: no connection, or too late. Sending again is safe, since judging changes nothing."""

    may_succeed_later = True


class CutOff(PressmarkError):  # noqa: N818 - the same
    """A stream ended before its last line. Sending again is safe."""

    may_succeed_later = True


class UnexpectedAnswer(PressmarkError):  # noqa: N818 - the same
    """What answered is not this service, or not of this version."""


class Problem(PressmarkError):  # noqa: N818 - the same
    """The service said what is wrong.

    Parameters
    ----------
    status
        Of the answer; of the item, for an article of many.
    told
        The problem object.
    retry_after
        Seconds that the service asked to wait for.
    request_id
        Under which the service's log has the request.
    """

    def __init__(
        self,
        status: int,
        told: Mapping[str, Any],
        *,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        self.status = status
        self.type = str(told.get("type", "about:blank"))
        self.title = str(told.get("title", ""))
        self.detail = str(told.get("detail", ""))
        self.members = dict(told)
        self.retry_after = retry_after
        self.request_id = request_id
        super().__init__(f"{status} {self.title}: {self.detail}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it pass between processes."""
        return _again, (type(self), self.status, self.members, self.retry_after, self.request_id)


class Malformed(Problem):
    """The service could not read the request."""


class Unauthorized(Problem):
    """No key was given, or none that is valid there."""


class Forbidden(Problem):
    """The key is valid, but not for this."""


class NotFound(Problem):
    """The service has no such path: the base URL is wrong, or the service older than this client."""


class TooLarge(Problem):
    """Beyond a limit of the service."""

    @property
    def limit(self) -> int | None:
        """The limit."""
        limit = self.members.get("limit")
        return limit if isinstance(limit, int) else None


class InvalidRequest(Problem):
    """The request is well-formed but wrong."""

    @property
    def errors(self) -> list[dict[str, str]]:
        """What is wrong: of each, `pointer` (a JSON pointer into the request) and `detail`."""
        return list(self.members.get("errors", ()))


class Refused(Problem):
    """Nothing is wrong with the request; there was more to do than could be done."""

    may_succeed_later = True


class NotReady(Problem):
    """The service starts, stops or was too slow."""

    may_succeed_later = True


class ServiceError(Problem):
    """The service is at fault."""


_OF_STATUS: dict[int, type[Problem]] = {
    400: Malformed,
    415: Malformed,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: NotFound,
    413: TooLarge,
    422: InvalidRequest,
    408: Refused,
    429: Refused,
    # 502: what proxies answer for a service that restarts.
    502: NotReady,
    503: NotReady,
    504: NotReady,
}


def problem_for(
    status: int, told: Mapping[str, Any], *, retry_after: float | None = None, request_id: str | None = None
) -> Problem:
    """Return the exception for a problem object."""
    kind = _OF_STATUS.get(status, ServiceError)
    return kind(status, told, retry_after=retry_after, request_id=request_id)


def _again(
    kind: type[Problem], status: int, told: dict[str, Any], retry_after: float | None, request_id: str | None
) -> Problem:
    return kind(status, told, retry_after=retry_after, request_id=request_id)
