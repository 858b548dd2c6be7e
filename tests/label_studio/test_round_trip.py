"""Pre-labels as Label Studio itself gets them: the real application, with this service as its ML backend."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from missing import cannot_test
from service import serving, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.label_studio

TOKEN = "0123456789abcdef" * 2 + "01234567"
DRILL, FARM = "The army unit held a live-fire drill.", "The cooperative farm finished its rice harvest."
CHOICES = (
    '<View><Text name="article" value="$body"/><Choices name="subject" toName="article">'
    '<Choice value="Military"/><Choice value="Farming" alias="economy"/><Choice value="Sport"/></Choices></View>'
)
LABELS = (
    '<View><Labels name="marks" toName="t"><Label value="military"/><Label value="economy"/></Labels>'
    '<Text name="t" value="$text"/></View>'
)


@contextmanager
def label_studio(folder: Path, program: str) -> Iterator[httpx.Client]:
    """Start Label Studio on a free port of the loopback, with nothing in it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    quiet = {"COLLECT_ANALYTICS": "False", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "", "LATEST_VERSION_CHECK": "False"}
    # It asks no backend on the loopback unless both of these are off.
    near = {"SSRF_PROTECTION_ENABLED": "false", "ML_BLOCK_LOCAL_IP": "false"}
    places = {"HOME": str(folder), "LABEL_STUDIO_BASE_DATA_DIR": str(folder)}
    account = ["--username", "a@example.org", "--password", "not-a-secret", "--user-token", TOKEN]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [program, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", port, *account],
            env=os.environ | quiet | places | {"LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true"} | near,
            stdout=log,
            stderr=log,
        )
    headers = {"Authorization": f"Token {TOKEN}"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=60) as client:
            until(lambda: process.poll() is None and answers(client), 300)
            yield client
    finally:
        process.kill()
        process.wait(20)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def client(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    program = shutil.which("label-studio", path=root / ".venv-label-studio" / "bin")
    if program is None:
        cannot_test("`make label-studio` installs Label Studio")
    with label_studio(tmp_path_factory.mktemp("label-studio"), program) as started:
        yield started


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("served") / "log", "--label-studio", "on") as server:
        yield server.url + "/label-studio"


def post(client: httpx.Client, path: str, **sent: Any) -> Any:
    answer = client.post(path, **sent)
    assert answer.is_success, answer.text
    return answer.json()


def pre_labels(client: httpx.Client, backend: str, interface: str, tasks: list[dict[str, str]]) -> list[list[Any]]:
    """Connect the backend to a new project, import tasks, have predictions fetched, and return those kept."""
    project = post(client, "/api/projects", json={"title": "Articles", "label_config": interface})["id"]
    post(client, f"/api/projects/{project}/import", json=tasks)
    connected = post(client, "/api/ml", json={"url": backend, "project": project, "title": "Pressmark"})
    assert connected["readable_state"] == "Connected", connected
    chosen = {"selectedItems": {"all": True, "excluded": []}}
    action = {"id": "retrieve_tasks_predictions", "project": project}
    post(client, "/api/dm/actions", params=action, json=chosen)
    kept = client.get("/api/predictions", params={"project": project}).json()
    return [one["result"] for one in sorted(kept, key=lambda one: int(one["task"]))]


def test_a_choice_arrives_for_each_task(client: httpx.Client, backend: str) -> None:
    results = pre_labels(client, backend, CHOICES, [{"body": DRILL}, {"body": FARM}, {"body": "qwxz vbnm zzkq"}])
    assert [[region["value"]["choices"] for region in one] for one in results] == [[["Military"]], [["Farming"]], []]


def test_regions_arrive_where_the_paragraphs_stand(client: httpx.Client, backend: str) -> None:
    (regions,) = pre_labels(client, backend, LABELS, [{"text": f"{DRILL}\n{FARM}"}])
    found = [(one["from_name"], one["value"]["start"], one["value"]["end"], one["value"]["labels"]) for one in regions]
    assert found == [("marks", 0, 37, ["military"]), ("marks", 38, 85, ["economy"])]
