"""The Kubernetes manifests, as kubectl itself puts them together: valid to the letter, and true of the service."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml
from missing import cannot_test
from prometheus import promtool

from pressmark_service.settings import Settings, read_settings, variable_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# The oldest that its makers still mend, and the newest.
VERSIONS = ("1.35", "1.37")
KINDS = {
    "ConfigMap",
    "Deployment",
    "HorizontalPodAutoscaler",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Service",
    "Service/pressmark-pods",
}


@pytest.fixture(scope="module")
def manifests(root: Path) -> dict[str, dict[str, Any]]:
    """What `kubectl apply -k` would send, by kind; a further one of a kind also by name."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        cannot_test("kubectl is not installed here")
    built = subprocess.run(
        [kubectl, "kustomize", root / "deploy/kubernetes"], capture_output=True, text=True, check=False
    )
    assert (built.returncode, built.stderr) == (0, "")
    told: dict[str, dict[str, Any]] = {}
    for one in yaml.safe_load_all(built.stdout):
        is_further = one["kind"] in told
        told[f"{one['kind']}/{one['metadata']['name']}" if is_further else one["kind"]] = one
    return told


@pytest.fixture
def pod(manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    spec: dict[str, Any] = manifests["Deployment"]["spec"]["template"]["spec"]
    return spec


@pytest.fixture
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    told: dict[str, Any] = only
    return told


@pytest.fixture
def settings(manifests: dict[str, dict[str, Any]], container: dict[str, Any]) -> Settings:
    """What the service makes of the environment that the manifests give it."""
    (source,) = container["envFrom"]
    assert source["configMapRef"]["name"] == manifests["ConfigMap"]["metadata"]["name"]
    return read_settings([], manifests["ConfigMap"]["data"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_manifest_is_strictly_valid(manifests: dict[str, dict[str, Any]], kind: str, version: str) -> None:
    kubernetes_validate.validate(manifests[kind], version, strict=True)


def test_nothing_else_is_there(manifests: dict[str, dict[str, Any]]) -> None:
    assert set(manifests) == KINDS


def _misspell(manifest: dict[str, Any]) -> None:
    manifest["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}


def _mistype(manifest: dict[str, Any]) -> None:
    manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = "forty"


@pytest.mark.parametrize("damage", [_misspell, _mistype])
def test_validator_sees_what_is_wrong(
    manifests: dict[str, dict[str, Any]], damage: Callable[[dict[str, Any]], None]
) -> None:
    damaged = copy.deepcopy(manifests["Deployment"])
    damage(damaged)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(damaged, VERSIONS[-1], strict=True)


def test_variables_are_settings_of_the_service(manifests: dict[str, dict[str, Any]]) -> None:
    known = {variable_of(one) for one in Settings.__dataclass_fields__.values()}
    assert set(manifests["ConfigMap"]["data"]) <= known


def test_pod_may_stop_for_longer_than_the_service_drains(pod: dict[str, Any], settings: Settings) -> None:
    assert pod["terminationGracePeriodSeconds"] > settings.drain_delay + settings.drain_timeout
    defaults = Settings()
    assert pod["terminationGracePeriodSeconds"] > defaults.drain_delay + defaults.drain_timeout


def test_requests_that_came_in_time_are_answered_before_the_drain_ends(settings: Settings) -> None:
    assert settings.deadline < settings.drain_timeout


def test_settings_are_those_that_the_service_has_by_itself_save_for_the_delay(settings: Settings) -> None:
    assert {name: getattr(settings, name) for name in ("workers", "drain_timeout", "port")} == {
        name: getattr(Settings(), name) for name in ("workers", "drain_timeout", "port")
    }
    assert settings.drain_delay > Settings().drain_delay  # a cluster needs longer to hear of it than one host


def test_service_of_the_same_name_does_not_set_the_port(pod: dict[str, Any]) -> None:
    assert pod["enableServiceLinks"] is False


def test_ports_are_the_one_that_the_service_listens_on(
    manifests: dict[str, dict[str, Any]], container: dict[str, Any], settings: Settings
) -> None:
    assert container["ports"] == [{"name": "http", "containerPort": settings.port}]
    assert [port["targetPort"] for port in manifests["Service"]["spec"]["ports"]] == ["http"]
    assert manifests["NetworkPolicy"]["spec"]["ingress"][0]["ports"][0]["port"] == "http"


def test_probes_ask_what_they_are_for(container: dict[str, Any]) -> None:
    asked = {name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert asked == {
        "startupProbe": {"path": "/readyz", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
        "livenessProbe": {"path": "/healthz", "port": "http"},
    }


def test_readiness_ends_before_the_service_stops_accepting(container: dict[str, Any], settings: Settings) -> None:
    assert container["readinessProbe"]["periodSeconds"] <= settings.drain_delay


def test_pod_holds_to_the_restricted_standard(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & set(pod)


def test_user_is_that_of_the_image(root: Path, pod: dict[str, Any]) -> None:
    found = re.search(r"^USER (\d+):(\d+)$", (root / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    context = pod["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (int(found[1]), int(found[2]))


def test_memory_is_what_the_container_tests_hold_it_to(root: Path, container: dict[str, Any]) -> None:
    composed = yaml.safe_load((root / "compose.yaml").read_text("utf-8"))["services"]["pressmark"]["mem_limit"]
    assert container["resources"]["limits"]["memory"].removesuffix("Mi") == composed.removesuffix("m")
    assert {"cpu", "memory"} == set(container["resources"]["requests"])


def test_everything_selects_the_pods_and_nothing_else(
    manifests: dict[str, dict[str, Any]], pod: dict[str, Any]
) -> None:
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert labels == {"app.kubernetes.io/name": "pressmark"}
    assert manifests["Service"]["spec"]["selector"] == labels
    assert manifests["Service/pressmark-pods"]["spec"]["selector"] == labels
    for selector in (
        manifests["Deployment"]["spec"]["selector"],
        manifests["PodDisruptionBudget"]["spec"]["selector"],
        manifests["NetworkPolicy"]["spec"]["podSelector"],
        pod["topologySpreadConstraints"][0]["labelSelector"],
    ):
        assert selector == {"matchLabels": labels}


def test_autoscaler_alone_says_how_many(manifests: dict[str, dict[str, Any]]) -> None:
    scaled = manifests["HorizontalPodAutoscaler"]["spec"]
    assert "replicas" not in manifests["Deployment"]["spec"]
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "pressmark"}
    assert scaled["minReplicas"] > manifests["PodDisruptionBudget"]["spec"]["maxUnavailable"]


def test_nothing_gets_out(manifests: dict[str, dict[str, Any]]) -> None:
    policy = manifests["NetworkPolicy"]["spec"]
    assert (policy["egress"], sorted(policy["policyTypes"])) == ([], ["Egress", "Ingress"])


def test_prometheus_finds_every_pod_by_the_headless_service(
    root: Path, manifests: dict[str, dict[str, Any]], settings: Settings
) -> None:
    config = root / "deploy/prometheus/kubernetes.yml"
    checked = promtool("check", "config", "--lint=all", "--lint-fatal", config)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (found,) = yaml.safe_load(config.read_text("utf-8"))["scrape_configs"][0]["dns_sd_configs"]
    service = manifests["Service/pressmark-pods"]
    assert [name.split(".")[0] for name in found["names"]] == [service["metadata"]["name"]]
    assert (service["spec"]["clusterIP"], found["port"]) == ("None", settings.port)
