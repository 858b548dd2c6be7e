"""The same rows from a Ray cluster, also when a node of it is killed, and from Spark, as from this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.engines

FLAGS = ("--part-rows", "50")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Some thousands of articles, a bad row among them."""
    texts = ("The missile units held a drill.\nThe commander praised them.", "Farmers transplanted rice.")
    rows = [json.dumps({"id": at, "text": texts[at % 2] * 10}) for at in range(3000)]
    (tmp_path / "in.jsonl").write_text("\n".join([*rows, "{broken"]) + "\n", "utf-8")
    return tmp_path


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A real Ray cluster on this machine: a head that does no work, and two worker nodes."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made.workers = [made.add_node(num_cpus=1) for _ in range(2)]
    made.wait_for_nodes()
    yield made
    made.shutdown()


def _command(*flags: str) -> list[str]:
    return ["pressmark", "batch", "in.jsonl", *FLAGS, *flags]


def _local(folder: Path) -> bytes:
    assert subprocess.run(_command("--out", "local.jsonl", "--workers", "1"), cwd=folder, check=False).returncode == 1
    return (folder / "local.jsonl").read_bytes()


def test_two_nodes_give_the_same_bytes(archive: Path, cluster: Any) -> None:
    flags = ("--out", "ray.jsonl", "--engine", "ray", "--address", cluster.address)
    assert subprocess.run(_command(*flags), cwd=archive, check=False).returncode == 1
    assert (archive / "ray.jsonl").read_bytes() == _local(archive)


def test_a_node_killed_in_the_middle_costs_no_row(archive: Path, cluster: Any) -> None:
    flags = ("--out", "ray.jsonl", "--engine", "ray", "--address", cluster.address)
    run = subprocess.Popen(_command(*flags), cwd=archive)
    while len(list((archive / "ray.jsonl.partial").glob("[0-9]*.json"))) < 3:
        assert run.poll() is None
        time.sleep(0.01)
    assert run.poll() is None
    cluster.remove_node(cluster.workers[0], allow_graceful=False)
    assert run.wait(300) == 1
    assert (archive / "ray.jsonl").read_bytes() == _local(archive)


def test_spark_gives_the_same_rows(archive: Path, root: Path) -> None:
    (archive / "in.jsonl").write_text("\n".join((archive / "in.jsonl").read_text("utf-8").splitlines()[:-1]), "utf-8")
    subprocess.run([sys.executable, root / "examples" / "spark.py", "in.jsonl", "out"], cwd=archive, check=True)
    assert subprocess.run(_command("--out", "local.parquet"), cwd=archive, check=False).returncode == 0
    names = ["id", "paragraph", "start", "end", "text", "category", "confidence"]
    order = [("id", "ascending"), ("paragraph", "ascending")]
    ours = pq.read_table(archive / "local.parquet", columns=names).sort_by(order).to_pylist()
    assert pq.read_table(archive / "out", columns=names).sort_by(order).to_pylist() == ours
