"""A Label Studio ML backend: pre-labels for annotators, under names that their labelling interface has.

Each task is judged as one paragraph if the interface chooses for the whole text (``Choices``), and paragraph
by paragraph if it marks regions (``Labels``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from pydantic_core import to_json
from typing_extensions import TypedDict

from pressmark_service.api.adapter import LENIENT, read_as, refuse
from pressmark_service.api.classify import tally_of
from pressmark_service.api.labelling import Control, find_control
from pressmark_service.limits import Room, check_article
from pressmark_service.operation import Answer

if TYPE_CHECKING:
    from pressmark import Article, Judge, Paragraph
    from pressmark.article import Split
    from pressmark_service.body import Media
    from pressmark_service.settings import Settings


class Task(BaseModel):
    """A task of a project."""

    model_config = LENIENT

    id: int | str | None = Field(default_factory=lambda: None)
    data: dict[str, Any]
    """Holds the text under the name that the labelling interface says."""


class TasksRequest(BaseModel):
    """Tasks that want pre-labels, and the labelling interface."""

    model_config = LENIENT

    tasks: list[Task]
    label_config: str
    """The labelling interface: XML with Choices or Labels for a Text."""


class SetupRequest(BaseModel):
    """A project that is being connected."""

    model_config = LENIENT

    # Named otherwise here, since pydantic has a schema of its own.
    interface: str = Field(alias="schema")
    """The labelling interface."""


class SetupAnswer(TypedDict):
    """The version under which predictions are kept."""

    model_version: str


class TaskPrediction(TypedDict):
    """The pre-labels of a task; none where the model leaves the text without a category."""

    model_version: str
    score: float
    result: list[dict[str, Any]]


class TasksAnswer(TypedDict):
    """The pre-labels, one for each task."""

    results: list[TaskPrediction]
    model_version: str


class UpAnswer(TypedDict):
    """The backend is up."""

    status: str
    model_class: str
    model_version: str


def setup(media: Media, body: bytes, judge: Judge, settings: Settings) -> Answer:  # noqa: ARG001 - a Work
    """Say whether the labelling interface of a project can be used, and under which version."""
    find_control(read_as(SetupRequest, body).interface, judge.categories, ("schema",))
    told: SetupAnswer = {"model_version": judge.version}
    return Answer(to_json(told), tally_of(judge, []))


def predict_tasks(media: Media, body: bytes, judge: Judge, settings: Settings) -> Answer:  # noqa: ARG001 - a Work
    """Pre-label tasks: the choice for each text, or a label for each of its paragraphs.

    Labels are matched with categories by name or alias, whatever their case. A text that is left without a
    category, or with one that the interface does not have, gets no pre-label.
    """
    request = read_as(TasksRequest, body)
    control = find_control(request.label_config, judge.categories, ("label_config",))
    split: Split = "none" if control.tag == "Choices" else "auto"
    texts = [_text_of(task, control, at) for at, task in enumerate(request.tasks)]
    room = Room(body, settings)
    for at, text in enumerate(texts):
        check_article(text, split, settings, ("tasks", at))
        room.take(text, split, ("tasks", at))
    articles = judge.classify_batch(texts, split=split, context=control.tag == "Labels")
    told: TasksAnswer = {
        "results": [_prediction(article, control, judge.version) for article in articles],
        "model_version": judge.version,
    }
    return Answer(to_json(told), tally_of(judge, articles))


def _text_of(task: Task, control: Control, at: int) -> str:
    text = task.data.get(control.member)
    if not isinstance(text, str):
        raise refuse(("tasks", at, "data", control.member), "must be the text: the interface names this member")
    return text


def _prediction(article: Article, control: Control, version: str) -> TaskPrediction:
    marked = [part for part in article.paragraphs if part.category in control.labels]
    score = min((part.confidence for part in marked), default=0.0)
    return {"model_version": version, "score": score, "result": [_region(part, control) for part in marked]}


def _region(part: Paragraph, control: Control) -> dict[str, Any]:
    labels = [control.labels[part.category or ""]]
    whole = control.tag == "Choices"
    value = {"choices": labels} if whole else {"start": part.start, "end": part.end, "labels": labels}
    return {
        "id": f"pressmark-{part.index}",
        "from_name": control.name,
        "to_name": control.target,
        "type": control.tag.lower(),
        "score": part.confidence,
        "value": value,
    }
