"""How a problem is told in the protocol that a path belongs to; everywhere else it is problem+json."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic_core import to_json

from pressmark_service.problem import MEDIA_TYPE, Problem
from pressmark_service.problems import InternalError, InvalidRequest, NotFound, NotReady, Refused

if TYPE_CHECKING:
    from pressmark_service.settings import Settings

Dialect: TypeAlias = Callable[[Problem, str], tuple[int, bytes, bytes]]
"""From a problem and the id of the request to the status, the media type and the body of the answer."""

OPEN_INFERENCE = "/v2"
TEXT_EMBEDDINGS = "/text-embeddings"
LABEL_STUDIO = "/label-studio"
_JSON = b"application/json"


@dataclass(frozen=True, slots=True)
class _Adapter:
    prefix: str
    switch: str
    """Name of the setting that has it answer."""
    dialect: Dialect

    def is_on(self, settings: Settings) -> bool:
        return bool(getattr(settings, self.switch))


def dialect_of(path: str, settings: Settings) -> Dialect:
    """Return how problems are told at a path."""
    adapter = _adapter_at(path)
    return adapter.dialect if adapter is not None and adapter.is_on(settings) else _problem


def not_found_at(path: str, settings: Settings) -> NotFound:
    """Return the problem that nothing is at a path; where an adapter would be, it says how to have it."""
    adapter = _adapter_at(path)
    if adapter is None or adapter.is_on(settings):
        return NotFound()
    flag = "--" + adapter.switch.replace("_", "-")
    return NotFound(
        f"{adapter.prefix} is off here: start the service with {flag} on (PRESSMARK_{adapter.switch.upper()}=on)."
    )


def _adapter_at(path: str) -> _Adapter | None:
    for adapter in _ADAPTERS:
        if path == adapter.prefix or path.startswith(adapter.prefix + "/"):
            return adapter
    return None


def open_inference_status(problem: type[Problem]) -> int:
    """Return the status under which the Open Inference Protocol tells a class of problem."""
    return 400 if issubclass(problem, InvalidRequest) else problem.status


def text_embeddings_status(problem: type[Problem]) -> int:
    """Return the status under which text-embeddings-inference tells a class of problem."""
    return 424 if issubclass(problem, InternalError) else problem.status


def _problem(problem: Problem, request_id: str) -> tuple[int, bytes, bytes]:
    return problem.status, MEDIA_TYPE.encode(), problem.as_json(request_id)


def _open_inference(problem: Problem, request_id: str) -> tuple[int, bytes, bytes]:  # noqa: ARG001 - a Dialect
    return open_inference_status(type(problem)), _JSON, to_json({"error": _in_words(problem)})


def _text_embeddings(problem: Problem, request_id: str) -> tuple[int, bytes, bytes]:  # noqa: ARG001 - a Dialect
    told = {"error": _in_words(problem), "error_type": _error_type(problem)}
    return text_embeddings_status(type(problem)), _JSON, to_json(told)


def _label_studio(problem: Problem, request_id: str) -> tuple[int, bytes, bytes]:  # noqa: ARG001 - a Dialect
    return problem.status, _JSON, to_json({"error": _in_words(problem)})


def _error_type(problem: Problem) -> str:
    if isinstance(problem, Refused):
        return "Overloaded"
    if isinstance(problem, NotReady):
        return "Unhealthy"
    return "Backend" if problem.status >= 500 else "Validation"


def _in_words(problem: Problem) -> str:
    errors: Any = problem.members.get("errors")
    if not errors:
        return problem.detail
    return "; ".join(f"{error['pointer']}: {error['detail']}" for error in errors)


_ADAPTERS = (
    _Adapter(OPEN_INFERENCE, "open_inference", _open_inference),
    _Adapter(TEXT_EMBEDDINGS, "text_embeddings", _text_embeddings),
    _Adapter(LABEL_STUDIO, "label_studio", _label_studio),
)
