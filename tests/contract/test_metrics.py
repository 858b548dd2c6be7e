"""Figures for Prometheus: exact, of closed label sets, and never a client's text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from service import Server, serving

from pressmark_service.board import Board
from pressmark_service.metrics import PARAGRAPHS, REQUESTS, Meter, count_marks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKER = "Sinuiju-sentence-that-nobody-may-keep"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "log") as started:
        yield started


def figures(server: Server) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every sample, by name and labels."""
    answer = httpx.get(server.url + "/metrics", trust_env=False)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def post(server: Server, path: str = "/classify", **sent: Any) -> httpx.Response:
    return httpx.post(server.url + path, trust_env=False, **sent)


def test_paragraphs_are_counted_by_category_and_reason(server: Server) -> None:
    answer = post(server, json={"paragraphs": ["The army fired missiles.", "", "", "qwxz vbnm"]}).json()
    counted = figures(server)
    for paragraph in answer["paragraphs"]:
        labels = {"category": paragraph["category"] or "", "reason": paragraph["reason"] or ""}
        alike = [one for one in answer["paragraphs"] if (one["category"] or "") == labels["category"]]
        alike = [one for one in alike if (one["reason"] or "") == labels["reason"]]
        assert counted["pressmark_paragraphs_total", frozenset(labels.items())] == len(alike)
    assert counted["pressmark_articles_total", frozenset()] == 1


def test_confidence_and_known_terms_are_histograms_over_paragraphs(server: Server) -> None:
    answer = post(server, json={"paragraphs": ["The army fired missiles.", "Farmers ploughed.", "qwxz"]}).json()
    counted = figures(server)
    for name, member in (("confidence", "confidence"), ("known_terms", "known_terms")):
        values = [paragraph[member] for paragraph in answer["paragraphs"]]
        assert counted[f"pressmark_paragraph_{name}_sum", frozenset()] == pytest.approx(sum(values))
        assert counted[f"pressmark_paragraph_{name}_count", frozenset()] == 3
        half = counted[f"pressmark_paragraph_{name}_bucket", frozenset({("le", "0.5")})]
        assert half == sum(value <= 0.5 for value in values)


def test_batch_counts_every_article(server: Server) -> None:
    post(server, "/v1/classify/batch", json={"articles": [{"text": "a"}, {"text": "b"}, {"txt": "c"}]})
    assert figures(server)["pressmark_articles_total", frozenset()] == 2


def request_labels(method: str, route: str, status: int) -> frozenset[tuple[str, str]]:
    labels = {
        "http_request_method": method,
        "url_scheme": "http",
        "http_route": route,
        "http_response_status_code": str(status),
        "error_type": "",
    }
    return frozenset(labels.items())


def test_requests_are_counted_once_each_under_their_route(server: Server) -> None:
    for _ in range(3):
        post(server, json={"text": "a"})
    post(server, json={})
    httpx.get(server.url + "/v1/model", trust_env=False)
    counted = figures(server)
    name = "http_server_request_duration_seconds_count"
    assert counted[name, request_labels("POST", "/classify", 200)] == 3
    assert counted[name, request_labels("POST", "/classify", 422)] == 1
    assert counted[name, request_labels("GET", "/v1/model", 200)] == 1
    assert counted["pressmark_problems_total", frozenset({("problem", "invalid-request")})] == 1


def test_paths_and_methods_of_a_clients_making_add_no_series(server: Server) -> None:
    for at in range(5):
        httpx.request("GET", f"{server.url}/{MARKER}/{at}", trust_env=False)
        httpx.request("PROPFIND", f"{server.url}/{at}", trust_env=False)
    counted = figures(server)
    name = "http_server_request_duration_seconds_count"
    assert counted[name, request_labels("GET", "", 404)] == 5
    assert counted[name, request_labels("_OTHER", "", 404)] == 5


def test_requests_of_ever_new_kinds_leave_room_for_all_else(caplog: pytest.LogCaptureFixture) -> None:
    board = Board()
    meter = Meter(board.take(0))
    for at in range(2000):
        meter.end("GET", "http", f"/{at % 1500}", status=404, problem="", seconds=0.001)
    meter.judged(count_marks([]))
    meter.count(PARAGRAPHS, "military", "")
    totals = board.totals()
    assert totals[PARAGRAPHS.name, "military", ""][0] == 1
    requests = {key: sum(numbers[:15]) for key, numbers in totals.items() if key[0] == REQUESTS.name}
    assert sum(requests.values()) == 2000
    assert requests[REQUESTS.name, "_OTHER", "", "", "", ""] > 500
    assert requests[REQUESTS.name, "GET", "http", "/0", "404", ""] == 2
    assert [record.message for record in caplog.records] == ["further kinds of requests are counted as one"]
    Meter(board.take(0)).end("GET", "http", "/0", status=404, problem="", seconds=0.001)
    assert board.totals()[REQUESTS.name, "GET", "http", "/0", "404", ""][0] == 3


def test_only_the_asking_request_is_active(server: Server) -> None:
    for _ in range(3):
        post(server, json={"text": "a"})
        post(server, json={})
    assert figures(server)["http_server_active_requests", frozenset()] == 1


def test_model_is_told(server: Server) -> None:
    told = httpx.get(server.url + "/v1/model", trust_env=False).json()
    labels = frozenset({(name, told[name]) for name in ("name", "version", "sha256")})
    assert figures(server)["pressmark_model_info", labels] == 1


def test_metrics_can_be_turned_off(tmp_path: Path) -> None:
    with serving(tmp_path / "off", "--metrics", "off") as server:
        assert httpx.get(server.url + "/metrics", trust_env=False).status_code == 404
