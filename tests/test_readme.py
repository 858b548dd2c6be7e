"""What the README shows works word for word."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from service import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that runs."""
    with serving(tmp_path_factory.mktemp("readme") / "log") as started:
        yield started.url


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    """The README."""
    return (root / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_it_opens_with_the_commands_that_serve_and_test(readme: str) -> None:
    serve, curl, test, *_ = blocks(readme, "console")
    assert (serve.strip(), test.strip()) == ("make serve", "make test")
    assert curl.startswith("curl -s http://127.0.0.1:8000/classify")


def test_its_curl_is_answered(readme: str, base_url: str) -> None:
    curl = blocks(readme, "console")[1].replace("http://127.0.0.1:8000", base_url)
    done = subprocess.run(curl, shell=True, capture_output=True, check=True)
    marked = json.loads(done.stdout)["paragraphs"]
    assert [(one["category"], one["reason"]) for one in marked] == [
        ("military", None),
        ("economy", None),
        (None, "off_topic"),
    ]


def test_its_python_runs(readme: str, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks(readme, "python")
    exec(program, {})  # noqa: S102  the README's own code
    assert capsys.readouterr().out.startswith("military 0.")


def test_its_example_has_the_shape_of_the_answers(readme: str, root: Path) -> None:
    (shown,) = (json.loads(block) for block in blocks(readme, "json"))
    document = json.loads((root / "openapi" / "v1.json").read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    paragraph = next(schema for schema in schemas.values() if "known_terms" in schema.get("properties", {}))
    assert set(shown["paragraphs"][0]) <= set(paragraph["properties"])
    assert set(paragraph["required"]) - set(shown["paragraphs"][0]) <= {"id"}


def test_its_links_lead_somewhere(readme: str, root: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (root / target).exists(), target


def test_its_figures_are_those_of_the_release(readme: str, root: Path) -> None:
    measured = json.loads((root / "models" / "calibration.json").read_text(encoding="utf-8"))["measured"]
    told = re.findall(
        r"^\| (?:English|Korean), .*\| (0\.\d\d) \| (0\.\d\d) \| (\d+)% \| (\d+)% \|$", readme, re.MULTILINE
    )
    assert told == [
        (
            f"{one['macro_f1']:.2f}",
            f"{one['macro_f1_categories']:.2f}",
            f"{one['answered']:.0%}".rstrip("%"),
            f"{one['answers_right']:.0%}".rstrip("%"),
        )
        for one in measured.values()
    ]


def test_its_speeds_are_those_that_were_measured(readme: str, root: Path) -> None:
    measured = (root / "benchmarks" / "results" / "http.md").read_text(encoding="utf-8")
    at_eight = measured.split("## 8 connections: how many times more requests")[1].split("\n## ")[0]
    asked = {
        "times as many as scikit-learn behind FastAPI, same terms": "scikit-learn behind FastAPI",
        "as MLServer": "MLServer",
        "as LitServe": "LitServe",
        "as BentoML": "BentoML",
        "as FastAPI with the same schemas and no classification": "FastAPI, same schemas, no classification",
    }
    for told_as, peer in asked.items():
        told = re.findall(r"[\d.]+", re.search(rf"^\| {told_as} \|(.*)$", readme, re.MULTILINE)[1])  # type: ignore[index]
        ratios = re.findall(r"([\d.]+) \(", re.search(rf"^\| {peer} \|(.*)$", at_eight, re.MULTILINE)[1])  # type: ignore[index]
        assert len(told) == len(ratios) == 3
        for shown, ratio in zip(told, ratios, strict=True):
            unit = 10.0 ** -len(shown.partition(".")[2])
            assert abs(float(shown) - float(ratio)) <= 0.51 * unit, told_as
    rates = re.search(
        r"^\| Pressmark " + r"\| [\d,.]+ \| ([\d,.]+) \| [\d,.]+ " * 3,
        measured,
        re.MULTILINE,
    )
    assert rates is not None
    assert f"| requests a second | {' | '.join(rates.groups())} |" in readme
