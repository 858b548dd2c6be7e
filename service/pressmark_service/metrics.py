"""What the service counts, and how Prometheus reads it: every label from a closed list, never a client's text."""

from __future__ import annotations

import logging
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from pressmark_service.logs import standard_error
from pressmark_service.succession import Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from pressmark import Article
    from pressmark_service.board import Board, Key, Ledger, Numbers

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# The bounds that OpenTelemetry advises for http.server.request.duration.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)
_SUM = len(_SHARES) + 1
# Beyond as many series, which only strange requests can make, further kinds of requests are counted as one, so that
# all else still finds room.
_ROOM_FOR_THE_REST = 256
_FURTHER = ("_OTHER", "", "", "", "")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name and meaning, its labels, and for a histogram its bounds."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    told: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


REQUESTS = Family(
    "http_server_request_duration_seconds",
    "histogram",
    "Duration of HTTP requests.",
    ("http_request_method", "url_scheme", "http_route", "http_response_status_code", "error_type"),
    _SECONDS,
)
ACTIVE = Family("http_server_active_requests", "gauge", "HTTP requests being answered.")
PARAGRAPHS = Family("pressmark_paragraphs", "counter", "Paragraphs marked.", ("category", "reason"))
CONFIDENCE = Family(
    "pressmark_paragraph_confidence", "histogram", "Probability of the likeliest category.", (), _SHARES
)
KNOWN_TERMS = Family(
    "pressmark_paragraph_known_terms", "histogram", "Share of the terms of a paragraph that are known.", (), _SHARES
)
ARTICLES = Family("pressmark_articles", "counter", "Articles marked.")
PROBLEMS = Family("pressmark_problems", "counter", "Requests answered with a problem.", ("problem",))
SHED = Family("pressmark_requests_shed", "counter", "Requests turned away to protect the others.", ("reason",))
LOADS = Family("pressmark_model_loads", "counter", "Attempts to put another model in place.", ("outcome", "reason"))
REPLACED = Family("pressmark_workers_replaced", "counter", "Workers that ended unasked and were replaced.")
DROPPED = Family("pressmark_log_lines_dropped", "counter", "Lines of the log that found no room.")
FAMILIES = (REQUESTS, ACTIVE, PARAGRAPHS, CONFIDENCE, KNOWN_TERMS, ARTICLES, PROBLEMS, SHED, LOADS, REPLACED, DROPPED)

_log = logging.getLogger(__name__)
_SHEDDING = frozenset({"overloaded", "too-many-streams", "rate-limited", "deadline-passed"})


@dataclass(frozen=True, slots=True)
class Marks:
    """What there is to count of marked articles. Small, and made where the marking is done.

    `confidence` and `known_terms` give what to add to the numbers of a histogram, by their places.
    """

    articles: int
    outcomes: dict[tuple[str, str], int]
    confidence: dict[int, float]
    known_terms: dict[int, float]


def count_marks(articles: Iterable[Article]) -> Marks:
    """Count marked articles."""
    outcomes: dict[tuple[str, str], int] = {}
    confidence: dict[int, float] = {_SUM: 0.0}
    known_terms: dict[int, float] = {_SUM: 0.0}
    number = 0
    for article in articles:
        number += 1
        for paragraph in article.paragraphs:
            outcome = (paragraph.category or "", paragraph.reason or "")
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            for share, counted in ((paragraph.confidence, confidence), (paragraph.known_terms, known_terms)):
                place = bisect_left(_SHARES, share)
                counted[place] = counted.get(place, 0) + 1
                counted[_SUM] += share
    return Marks(number, outcomes, confidence, known_terms)


def method_of(method: str) -> str:
    """Return the method under the name that it is counted under: any that is not known is one and the same."""
    return method if method in _METHODS else "_OTHER"


