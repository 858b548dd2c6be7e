"""The examples and the guides run as they stand."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

if TYPE_CHECKING:
    from pathlib import Path

ARTICLES = ("The missile units held a launching drill.", "Farmers transplanted rice seedlings at the farm.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an archive of two articles lies."""
    rows = [json.dumps({"text": text}) for text in ARTICLES]
    (tmp_path / "in.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["duckdb_archive", "pandas_frame", "polars_frame", "spacy_component", "sklearn_view"])
def test_example_names_both_categories(name: str, folder: Path, root: Path) -> None:
    path = root / "examples" / f"{name}.py"
    done = subprocess.run([sys.executable, path, "in.jsonl"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "military" in done.stdout
    assert "economy" in done.stdout


def test_the_scikit_learn_view_is_scored_cloned_and_refused_before_it_is_fitted(root: Path) -> None:
    """What scikit-learn's own searches and pipelines ask of an estimator."""
    view: Any = runpy.run_path(str(root / "examples" / "sklearn_view.py"))["PressmarkClassifier"]
    named = [text for text in ARTICLES for _ in range(2)], ["military"] * 2 + ["economy"] * 2
    assert cross_val_score(make_pipeline(view()), *named, cv=2).tolist() == [1.0, 1.0]
    with pytest.raises(NotFittedError):
        clone(view().fit()).predict(ARTICLES)


def test_dask_writes_the_marks(folder: Path, root: Path) -> None:
    path = root / "examples" / "dask_archive.py"
    subprocess.run([sys.executable, path, "in.jsonl", "out"], cwd=folder, check=True)
    parquet = pytest.importorskip("pyarrow.parquet")
    assert parquet.read_table(folder / "out").column("category").to_pylist() == ["military", "economy"]


def test_the_archive_guide_marks_a_table(root: Path) -> None:
    guide = (root / "docs" / "guides" / "archives.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    names: dict[str, Any] = {"table": pa.table({"text": [*ARTICLES, None]})}
    exec(code, names)  # noqa: S102 - our own guide
    assert names["marks"].column("category").to_pylist() == ["military", "economy", None]
    assert [bool(one) for one in names["marks"].column("error").to_pylist()] == [False, False, True]


def test_the_archive_guide_runs(root: Path, tmp_path: Path) -> None:
    """Its sample archive is written out, its command called, and its output shown compared."""
    guide = (root / "docs" / "guides" / "archives.md").read_text("utf-8")
    sample, shown = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "kcna.jsonl").write_text(sample, "utf-8")
    (command,) = re.findall(r"```console\n(pressmark batch kcna.jsonl .*?)\n```", guide, re.DOTALL)
    program, *flags = command.split()
    assert subprocess.run([shutil.which(program) or program, *flags], cwd=tmp_path, check=False).returncode == 1
    marked = [json.loads(line) for line in (tmp_path / "marked.jsonl").read_text("utf-8").splitlines()]
    expected = [json.loads(line) for line in shown.splitlines()]
    assert [{name: row[name] for name in line} for row, line in zip(marked, expected, strict=True)] == expected
