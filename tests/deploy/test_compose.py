"""Prometheus and Grafana in the compose file: an option, wired to the files in deploy/. Read by compose itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from missing import cannot_test


def services(root: Path, *profile: str) -> dict[str, Any]:
    """Return the services that compose would start."""
    compose = shutil.which("docker-compose")
    if compose is None:
        cannot_test("docker-compose is not installed here")
    named = ("PRESSMARK_", "PROMETHEUS_", "GRAFANA_", "COMPOSE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(named)}
    command = [compose, "--file", str(root / "compose.yaml"), *profile, "config", "--format", "json"]
    done = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)["services"]
    return told


@pytest.fixture(scope="module")
def observing(root: Path) -> dict[str, Any]:
    return services(root, "--profile", "observe")


def source_of(service: dict[str, Any], inside: str) -> Path:
    """Return the committed file that a service sees under a path."""
    for mount in service["volumes"]:
        if mount["type"] == "bind" and Path(inside).is_relative_to(mount["target"]) and mount["read_only"]:
            return Path(mount["source"]) / Path(inside).relative_to(mount["target"])
    raise AssertionError(f"nothing is mounted at {inside}")


def test_they_are_started_only_if_asked_for(root: Path, observing: dict[str, Any]) -> None:
    assert set(services(root)) == {"pressmark"}
    assert set(observing) == {"pressmark", "prometheus", "grafana"}


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_every_mount_is_there(observing: dict[str, Any], name: str) -> None:
    mounts = [mount for mount in observing[name]["volumes"] if mount["type"] == "bind"]
    assert mounts
    assert [mount["source"] for mount in mounts if not Path(mount["source"]).is_dir()] == []


def test_prometheus_finds_its_configuration_and_the_service(observing: dict[str, Any]) -> None:
    config = yaml.safe_load(source_of(observing["prometheus"], "/etc/prometheus/prometheus.yml").read_text("utf-8"))
    for name in config["rule_files"]:
        assert source_of(observing["prometheus"], f"/etc/prometheus/{name}").is_file()
    (target,) = config["scrape_configs"][0]["static_configs"][0]["targets"]
    name, _, port = target.partition(":")
    assert int(port) in {published["target"] for published in observing[name]["ports"]}


def test_grafana_finds_prometheus_and_the_dashboard(observing: dict[str, Any]) -> None:
    provisioning = "/etc/grafana/provisioning"
    sources = source_of(observing["grafana"], f"{provisioning}/datasources/prometheus.yaml").read_text("utf-8")
    address = urlsplit(yaml.safe_load(sources)["datasources"][0]["url"])
    assert address.port in {published["target"] for published in observing[str(address.hostname)]["ports"]}
    folders = source_of(observing["grafana"], f"{provisioning}/dashboards/pressmark.yaml").read_text("utf-8")
    folder = yaml.safe_load(folders)["providers"][0]["options"]["path"]
    mounted = {mount["target"]: mount["source"] for mount in observing["grafana"]["volumes"] if mount["type"] == "bind"}
    assert (Path(mounted[folder]) / "pressmark.json").is_file()
    home = observing["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{folder}/pressmark.json"


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_they_are_as_confined_as_the_service(observing: dict[str, Any], name: str) -> None:
    one = observing[name]
    assert [port["host_ip"] for port in one["ports"]] == ["127.0.0.1"]
    assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
    assert one["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", ["prometheus", "grafana"])
def test_images_have_a_version(observing: dict[str, Any], name: str) -> None:
    _, _, version = observing[name]["image"].rpartition(":")
    assert version[-1].isdigit()
