"""How a route may fail, as documented: in problems, or in the shape of the protocol that an adapter speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pressmark_service import examples
from pressmark_service.problem import MEDIA_TYPE, Problem
from pressmark_service.problems import HeadTooLarge, NotReady, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Told before any route is reached, so in no protocol's own shape.
_ANYWHERE: tuple[type[Problem], ...] = (HeadTooLarge,)
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer"}}}


def problem_response() -> dict[str, Any]:
    """Return the documentation of an answer that is a problem, with its examples still to come."""
    return {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}}}


def in_problems(problems: Iterable[type[Problem]]) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of what can fail, by status."""
    responses: dict[int | str, dict[str, Any]] = {}
    for problem in sorted((*problems, *_ANYWHERE), key=lambda kind: kind.status):
        response = responses.setdefault(problem.status, problem_response())
        response["content"][MEDIA_TYPE]["examples"][problem.slug] = {"value": examples.of_problem(problem)}
        _add(problem, response)
    return responses


def in_shape(
    model: type[Any], problems: Iterable[type[Problem]], status_of: Callable[[type[Problem]], int] | None = None
) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of what can fail, told in a shape and under statuses of the protocol's own."""
    responses: dict[int | str, dict[str, Any]] = {}
    for status, problem in sorted(
        ((status_of(one) if status_of else one.status, one) for one in problems), key=lambda pair: pair[0]
    ):
        _add(problem, responses.setdefault(status, {"model": model}))
    return responses | in_problems(())


def _add(problem: type[Problem], response: dict[str, Any]) -> None:
    titles = response.get("description", "")
    if problem.title not in titles:
        response["description"] = f"{titles}; {problem.title}" if titles else problem.title
    if problem is NotReady or issubclass(problem, Refused):
        response["headers"] = dict(_RETRY_AFTER)
