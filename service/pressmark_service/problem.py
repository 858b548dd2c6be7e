"""What every problem is: an exception that is answered as RFC 9457 ``application/problem+json``.

No message ever holds submitted text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:pressmark:problem:"


class Problem(Exception):  # noqa: N818 - a problem is what RFC 9457 calls it
    """A request cannot be served; says which class of problem it is, and what is wrong this time.

    Parameters
    ----------
    detail
        What is wrong this time and what to do, for people; `advice` of the class if not given.
    headers
        Further headers of the answer.
    members
        Extension members of the problem object.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    advice: ClassVar[str]
    sent_headers: ClassVar[Mapping[str, str]] = {}
    """Headers of every answer of this class."""

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **members: object) -> None:
        super().__init__(detail or self.advice)
        self.detail = detail or self.advice
        self.headers = {**self.sent_headers, **(headers or {})}
        self.members = members

    def as_object(self) -> dict[str, object]:
        """Return the problem object, without `instance`, which the answer as a whole carries."""
        return {
            "type": TYPE_PREFIX + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }

    def as_json(self, request_id: str) -> bytes:
        """Return the body of the answer to the request of that id."""
        return to_json(self.as_object() | {"instance": instance_of(request_id)})


def instance_of(request_id: str) -> str:
    """Return the URI that stands for one occurrence: the request."""
    return f"urn:pressmark:request:{request_id}"
