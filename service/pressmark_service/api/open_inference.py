"""The Open Inference Protocol, version 2: the same judge for KServe, Triton and MLServer clients.

Every element of the input is a paragraph of its own, judged without neighbours: clients and gateways put
together what has nothing to do with each other. `parameters: {"context": true}` says that they are one article.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NotRequired

from pydantic import BaseModel, Field
from pydantic_core import to_json
from typing_extensions import TypedDict

from pressmark_service.api.adapter import LENIENT, read_as, refuse
from pressmark_service.api.classify import tally_of
from pressmark_service.api.tensors import InputTensor, OutputTensor, Scalar, texts_of
from pressmark_service.body import read_body
from pressmark_service.limits import check_article
from pressmark_service.operation import TALLY, Answer, Operation
from pressmark_service.problems import MalformedRequest, NotFound, UnsupportedMediaType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Receive, Scope, Send

    from pressmark import Article, Judge
    from pressmark_service.body import Media
    from pressmark_service.settings import Settings

_HEADER_LENGTH = b"inference-header-content-length"
# No body has a longer one, and Python refuses to read very long numbers.
_LENGTH = re.compile(rb"[0-9]{1,18}")


class RequestedOutput(BaseModel):
    """An output that is wanted."""

    model_config = LENIENT

    name: str
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    """`classification: k` for the k best of `scores` as `score:index:label`; `binary_data`."""


class InferRequest(BaseModel):
    """Texts to be judged."""

    model_config = LENIENT

    id: str | None = Field(default_factory=lambda: None)
    """Comes back."""
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    """`context: true` if the texts are the paragraphs of one article; `abstain: false` to force a category."""
    inputs: list[InputTensor]
    outputs: list[RequestedOutput] = Field(default_factory=list)
    """Which of category, confidence, scores, reason, known_terms; all if left out."""


class TensorAnswer(TypedDict):
    """A tensor of the answer."""

    name: str
    datatype: str
    shape: list[int]
    parameters: NotRequired[dict[str, Scalar]]
    data: NotRequired[list[Any]]


class InferAnswer(TypedDict):
    """The judged texts."""

    model_name: str
    model_version: str
    id: NotRequired[str]
    outputs: list[TensorAnswer]


class ErrorAnswer(TypedDict):
    """What is wrong."""

    error: str


@dataclass(frozen=True, slots=True)
class _Inferred(Answer):
    """An answer, and how much of it is JSON where binary tensors follow."""

    json_bytes: int | None


class Infer(Operation):
    """Judges texts in tensors."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises Problem."""
        desk = self._desk
        judge = desk.judge
        check_model(judge, **scope["path_params"])
        _refuse_compressed(scope)
        desk.gate.require_room()
        body = await read_body(scope, receive, desk.settings, desk.gate)
        work = partial(infer, json_bytes=_json_bytes(scope, len(body)))
        answer = await self._answer_to("json", body, judge, work)
        scope[TALLY] = answer.tally
        desk.meter.judged(answer.tally.marks)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
        if isinstance(answer, _Inferred) and answer.json_bytes is not None:
            headers[0] = (b"content-type", b"application/octet-stream")
            headers.append((_HEADER_LENGTH, b"%d" % answer.json_bytes))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def infer(
    media: Media,  # noqa: ARG001 - a Work
    body: bytes,
    judge: Judge,
    settings: Settings,
    *,
    json_bytes: int | None = None,
) -> Answer:
    """Judge texts: each element of the input is a paragraph of its own, unless `context` says otherwise.

    Input `text`, BYTES, `[N]` or `[N, 1]`. Outputs `category` (empty where none), `confidence`, `scores`
    (`[N, classes]`, the labels in its parameters), `reason` (empty where there is a category), `known_terms`.
    Triton's binary tensors and its `classification` parameter are understood.
    """
    request = read_as(InferRequest, body[:json_bytes])
    texts = _texts(request, b"" if json_bytes is None else body[json_bytes:])
    check_article(texts, "none", settings)
    context, abstain = (_switch(request, name, default=name == "abstain") for name in ("context", "abstain"))
    article = judge.classify(texts, split="none", context=context, abstain=abstain)
    return _inferred(request, judge, article)


