"""The routes of a Label Studio ML backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute

from pressmark_service.access import KEYED
from pressmark_service.api.adapter import json_body
from pressmark_service.api.failures import in_shape
from pressmark_service.api.label_studio import SetupAnswer, TasksAnswer, UpAnswer, predict_tasks, setup
from pressmark_service.api.open_inference import ErrorAnswer
from pressmark_service.dialects import LABEL_STUDIO
from pressmark_service.operation import READING, Operation
from pressmark_service.problems import InternalError, NotReady

if TYPE_CHECKING:
    from pressmark_service.desk import Desk

_INTERFACE = (
    '<View><Text name="text" value="$text"/><Choices name="category" toName="text">'
    '<Choice value="Military"/><Choice value="Economy"/></Choices></View>'
)
_TASKS = {
    "tasks": [{"id": 1, "data": {"text": "The army unit held a live-fire drill."}}],
    "label_config": _INTERFACE,
}


def label_studio_routes(desk: Desk) -> list[APIRoute]:
    """Return the routes."""

    async def health() -> UpAnswer:
        """Tell that the backend is up; Label Studio asks this when it is connected."""
        judge = desk.require_ready()
        return {"status": "UP", "model_class": "pressmark", "model_version": judge.version}

    told: dict[str, Any] = {"tags": ["label studio"]}
    posted: dict[str, Any] = told | {
        "media": frozenset({"json"}),
        "responses": in_shape(ErrorAnswer, (*READING, *KEYED)),
    }
    return [
        APIRoute(
            f"{LABEL_STUDIO}/health",
            health,
            summary="Is the backend up?",
            operation_id="labelStudioHealth",
            response_model=UpAnswer,
            response_description="It is.",
            responses=in_shape(ErrorAnswer, (InternalError, NotReady)),
            **told,
        ),
        Operation(
            f"{LABEL_STUDIO}/setup",
            setup,
            desk,
            summary="Connect a project",
            operation_id="labelStudioSetup",
            response_model=SetupAnswer,
            response_description="The project can be pre-labelled.",
            openapi_extra=json_body("SetupRequest", {"project": "1.0", "schema": _INTERFACE}),
            **posted,
        ),
        Operation(
            f"{LABEL_STUDIO}/predict",
            predict_tasks,
            desk,
            summary="Pre-label tasks",
            operation_id="labelStudioPredict",
            response_model=TasksAnswer,
            response_description="One prediction for each task.",
            openapi_extra=json_body("TasksRequest", _TASKS),
            **posted,
        ),
    ]
