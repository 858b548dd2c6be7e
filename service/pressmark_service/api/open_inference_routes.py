"""The routes of the Open Inference Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute
from typing_extensions import TypedDict

import pressmark
from pressmark_service.access import KEYED, PROBES
from pressmark_service.api.adapter import json_body
from pressmark_service.api.failures import in_shape
from pressmark_service.api.open_inference import ErrorAnswer, Infer, InferAnswer, check_model, infer
from pressmark_service.dialects import open_inference_status
from pressmark_service.operation import READING
from pressmark_service.problems import InternalError, NotFound, NotReady

if TYPE_CHECKING:
    from collections.abc import Callable

    from pressmark_service.desk import Desk
    from pressmark_service.problem import Problem

_EXAMPLE = {
    "id": "job-7/42",
    "inputs": [
        {
            "name": "text",
            "shape": [2],
            "datatype": "BYTES",
            "data": ["The army unit held a live-fire drill.", "The cooperative farm finished its rice harvest."],
        }
    ],
    "outputs": [{"name": "category"}, {"name": "confidence"}],
}


class ServerMetadata(TypedDict):
    """What serves."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(TypedDict):
    """What a tensor looks like; -1 is any number."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(TypedDict):
    """What judges, and what goes in and comes out."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ModelReady(TypedDict):
    """The model is in place."""

    name: str
    ready: bool


def open_inference_routes(desk: Desk) -> list[APIRoute]:
    """Return the routes."""
    return [*_server(desk), *_model(desk), *_infer(desk)]


def _server(desk: Desk) -> list[APIRoute]:
    async def live() -> dict[str, bool]:
        """Tell that the process answers."""
        return {"live": True}

    async def ready() -> dict[str, bool]:
        """Tell whether new work is welcome."""
        desk.require_ready()
        # The published text of the protocol shows `live` here too; its servers answer `ready`.
        return {"live": True, "ready": True}

    async def server() -> ServerMetadata:
        """Tell what serves."""
        return {
            "name": "pressmark",
            "version": pressmark.__version__,
            "extensions": ["binary_tensor_data", "classification"],
        }

    async def models() -> dict[str, list[str]]:
        """List the one model."""
        return {"models": [desk.judge.name]}

    return [
        _get("/v2/health/live", live, "Is the process alive?", "openInferenceLive", dict[str, bool], ()),
        _get("/v2/health/ready", ready, "Is new work welcome?", "openInferenceReady", dict[str, bool], (NotReady,)),
        _get("/v2", server, "What serves?", "openInferenceServer", ServerMetadata, ()),
        _get("/v2/models", models, "Which models are there?", "openInferenceModels", dict[str, list[str]], (NotReady,)),
    ]


def _model(desk: Desk) -> list[APIRoute]:
    async def metadata(model: str) -> ModelMetadata:
        """Tell what judges, and what goes in and comes out."""
        return _metadata(desk, model)

    async def metadata_of_version(model: str, version: str) -> ModelMetadata:
        """Tell what judges, if it is this version."""
        return _metadata(desk, model, version)

    async def ready(model: str) -> ModelReady:
        """Tell whether the model is in place."""
        check_model(desk.require_ready(), model)
        return {"name": model, "ready": True}

    async def ready_of_version(model: str, version: str) -> ModelReady:
        """Tell whether this version of the model is in place."""
        check_model(desk.require_ready(), model, version)
        return {"name": model, "ready": True}

    one, many = "/v2/models/{model}", "/v2/models/{model}/versions/{version}"
    fail = (NotFound, NotReady)
    return [
        _get(one, metadata, "What judges?", "openInferenceModel", ModelMetadata, fail),
        _get(many, metadata_of_version, "What judges? (a version)", "openInferenceVersion", ModelMetadata, fail),
        _get(f"{one}/ready", ready, "Is the model ready?", "openInferenceModelReady", ModelReady, fail),
        _get(
            f"{many}/ready",
            ready_of_version,
            "Is the version ready?",
            "openInferenceVersionReady",
            ModelReady,
            fail,
        ),
    ]


def _infer(desk: Desk) -> list[APIRoute]:
    both: dict[str, Any] = {
        "media": frozenset({"json"}),
        "tags": ["open inference"],
        "response_model": InferAnswer,
        "response_description": "The judged texts.",
        "responses": _failures((NotFound, *READING, *KEYED)),
    }
    paths = {
        "/v2/models/{model}/infer": ("Judge texts", "openInferenceInfer", ("model",)),
        "/v2/models/{model}/versions/{version}/infer": (
            "Judge texts (a version)",
            "openInferenceVersionInfer",
            ("model", "version"),
        ),
    }
    return [
        Infer(
            path,
            infer,
            desk,
            summary=summary,
            operation_id=name,
            openapi_extra=json_body("InferRequest", _EXAMPLE) | {"parameters": [_in_path(one) for one in parameters]},
            **both,
        )
        for path, (summary, name, parameters) in paths.items()
    ]


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _metadata(desk: Desk, model: str, version: str | None = None) -> ModelMetadata:
    judge = desk.judge
    check_model(judge, model, version)
    classes = len(judge.classes)
    return {
        "name": judge.name,
        "versions": [judge.version],
        "platform": "pressmark",
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": "category", "datatype": "BYTES", "shape": [-1]},
            {"name": "confidence", "datatype": "FP64", "shape": [-1]},
            {"name": "scores", "datatype": "FP64", "shape": [-1, classes]},
            {"name": "reason", "datatype": "BYTES", "shape": [-1]},
            {"name": "known_terms", "datatype": "FP64", "shape": [-1]},
        ],
    }


def _failures(problems: tuple[type[Problem], ...]) -> dict[int | str, dict[str, Any]]:
    return in_shape(ErrorAnswer, dict.fromkeys((*problems, InternalError)), open_inference_status)


def _get(  # noqa: PLR0917 - a table of routes
    path: str,
    endpoint: Callable[..., Any],
    summary: str,
    name: str,
    answer: Any,  # noqa: ANN401 - any type there is
    problems: tuple[type[Problem], ...],
) -> APIRoute:
    return APIRoute(
        path,
        endpoint,
        tags=["open inference"],
        summary=summary,
        operation_id=name,
        response_model=answer,
        response_description="The answer of the protocol.",
        responses=_failures(problems if path in PROBES else (*problems, *KEYED)),
    )
