"""How marking grows with processes and Ray nodes.

``make bench-batch`` writes ``benchmarks/results/scaling.md``; ``scaling.py [ARTICLES]`` prints it.
Each way marks the same archive, in turns, `ROUNDS` times; the best time of each counts, start-up included.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from ray.cluster_utils import Cluster

ROOT = Path(__file__).parents[2]
ROUNDS = 3
ARTICLES = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
PRESSMARK = Path(sysconfig.get_path("scripts")) / "pressmark"


def write_archive(path: Path) -> int:
    """Repeat the corpus' articles up to the number asked for; returns how many paragraphs that is."""
    articles: dict[str, list[str]] = {}
    for file in sorted((ROOT / "models" / "corpus").glob("??-[0-9]*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            one = json.loads(line)
            articles.setdefault(one.get("article", one["text"]), []).append(one["text"])
    texts = list(articles.values())
    chosen = [texts[at % len(texts)] for at in range(ARTICLES)]
    path.write_text("".join(json.dumps({"text": "\n".join(one)}) + "\n" for one in chosen), "utf-8")
    return sum(map(len, chosen))


def seconds(folder: Path, *flags: str) -> float:
    """Mark the archive once."""
    command = [PRESSMARK, "batch", "in.jsonl", "--out", "out.jsonl", "--overwrite", "--part-rows", "500", *flags]
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def on_ray(folder: Path, nodes: int) -> float:
    """Mark it on a cluster of so many nodes of one core; starting the cluster does not count."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        return seconds(folder, "--engine", "ray", "--address", cluster.address)
    finally:
        cluster.shutdown()


def main() -> None:
    """Measure in turns and print a table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paragraphs = write_archive(folder / "in.jsonl")
        ways = {
            "1 process": (1, lambda: seconds(folder, "--workers", "1")),
            "2 processes": (2, lambda: seconds(folder, "--workers", "2")),
            "1 Ray node": (1, lambda: on_ray(folder, 1)),
            "2 Ray nodes": (2, lambda: on_ray(folder, 2)),
        }
        best = dict.fromkeys(ways, float("inf"))
        for _ in range(ROUNDS):
            for way, (_, run) in ways.items():
                best[way] = min(best[way], run())
    load = os.getloadavg()[0]
    print("# An archive, by processes and Ray nodes\n")
    print("Written by `make bench-batch`: the corpus's articles, over and over. Ray's nodes, its head and the process")
    print("that reads and writes share the cores of one machine here, so that a second node can gain little.")
    print(f"{ARTICLES:,} articles, {paragraphs:,} paragraphs; {os.cpu_count()} cores, load {load:.1f}, Python", end=" ")
    print(f"{platform.python_version()}; best of {ROUNDS}, start-up included\n")
    print(
        "| way | against 1 process | articles/s | paragraphs/s | paragraphs/s per core |\n"
        "| --- | ---: | ---: | ---: | ---: |"
    )
    for way, (cores, _) in ways.items():
        rate = paragraphs / best[way]
        ratio = best["1 process"] / best[way]
        print(f"| {way} | {ratio:.2f} | {ARTICLES / best[way]:,.0f} | {rate:,.0f} | {rate / cores:,.0f} |")


if __name__ == "__main__":
    main()
