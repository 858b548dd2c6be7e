"""One article a line in, one answer a line out, for as long as lines come."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field
from pydantic_core import to_json
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from pressmark_service import json_rules
from pressmark_service.api.answers import ArticleAnswer, Count, ModelName, model_name
from pressmark_service.api.classify import mark
from pressmark_service.api.requests import MOST_OF_ID, ClassifyRequest, Id
from pressmark_service.body import media_of
from pressmark_service.lines import read_lines
from pressmark_service.metrics import count_marks
from pressmark_service.operation import TALLY, Answer, Operation, Tally
from pressmark_service.problem import Problem
from pressmark_service.problems import DeadlinePassed, InternalError, Overloaded
from pressmark_service.reading import JsonReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from pressmark import Judge
    from pressmark_service.body import Media
    from pressmark_service.lines import Line
    from pressmark_service.settings import Settings

MEDIA_TYPE = "application/x-ndjson"
# How long a line waits where other requests have taken all places.
_ROOM_SECONDS = 0.05

_log = logging.getLogger(__name__)


class StreamLine(ClassifyRequest):
    """One line: an article, how to judge it, and an id of the caller's choice."""

    id: Id = Field(default_factory=str)
    """Echoed as it is; need not be unique."""


class LineAnswer(ArticleAnswer):
    """The marked article of a line."""

    line: Annotated[int, Field(ge=1, description="Number of the line, from 1.")]
    id: NotRequired[Annotated[str, Field(description="As sent, if one was sent.")]]


class LineProblem(TypedDict):
    """What was wrong with a line."""

    line: Annotated[int, Field(ge=1, description="Number of the line, from 1.")]
    id: NotRequired[Annotated[str, Field(description="As sent, if one was sent and the line could be read so far.")]]
    problem: dict[str, Any]


class StreamEnd(TypedDict):
    """The last line. An answer without it was cut off."""

    complete: Annotated[bool, Field(description="Whether every line that was sent has been answered.")]
    model: ModelName
    lines: Annotated[Count, Field(description="Number of the last line that was answered.")]
    articles: Annotated[Count, Field(description="How many lines were marked.")]
    failed: Annotated[Count, Field(description="How many lines have a problem instead.")]
    paragraphs: Count
    problem: NotRequired[Annotated[dict[str, Any], Field(description="Why it is not complete.")]]


class JsonLines(JSONResponse):
    """Stands in the documentation for the form of the answer."""

    media_type = MEDIA_TYPE


_reader = JsonReader(StreamLine)
_EXAMPLE = (
    '{"id": "a", "text": "The army unit held a live-fire drill."}\n'
    '{"id": "b", "paragraphs": ["The cooperative farm finished its rice harvest."], "evidence": 2}\n'
)


def classify_line(media: Media, body: bytes, judge: Judge, settings: Settings) -> Answer:  # noqa: ARG001 - JSON only
    """Mark articles for as long as they come: one a line in, one a line out, in order.

    Each line is a body of `POST /v1/classify`, with an `id` if wanted; each answer is what that would answer, with
    the number of its line. Blank lines are skipped. A line that is wrong or too large is answered by its problem,
    and the next goes on. The last line says `complete`: without it the answer was cut off.

    Answers come as lines are sent (`curl --no-buffer -X POST -T .`). The service reads no further while its
    answers are not read, so a client that sends everything before it reads must send in pieces; 48 KB always fit.
    """
    try:
        request = _reader.read(body)
        answer, tally = mark(request, judge, settings)
    except (
        Problem
    ) as problem:  # an answer as good as any, and who reads the line again for its id is here, not in the loop
        return _refused(judge, problem, _given_id(body))
    given = {"id": request.id} if "id" in request.model_fields_set else {}
    return Answer(to_json(given | answer), tally)


