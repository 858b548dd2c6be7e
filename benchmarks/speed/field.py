"""Who takes part in the HTTP benchmark: how each server is started, and what it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from speed import corpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS = "pressmark"
CEILING, UNCLASSIFIED, BARE = "echo", "fastapi", "bare"
CASES = {"one": "one paragraph", "article": "an article of 10", "batch": "a batch of 100"}
_PARAGRAPHS = {"one": 1, "article": 10, "batch": 100}
_BODIES = {"one": 20, "article": 10, "batch": 4}
# One paragraph is 40 to 70 words; articles and batches take what the corpus has.
_WORDS = {"one": (40, 70), "article": (0, 1000), "batch": (0, 1000)}


def _plainly(paragraphs: list[str]) -> str:
    return json.dumps({"paragraphs": paragraphs}, ensure_ascii=False)


def _as_batch(paragraphs: list[str]) -> str:
    return json.dumps({"articles": [{"text": one} for one in paragraphs]}, ensure_ascii=False)


def _as_tensor(paragraphs: list[str]) -> str:
    tensor = {"name": "text", "shape": [len(paragraphs), 1], "datatype": "BYTES", "data": paragraphs}
    return json.dumps({"inputs": [tensor]}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A server: its environment, its command, its settings, and how it is asked."""

    name: str
    title: str
    lock: str
    command: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)
    path: str = "/classify"
    probe: str = "/healthz"
    body: Callable[[list[str]], str] = _plainly
    cases: tuple[str, ...] = tuple(CASES)
    libraries: tuple[str, ...] = ()
    pipeline: str = ""
    """Which pipeline it serves: ``released``, ``plain`` or none."""


def _uvicorn(app: str) -> tuple[str, ...]:
    options = "--host 127.0.0.1 --port {port} --loop uvloop --http httptools --no-access-log --log-level warning"
    return ("-m", "uvicorn", f"speed.servers.{app}:app", *options.split())


_SERVE = ("-c", "from pressmark.cli import main; raise SystemExit(main())", "serve", "--port", "{port}")
_MLSERVER = "import sys; from mlserver.cli import main; sys.argv[0] = 'mlserver'; main()"
_BENTO = "import sys; from bentoml_cli.cli import cli; sys.argv[0] = 'bentoml'; cli()"
_WEB = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "pydantic")

ENTRIES = (
    Entry(OURS, "Pressmark", "serve", _SERVE, libraries=_WEB),
    Entry("batch", "Pressmark, batch route", "serve", _SERVE, path="/v1/classify/batch", body=_as_batch,
          cases=("batch",)),
    Entry(CEILING, "raw ASGI echo (the ceiling)", "serve", _uvicorn("echo")),
    Entry(UNCLASSIFIED, "FastAPI, same schemas, no classification", "serve", _uvicorn("unclassified")),
    Entry("sklearn", "scikit-learn behind FastAPI", "sklearn", _uvicorn("sklearn_fastapi"), pipeline="released",
          libraries=("scikit-learn",)),
    Entry("plain", "the same with words and pairs alone", "sklearn", _uvicorn("sklearn_fastapi"), pipeline="plain"),
    Entry("mlserver", "MLServer", "mlserver", ("-c", _MLSERVER, "start", "{folder}"), path="/v2/models/marker/infer",
          probe="/v2/health/live", body=_as_tensor, pipeline="released", libraries=("mlserver",)),
    Entry("litserve", "LitServe", "litserve", ("-m", "speed.servers.lit", "{port}"), probe="/health",
          pipeline="released", libraries=("litserve",)),
    Entry("bentoml", "BentoML", "bentoml",
          ("-c", _BENTO, "serve", "speed.servers.bento:Marker", "--host", "127.0.0.1", "--port", "{port}"),
          {"BENTOML_DO_NOT_TRACK": "true"}, probe="/livez", pipeline="released", libraries=("bentoml",)),
    Entry(BARE, "FastAPI, bare", "serve", _uvicorn("bare"), cases=()),
)  # fmt: skip


def bodies(entry: Entry, case: str) -> list[str]:
    """Return the bodies that an entry is sent in turn; all entries are sent the same paragraphs."""
    size, count = _PARAGRAPHS[case], _BODIES[case]
    paragraphs = corpus.article("en", size * count, *_WORDS[case])
    return [entry.body(paragraphs[at * size : (at + 1) * size]) for at in range(count)]


def write_settings(entry: Entry, folder: Path, port: int) -> None:
    """Write the files that MLServer is configured by. Its parallel workers crash with this uvloop, so it has none."""
    if entry.name != "mlserver":
        return
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": port + 1,
        "metrics_port": port + 2,
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {"name": "marker", "implementation": "speed.servers.ml_server.Runtime"}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