class Meter:
    """Counts into the ledger of this process; used from the event loop's thread only."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._durations: dict[Key, Numbers] = {}
        self._is_crowded = False
        self._active = ledger.series((ACTIVE.name,))
        self._active[0] = 0.0  # whoever had this ledger before is dead, and so are its requests
        # There from the start, so that alerts see the first one.
        for outcome in ("swapped", "unchanged"):
            ledger.series((LOADS.name, outcome, ""))
        for why in filter(None, get_args(Why)):
            ledger.series((LOADS.name, "refused", why))
        for reason in sorted(_SHEDDING):
            ledger.series((SHED.name, reason))
        standard_error().count_into(ledger.series((DROPPED.name,)))

    def count(self, family: Family, *labels: str, by: float = 1) -> None:
        """Count up a counter."""
        self._ledger.series((family.name, *labels))[0] += by

    def begin(self) -> None:
        """Count a request as being answered, until `end`."""
        self._active[0] += 1

    def end(self, method: str, scheme: str, route: str, *, status: int, problem: str, seconds: float) -> None:
        """Count a request as answered."""
        self._active[0] -= 1
        error = problem if status >= 500 else ""
        key = (method_of(method), scheme, route, str(status), error)
        numbers = self._durations.get(key)
        if numbers is None:
            numbers = self._durations[key] = self._series_of(key)
        numbers[bisect_left(_SECONDS, seconds)] += 1
        numbers[len(_SECONDS) + 1] += seconds
        if problem:
            self.count(PROBLEMS, problem)
            if problem in _SHEDDING:
                self.count(SHED, problem)

    def _series_of(self, labels: Key) -> Numbers:
        key = (REQUESTS.name, *labels)
        if key in self._ledger or self._ledger.room > _ROOM_FOR_THE_REST:
            return self._ledger.series(key)
        if not self._is_crowded:
            self._is_crowded = True
            _log.warning("further kinds of requests are counted as one")
        return self._ledger.series((REQUESTS.name, *_FURTHER))

    def judged(self, marks: Marks) -> None:
        """Count what was marked."""
        self.count(ARTICLES, by=marks.articles)
        for labels, number in marks.outcomes.items():
            self.count(PARAGRAPHS, *labels, by=number)
        for family, counted in ((CONFIDENCE, marks.confidence), (KNOWN_TERMS, marks.known_terms)):
            numbers = self._ledger.series((family.name,))
            for at, addend in counted.items():
                numbers[at] += addend


def render(board: Board) -> bytes:
    """Return all figures of all processes, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(board))
    return generate_latest(registry)


class _Read(Collector):
    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        totals = self._board.totals()
        for family in FAMILIES:
            yield _metric(family, {key[1:]: numbers for key, numbers in totals.items() if key[0] == family.name})
        yield _models(self._board)


def _metric(family: Family, series: dict[Key, list[float]]) -> Metric:
    if family.kind == "histogram":
        histogram = HistogramMetricFamily(family.name, family.told, labels=family.labels)
        for labels, numbers in sorted(series.items()):
            histogram.add_metric(labels, _cumulated(family.bounds, numbers), numbers[len(family.bounds) + 1])
        return histogram
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.told, labels=family.labels)
    for labels, numbers in sorted(series.items()):
        metric.add_metric(labels, numbers[0])
    return metric


def _cumulated(bounds: tuple[float, ...], numbers: list[float]) -> list[tuple[str, float]]:
    total = 0.0
    buckets = []
    for bound, number in zip((*map(str, bounds), "+Inf"), numbers, strict=False):
        total += number
        buckets.append((bound, total))
    return buckets


def _models(board: Board) -> Metric:
    told = "Processes that serve this model."
    models = GaugeMetricFamily("pressmark_model_info", told, labels=("name", "version", "sha256"))
    serving: dict[tuple[str, str, str], int] = {}
    for note in board.notes():
        if note.get("serving"):
            model = (note["name"], note["version"], note["sha256"])
            serving[model] = serving.get(model, 0) + 1
    for model, number in sorted(serving.items()):
        models.add_metric(model, number)
    return models