class Stream(Operation):
    """Answers line by line, within the memory of one line."""

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises Problem while that can still be the answer."""
        judge = self._desk.require_ready()
        media_of(scope, self._media)
        self._desk.gate.require_room()
        with self._desk.gate.stream():
            await self._converse(_Sheet(send, judge), scope, receive)

    async def _converse(self, sheet: _Sheet, scope: Scope, receive: Receive) -> None:
        # A client that waits for leave to send gets it with the first look at its body. All others hear at
        # once that they are answered, since some send nothing before they do.
        if not any(name == b"expect" for name, _ in scope["headers"]):
            await sheet.begin()
        problem = None
        try:
            async with aclosing(read_lines(receive, self._desk)) as lines:
                async for line in lines:
                    await sheet.begin()
                    await sheet.write(line.number, await self._answer_line(line, sheet.judge))
        except Problem as stopped:
            problem = stopped
        scope[TALLY] = sheet.tally()
        await sheet.end(problem)

    async def _answer_line(self, line: Line, judge: Judge) -> Answer:
        """Return the marks of a line, or its problem."""
        if line.refused:
            return _refused(judge, line.refused)
        try:
            answer = await self._mark(line.content, judge)
        except Problem as problem:
            return _refused(judge, problem)
        except Exception:  # noqa: BLE001 - answered, and logged; the lines after it are judged
            _log.exception("failed")
            return _refused(judge, InternalError())
        self._desk.meter.judged(answer.tally.marks)
        return answer

    async def _mark(self, content: bytes, judge: Judge) -> Answer:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._desk.settings.deadline
        while loop.time() < deadline:
            try:
                return await self._answer_to("json", content, judge, deadline=deadline, uncounted=0)
            except Overloaded:  # the stream has begun: it waits, and its sender with it
                await asyncio.sleep(_ROOM_SECONDS)
        raise DeadlinePassed


class _Sheet:
    """What is sent for one stream, and the count of it."""

    def __init__(self, send: Send, judge: Judge) -> None:
        self._send = send
        self.judge = judge
        self._begun = False
        self._last = self._articles = self._failed = self._paragraphs = self._characters = 0

    async def begin(self) -> None:
        """Send the head of the answer, once."""
        if not self._begun:
            self._begun = True
            # The second is for proxies that would gather the lines.
            headers = [(b"content-type", MEDIA_TYPE.encode()), (b"x-accel-buffering", b"no")]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def write(self, number: int, answer: Answer) -> None:
        """Send the answer to a line; return when the client has room for more."""
        self._last = number
        self._articles += answer.tally.articles
        self._failed += 1 - answer.tally.articles
        self._paragraphs += answer.tally.paragraphs
        self._characters += answer.tally.characters
        line = b'{"line":%d,%b\n' % (number, answer.body[1:])
        await self._send({"type": "http.response.body", "body": line, "more_body": True})

    async def end(self, problem: Problem | None) -> None:
        """Send the last line."""
        await self.begin()
        told: StreamEnd = {
            "complete": problem is None,
            "model": model_name(self.judge),
            "lines": self._last,
            "articles": self._articles,
            "failed": self._failed,
            "paragraphs": self._paragraphs,
        }
        if problem is not None:
            told["problem"] = problem.as_object()
        await self._send({"type": "http.response.body", "body": to_json(told) + b"\n"})

    def tally(self) -> Tally:
        """Return how much was judged; what is counted of it has been counted line by line."""
        return Tally(self.judge.version, self._articles, self._paragraphs, self._characters, count_marks([]))


def lines_body() -> dict[str, Any]:
    """Return the documentation of the body."""
    schema = {"$ref": "#/components/schemas/StreamLine"}
    content = {MEDIA_TYPE: {"schema": schema, "examples": {"two articles": {"value": _EXAMPLE}}}}
    return {"requestBody": {"required": True, "content": content}}


def _refused(judge: Judge, problem: Problem, given: Mapping[str, str] = MappingProxyType({})) -> Answer:
    """Return what a line is answered that holds no article to be marked."""
    nothing = Tally(judge.version, 0, 0, 0, count_marks([]))
    return Answer(to_json({**given, "problem": problem.as_object()}), nothing)


def _given_id(content: bytes) -> dict[str, str]:
    """Return the id of a line that is wrong, if it can be made out."""
    try:
        value, findings = json_rules.parse(content)
    except Problem:
        return {}
    given = value.get("id") if isinstance(value, dict) else None
    if not isinstance(given, str) or len(given) > MOST_OF_ID or any(path[:1] == ("id",) for path, _ in findings):
        return {}
    return {"id": given}