def check_model(judge: Judge, model: str, version: str | None = None) -> None:
    """Raise NotFound unless the model of that name and version is in place."""
    if model != judge.name:
        raise NotFound(f"The one model here is {judge.name}.")
    if version not in {None, judge.version}:
        raise NotFound(f"The one version here is {judge.version}.")


def _refuse_compressed(scope: Scope) -> None:
    # The type of the body is whatever a client calls it; its coding is not.
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
            raise UnsupportedMediaType("Send the body uncompressed.", headers={"Accept-Encoding": "identity"})


def _json_bytes(scope: Scope, length: int) -> int | None:
    for name, value in scope["headers"]:
        if name == _HEADER_LENGTH:
            if _LENGTH.fullmatch(value) is None or int(value) > length:
                raise MalformedRequest("Inference-Header-Content-Length is not a length within the body.")
            return int(value)
    return None


def _texts(request: InferRequest, binary: bytes) -> list[str]:
    if len(request.inputs) != 1 or request.inputs[0].name != "text":
        raise refuse(("inputs",), "must be one tensor, text")
    return texts_of(request.inputs[0], binary, ("inputs", 0))


def _switch(request: InferRequest, name: str, *, default: bool) -> bool:
    value = request.parameters.get(name, default)
    if not isinstance(value, bool):
        raise refuse(("parameters", name), "must be true or false")
    return value


def _inferred(request: InferRequest, judge: Judge, article: Article) -> Answer:
    tensors = {tensor.name: tensor for tensor in _tensors(judge, article)}
    all_binary = request.parameters.get("binary_data_output") is True
    for at, output in enumerate(request.outputs):
        # Each is told in full, so a small request could ask for an answer without bounds.
        if at >= len(tensors) or output.name in {other.name for other in request.outputs[:at]}:
            raise refuse(("outputs", at, "name"), "is asked for already")
    wanted = request.outputs or [RequestedOutput(name=name) for name in tensors]
    told: list[dict[str, Any]] = []
    packed = b""
    for at, output in enumerate(wanted):
        if output.name not in tensors:
            raise refuse(("outputs", at, "name"), f"must be one of {', '.join(tensors)}")
        tensor = _classified(tensors[output.name], output, judge.classes, at)
        if output.parameters.get("binary_data", all_binary) is True:
            head, values = tensor.as_binary()
            packed += values
        else:
            head, values = tensor.as_json(), b""
        told.append(head)
    given = {} if request.id is None else {"id": request.id}
    name: dict[str, Any] = {"model_name": judge.name, "model_version": judge.version}
    body = to_json(name | given | {"outputs": told})
    return _Inferred(body + packed, tally_of(judge, [article]), len(body) if packed else None)


def _tensors(judge: Judge, article: Article) -> list[OutputTensor]:
    parts = article.paragraphs
    count = (len(parts),)
    scores = [part.scores[name] for part in parts for name in judge.classes]
    labels: dict[str, Scalar] = {"labels": ",".join(judge.classes)}
    return [
        OutputTensor("category", "BYTES", count, [part.category or "" for part in parts]),
        OutputTensor("confidence", "FP64", count, [part.confidence for part in parts]),
        OutputTensor("scores", "FP64", (len(parts), len(judge.classes)), scores, labels),
        OutputTensor("reason", "BYTES", count, [part.reason or "" for part in parts]),
        OutputTensor("known_terms", "FP64", count, [part.known_terms for part in parts]),
    ]


def _classified(tensor: OutputTensor, output: RequestedOutput, classes: Sequence[str], at: int) -> OutputTensor:
    """Return the tensor in the form of Triton's classification extension, if that was asked for."""
    best = output.parameters.get("classification", 0)
    if best == 0:
        return tensor
    if tensor.name != "scores" or isinstance(best, bool) or not isinstance(best, int) or best < 0:
        raise refuse(("outputs", at, "parameters"), "classification is a number of classes, for scores")
    best = min(best, len(classes))
    rows = [tensor.values[row : row + len(classes)] for row in range(0, len(tensor.values), len(classes))]
    told: list[str] = []
    for row in rows:
        order = sorted(range(len(classes)), key=lambda index: -row[index])
        told += [f"{row[index]:f}:{index}:{classes[index]}" for index in order[:best]]
    return OutputTensor(tensor.name, "BYTES", (len(rows), best), told)
