"""Alerts and dashboard: understood by the real Prometheus, and asking only for what a real service exports."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from prometheus import Prometheus, promtool, watching
from prometheus_client.parser import text_string_to_metric_families
from service import Server, serving, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"\b(?:pressmark|http)_[a-z_]+")
_SELECTED = re.compile(r"\b((?:pressmark|http)_[a-z_]+)\{([^}]*)\}")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
# What Prometheus itself adds to what it reads, and to buckets.
_ADDED = {"job", "instance", "le"}
_VARIABLES = {"$__rate_interval": "5s", "$job": "pressmark", "$instance": ".*", "$route": ".*"}


@pytest.fixture(scope="module")
def alerts(root: Path) -> list[dict[str, Any]]:
    told = yaml.safe_load((root / "deploy/prometheus/alerts.yml").read_text("utf-8"))
    return [rule for group in told["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def dashboard(root: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((root / "deploy/grafana/dashboards/pressmark.json").read_text("utf-8"))
    return told


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard: dict[str, Any]) -> list[str]:
    asked = [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
    return asked + [one["expr"] for one in dashboard["annotations"]["list"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service of two workers that has marked, refused and left without a category."""
    with serving(tmp_path_factory.mktemp("served") / "log", "--workers", "2") as started:
        traffic(started)
        yield started


def traffic(server: Server) -> None:
    paragraphs = ["The army fired missiles in a drill.", "Farmers finished the rice harvest.", "qwxz vbnm zzkq", ""]
    httpx.post(server.url + "/classify", json={"paragraphs": paragraphs}, trust_env=False)
    httpx.post(server.url + "/classify", json={}, trust_env=False)
    httpx.get(server.url + "/v1/model", trust_env=False)


def family_of(name: str) -> str:
    return re.sub("_(bucket|sum|count|total)$", "", name)


def read(server: Server) -> str:
    return httpx.get(server.url + "/metrics", trust_env=False).text


@pytest.fixture(scope="module")
def exported(server: Server) -> dict[str, set[str]]:
    """Every name that the service exports, with its labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(read(server)):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.fixture(scope="module")
def prometheus(root: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A real Prometheus that has read the service several times."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("prometheus")
    config = root / "deploy/prometheus/prometheus.yml"
    with watching(folder, config, f"{server.host}:{server.port}", port) as one:
        until(lambda: bool(one.samples('rate(pressmark_articles_total{job="pressmark"}[5s]) >= 0')))
        yield one


def test_promtool_accepts_what_the_service_exports(server: Server) -> None:
    checked = promtool("check", "metrics", input=read(server))
    assert (checked.returncode, checked.stderr) == (0, "")


def test_promtool_accepts_configuration_and_alerts(root: Path) -> None:
    checked = promtool("check", "config", "--lint=all", "--lint-fatal", root / "deploy/prometheus/prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "FAILED" not in checked.stdout


def test_alerts_fire_as_their_own_tests_say(root: Path) -> None:
    checked = promtool("test", "rules", root / "deploy/prometheus/alerts.test.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_is_seen_to_fire(root: Path, alerts: list[dict[str, Any]]) -> None:
    tests = yaml.safe_load((root / "deploy/prometheus/alerts.test.yml").read_text("utf-8"))["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert fired == {alert["alert"] for alert in alerts}


def test_every_alert_leads_to_its_section_of_the_runbook(root: Path, alerts: list[dict[str, Any]]) -> None:
    told = (root / "docs/operations.md").read_text("utf-8")
    for alert in alerts:
        assert alert["annotations"]["runbook"] == f"docs/operations.md#{alert['alert'].lower()}"
        assert f"\n### {alert['alert']}\n" in told


def test_only_what_the_service_exports_is_asked_for(
    exported: dict[str, set[str]], alerts: list[dict[str, Any]], dashboard: dict[str, Any]
) -> None:
    for asked in [alert["expr"] for alert in alerts] + queries(dashboard):
        names = set(_NAME.findall(asked)) - set(exported["http_server_request_duration_seconds_count"])
        assert names <= set(exported), asked
        for name, matchers in _SELECTED.findall(asked):
            assert set(_LABEL.findall(re.sub(r'"[^"]*"', "", matchers))) <= exported[name] | _ADDED, asked
        grouped = {label.strip() for labels in _GROUPED.findall(asked) for label in labels.split(",")}
        of_all = set().union(*(exported[name] for name in names))
        assert grouped <= of_all | _ADDED, asked


def test_dashboard_shows_everything_that_is_exported(exported: dict[str, set[str]], dashboard: dict[str, Any]) -> None:
    families = {re.sub("_(bucket|sum|count|total)$", "", name) for name in exported}
    shown = {
        re.sub("_(bucket|sum|count|total)$", "", name) for one in queries(dashboard) for name in _NAME.findall(one)
    }
    assert families <= shown


def test_every_panel_shows_something(prometheus: Prometheus, server: Server, dashboard: dict[str, Any]) -> None:
    traffic(server)
    for asked in [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]:
        query = asked
        for variable, value in _VARIABLES.items():
            query = query.replace(variable, value)
        assert "$" not in query, asked
        assert prometheus.samples(query), asked


def test_alerts_are_evaluated_without_a_fault_and_a_service_that_is_well_raises_none(
    prometheus: Prometheus, alerts: list[dict[str, Any]]
) -> None:
    def rules() -> list[dict[str, Any]]:
        groups = prometheus.ask("rules")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    until(lambda: all(rule["health"] != "unknown" for rule in rules()))
    told = rules()
    assert [rule["name"] for rule in told] == [alert["alert"] for alert in alerts]
    assert [rule["lastError"] for rule in told if rule["health"] != "ok"] == []
    assert {rule["name"] for rule in told if rule["state"] == "firing"} == set()


def test_panels_lie_beside_each_other_under_names_of_their_own(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + across, place["y"] + down) for across in range(place["w"]) for down in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    for member in ("id", "title"):
        named = [panel[member] for panel in dashboard["panels"]]
        assert len(set(named)) == len(named)


def test_panels_say_what_they_show_and_ask_the_chosen_source(dashboard: dict[str, Any]) -> None:
    variables = {one["name"] for one in dashboard["templating"]["list"]}
    assert variables == {"datasource", "job", "instance", "route"}
    for panel in panels(dashboard):
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
