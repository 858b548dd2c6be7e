"""Whether the service lives, and whether it wants work: for machines, and once more for people."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

import pressmark
from pressmark_service.api.answers import ModelName, model_name
from pressmark_service.api.model import LoadAnswer, load_answer

if TYPE_CHECKING:
    from pressmark_service.desk import Desk

_STARTED = monotonic()


class LiveAnswer(TypedDict):
    """The process answers."""

    status: Literal["live"]


class ReadyAnswer(TypedDict):
    """A verified, warmed model is in place, and new work is welcome."""

    status: Literal["ready"]


class HealthAnswer(TypedDict):
    """How the service is."""

    status: Literal["ready"]
    service: Annotated[str, Field(description="Version of the software.", examples=["0.1.0"])]
    model: ModelName
    last_load: LoadAnswer
    uptime_seconds: Annotated[int, Field(ge=0)]


def describe_health(desk: Desk) -> HealthAnswer:
    """Return how the service is; raise NotReady where it is not."""
    judge = desk.require_ready()
    return {
        "status": "ready",
        "service": pressmark.__version__,
        "model": model_name(judge),
        "last_load": load_answer(desk.last_load),
        "uptime_seconds": int(monotonic() - _STARTED),
    }
