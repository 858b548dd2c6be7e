"""Bytes -> a validated request, or the problem that says exactly what is wrong with them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from pressmark_service import json_rules
from pressmark_service.problems import InvalidRequest, MalformedJson, MalformedText

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pressmark_service.json_rules import Finding, Path

_NOT_JSON = (b"NaN", b"Infinity")
MOST_ERRORS = 20
"""How many things that are wrong a problem tells."""
# Beyond it they are only counted: telling each of a hundred thousand apart takes far more than reading them.
_MOST_TOLD_APART = 1_000
# Where pydantic would name a class of ours, or could say it shorter.
_PLAINLY = {
    "extra_forbidden": "is no member of this object",
    "missing": "is required",
    "model_attributes_type": "Input should be an object",
    "model_type": "Input should be an object",
}


class Countable(Protocol):
    """A request body that knows how many JSON members it was made of."""

    def member_count(self) -> int:
        """Return how many, had each been given once."""
        ...


Body = TypeVar("Body", bound=Countable)


class JsonReader(Generic[Body]):
    """Reads bodies of one type: fast where they are right, carefully where they are not."""

    def __init__(self, kind: type[Body]) -> None:
        self._adapter = TypeAdapter(kind)

    def read(self, body: bytes) -> Body:
        """Return the validated body; raise MalformedJson or InvalidRequest."""
        body = body.removeprefix(json_rules.BYTE_ORDER_MARK)
        try:
            read = self._adapter.validate_json(body)
        except ValidationError as refused:
            broken, findings = _broken(refused), findings_of(refused)
        else:
            return self._refuse_repetition(body, read)
        # Raised here, where what was refused and all that it holds of the body is gone.
        raise explain(body, findings, broken=broken)

    @staticmethod
    def _refuse_repetition(body: bytes, read: Body) -> Body:
        if json_rules.may_repeat_a_name(body, read.member_count()):
            refuse_findings(json_rules.parse(body)[1])
        return read


def read_text(body: bytes) -> str:
    """Return a plain text body; raise MalformedText.

    A byte order mark stays: it is a code point of the text as sent, and spans count those.
    """
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedText(f"The body is not UTF-8: byte {error.start} does not fit.") from None


def explain(body: bytes, findings: list[Finding], *, broken: str) -> MalformedJson | InvalidRequest:
    """Return the problem behind a refusal; `broken` is what is wrong with its syntax, if that is."""
    if broken or any(name in body for name in _NOT_JSON):
        try:
            _, more = json_rules.parse(body)
        except MalformedJson as malformed:
            return malformed
        if told := list(islice(more, MOST_ERRORS)):
            return invalid(told)
    return MalformedJson(broken) if broken else invalid(findings)


def _broken(refused: ValidationError) -> str:
    if refused.error_count() > 1:  # what is no JSON is refused for just that
        return ""
    (error,) = refused.errors(include_url=False, include_input=False)
    return error["msg"] + "." if error["type"] == "json_invalid" else ""


def findings_of(refused: ValidationError, under: Path = ()) -> list[Finding]:
    """Return what pydantic found, by path in the request, each place once."""
    if refused.error_count() > _MOST_TOLD_APART:
        return [(under, f"has {refused.error_count()} things wrong with it, too many to tell")]
    errors = refused.errors(include_url=False, include_input=False, include_context=False)
    found: dict[Path, str] = {}
    for error in errors:
        path, is_item = _without_alternative(error["loc"])
        told = _PLAINLY.get(error["type"], error["msg"])
        found.setdefault((*under, *path), "Input should be a string or an object with text" if is_item else told)
    # An item that is an object is also no string: what is wrong inside it says more.
    told_deeper = {path[:length] for path in found for length in range(len(path))}
    return [(path, told) for path, told in found.items() if path not in told_deeper]


def _without_alternative(place: Path) -> tuple[Path, bool]:
    """Take out what pydantic puts after an item of `paragraphs`; say whether the place is the item itself."""
    for at, step in enumerate(place[:-2]):
        if step == "paragraphs" and isinstance(place[at + 1], int):
            return place[: at + 2] + place[at + 3 :], len(place) == at + 3
    return place, False


def invalid(findings: Sequence[Finding]) -> InvalidRequest:
    """Return the problem that points at each finding."""
    errors: list[dict[str, Any]] = [
        {"pointer": json_rules.pointer(path), "detail": told} for path, told in findings[:MOST_ERRORS]
    ]
    return InvalidRequest(errors=errors)


def refuse_findings(findings: Iterable[Finding]) -> None:
    """Raise InvalidRequest if there are any findings."""
    if told := list(islice(findings, MOST_ERRORS)):
        raise invalid(told)
