"""``pressmark batch``: archives of every kind in, one whole file out, every row accounted for."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from service import children

if TYPE_CHECKING:
    import pressmark

ARTICLES = (
    "The missile units held a launching drill.\nThe commander praised the gunners.",
    "Farmers of the Ripsok Farm finished rice transplanting ahead of schedule.",
    "인민군대는 사격훈련을 진행하였다.\n석탄공업부문에서 생산을 늘이고있다.",
)


def batch(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["pressmark", "batch", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write_lines(path: Path, rows: list[Any]) -> None:
    text = "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    path.write_text(text, "utf-8")


def records() -> list[dict[str, Any]]:
    return [{"id": f"00{at}", "tags": ["a", at], "text": text} for at, text in enumerate(ARTICLES)]


def _jsonl(folder: Path) -> str:
    write_lines(folder / "in.jsonl", records())
    return "in.jsonl"


def _gzip(folder: Path) -> str:
    content = (folder / _jsonl(folder)).read_bytes()
    # Two members, as `cat a.gz b.gz` makes them.
    (folder / "in.jsonl.gz").write_bytes(gzip.compress(content[:100]) + gzip.compress(content[100:]))
    return "in.jsonl.gz"


def _zstd(folder: Path) -> str:
    content = (folder / _jsonl(folder)).read_bytes()
    with pa.output_stream(str(folder / "in.ndjson.zst"), compression="zstd") as out:
        out.write(content)
    return "in.ndjson.zst"


def _array(folder: Path) -> str:
    (folder / "in.json").write_text(json.dumps(records(), indent=4), "utf-8")
    return "in.json"


def _csv(folder: Path) -> str:
    with (folder / "in.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, ["id", "text"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(records())
    return "in.csv"


def _parquet(folder: Path) -> str:
    pq.write_table(
        pa.Table.from_pylist([{k: v for k, v in row.items() if k != "tags"} for row in records()]),
        folder / "in.parquet",
    )
    return "in.parquet"


def _texts(folder: Path) -> str:
    for at, text in enumerate(ARTICLES):
        (folder / "texts" / str(at)).mkdir(parents=True)
        (folder / "texts" / str(at) / "story.txt").write_text(text, "utf-8")
    return "texts"


@pytest.mark.parametrize("make", [_jsonl, _gzip, _zstd, _array, _csv, _parquet, _texts])
def test_every_kind_of_input_gives_what_the_judge_says(make: Any, tmp_path: Path, judge: pressmark.Judge) -> None:
    done = batch(tmp_path, make(tmp_path), "--out", "out.jsonl", "--workers", "1")
    assert done.returncode == 0, done.stderr
    expected = [
        (one.index, one.start, one.end, text[one.start : one.end], one.category, one.reason, one.confidence)
        for text in ARTICLES
        for one in judge.classify(text).paragraphs
    ]
    names = ("paragraph", "start", "end", "text", "category", "reason", "confidence")
    marked = lines(tmp_path / "out.jsonl")
    assert [tuple(row[name] for name in names[:6]) for row in marked] == [one[:6] for one in expected]
    assert [row["confidence"] for row in marked] == pytest.approx([one[6] for one in expected])


def test_other_columns_pass_through(tmp_path: Path) -> None:
    batch(tmp_path, _jsonl(tmp_path), "--out", "out.jsonl", "--workers", "1")
    marked = lines(tmp_path / "out.jsonl")
    assert [(row["id"], row["tags"], row["source"], row["row"]) for row in marked] == [
        (f"00{at}", ["a", at], "in.jsonl", at + 1) for at in (0, 0, 1, 2, 2)
    ]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl.gz", "jsonl.zst", "parquet"])
def test_every_kind_of_output_holds_the_same(ending: str, tmp_path: Path) -> None:
    given = _csv(tmp_path)
    assert batch(tmp_path, given, "--out", "plain.jsonl", "--workers", "1").returncode == 0
    assert batch(tmp_path, given, "--out", f"out.{ending}", "--workers", "1", "--part-rows", "2").returncode == 0
    path = tmp_path / f"out.{ending}"
    if ending == "parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        with pa.input_stream(str(path), compression="detect") as stream:
            content = stream.read().decode().splitlines()
        rows = [json.loads(line) for line in content] if "jsonl" in ending else list(csv.DictReader(content))
    plain = lines(tmp_path / "plain.jsonl")
    assert list(rows[0]) == list(plain[0])
    assert [(row["text"], row["category"] or None) for row in rows] == [(row["text"], row["category"]) for row in plain]


def test_rows_that_cannot_be_marked_are_told_with_their_reason(tmp_path: Path) -> None:
    rows = [records()[0], "{broken", "[1]", {"id": "x"}, {"id": "y", "text": 7}, '{"text": "\\ud800"}', {"text": " "}]
    write_lines(tmp_path / "in.jsonl", rows)
    content = (tmp_path / "in.jsonl").read_bytes()
    (tmp_path / "in.jsonl").write_bytes(content + b'{"text": "\xff"}\n')
    done = batch(tmp_path, "in.jsonl", "--out", "out.jsonl", "--workers", "1")
    assert done.returncode == 1
    bad = lines(tmp_path / "out.jsonl.errors.jsonl")
    assert [row["row"] for row in bad] == [2, 3, 4, 5, 6, 8]
    assert all(
        word in row["error"]
        for word, row in zip(["JSON", "object", "missing", "not text", "half", "UTF-8"], bad, strict=True)
    )
    assert [(row["row"], row["reason"]) for row in lines(tmp_path / "out.jsonl")][-1] == (7, "empty")


@pytest.mark.parametrize(("name", "kind"), [("in.jsonl", "jsonl"), ("in.jsonl", "csv"), ("in.csv", "parquet")])
def test_an_archive_without_one_readable_row_is_told_row_by_row(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(b"text\n\xff\n\xfe\n" if name == "in.csv" else b"{broken\n[1]\n")
    done = batch(tmp_path, name, "--out", f"out.{kind}", "--workers", "1")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert [row["row"] for row in lines(tmp_path / f"out.{kind}.errors.jsonl")] == [1, 2]
    assert (tmp_path / f"out.{kind}").exists()


def test_an_engine_that_is_not_installed_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "ray.py").write_text("raise ModuleNotFoundError(name='ray')\n", "utf-8")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "none")}
    command = ["pressmark", "batch", _jsonl(tmp_path), "--out", "out.jsonl", "--engine", "ray"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "pip install" in done.stderr) == (2, True)
    assert not list(tmp_path.glob("out*"))


def test_a_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    content = (tmp_path / _gzip(tmp_path)).read_bytes()
    (tmp_path / "in.jsonl.gz").write_bytes(content[:-20])
    assert batch(tmp_path, "in.jsonl.gz", "--out", "out.csv", "--workers", "1").returncode == 1
    assert "cut off" in lines(tmp_path / "out.csv.errors.jsonl")[-1]["error"]


def test_archive_rows_of_the_agency(tmp_path: Path) -> None:
    rows = [{"headline": "H", "date": 1731283200000, "story_text": ARTICLES[0]}, {"date": "soon", "story_text": "x"}]
    write_lines(tmp_path / "in.jsonl", rows)
    assert batch(tmp_path, "in.jsonl", "--out", "out.jsonl", "--preset", "kcna", "--workers", "1").returncode == 1
    first, second = lines(tmp_path / "out.jsonl")
    assert (first["headline"], first["date"], second["paragraph"]) == ("H", "2024-11-11T00:00:00Z", 1)
    assert "date" in lines(tmp_path / "out.jsonl.errors.jsonl")[0]["error"]


DAYS = {
    "milliseconds": [1731283200000, None],
    "ISO": ["2024-11-11", None],
    "instants": [datetime(2024, 11, 11, tzinfo=UTC), None],
}


@pytest.mark.parametrize("kind", DAYS)
def test_dates_of_the_agency_are_read_in_parquet_too(kind: str, tmp_path: Path) -> None:
    table = pa.table({"date": DAYS[kind], "story_text": [ARTICLES[1], ARTICLES[1]]})
    pq.write_table(table, tmp_path / "a.parquet")
    write_lines(tmp_path / "b.jsonl", [{"date": 1731283200000, "story_text": ARTICLES[1]}])
    flags = ("--preset", "kcna", "--workers", "1")
    assert batch(tmp_path, "a.parquet", "b.jsonl", "--out", "out.jsonl", *flags).returncode == 0
    day = "2024-11-11T00:00:00Z"
    assert [row["date"] for row in lines(tmp_path / "out.jsonl")] == [day, None, day]


def test_bad_rows_of_parquet_are_told_with_their_reason(tmp_path: Path) -> None:
    spoilt = pa.array([ARTICLES[1].encode(), b"\xff", ARTICLES[1].encode(), None]).buffers()
    texts = pa.Array.from_buffers(pa.string(), 4, spoilt)
    pq.write_table(
        pa.table({"date": ["2024-11-11", "2024-11-11", "soon", None], "story_text": texts}), tmp_path / "in.parquet"
    )
    flags = ("--preset", "kcna", "--workers", "1")
    assert batch(tmp_path, "in.parquet", "--out", "out.jsonl", *flags).returncode == 1
    bad = {row["row"]: row["error"] for row in lines(tmp_path / "out.jsonl.errors.jsonl")}
    assert sorted(bad) == [2, 3, 4]
    assert all(word in bad[row] for row, word in ((2, "UTF-8"), (3, "date"), (4, "null")))


def test_a_parquet_file_that_is_damaged_is_told_and_what_stands_before_is_marked(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [ARTICLES[1]] * 3}), tmp_path / "in.parquet", row_group_size=1, compression="none")
    content = bytearray((tmp_path / "in.parquet").read_bytes())
    # The last row group's page headers become nonsense; the footer stays.
    start = pq.ParquetFile(tmp_path / "in.parquet").metadata.row_group(2).column(0).dictionary_page_offset
    content[start : start + 40] = b"\xff" * 40
    (tmp_path / "in.parquet").write_bytes(content)
    done = batch(tmp_path, "in.parquet", "--out", "out.jsonl", "--part-rows", "1", "--workers", "1")
    assert done.returncode == 1
    assert [row["row"] for row in lines(tmp_path / "out.jsonl")] == [1, 2]
    (bad,) = lines(tmp_path / "out.jsonl.errors.jsonl")
    assert (bad["row"], "damaged" in bad["error"]) == (3, True)


def test_trafilatura_documents(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for at, text in enumerate(ARTICLES):
        page = {"title": "T", "author": None, "date": "2024-11-11", "text": text, "raw_text": "r"}
        (folder / f"{at}.json").write_text(json.dumps(page), "utf-8")
    assert batch(tmp_path, "pages", "--out", "out.jsonl", "--preset", "trafilatura", "--workers", "1").returncode == 0
    marked = lines(tmp_path / "out.jsonl")
    assert [(row["title"], row["raw_text"], row["source"]) for row in marked[:3]] == [
        ("T", "r", f"pages/{at}.json") for at in (0, 0, 1)
    ]


def test_duplicates_fold_across_parts(tmp_path: Path) -> None:
    rows = [
        {"topic": "a", "text": ARTICLES[0]},
        {"topic": "b", "text": ARTICLES[1]},
        {"topic": "c", "text": "  " + ARTICLES[0].upper()},
    ]
    write_lines(tmp_path / "in.jsonl", rows)
    flags = ("--fold-duplicates", "--rows", "article", "--part-rows", "1", "--workers", "2")
    assert batch(tmp_path, "in.jsonl", "--out", "out.jsonl", *flags).returncode == 0
    assert [(row["topic"], row["copies"]) for row in lines(tmp_path / "out.jsonl")] == [("a", 2), ("b", 1)]
    (folded,) = lines(tmp_path / "out.jsonl.duplicates.jsonl")
    assert (folded["topic"], folded["duplicate_of"]) == ("c", "in.jsonl:1")


def test_a_column_of_the_input_is_never_overwritten(tmp_path: Path) -> None:
    write_lines(tmp_path / "in.jsonl", [{"text": ARTICLES[0], "category": "mine"}])
    done = batch(tmp_path, "in.jsonl", "--out", "out.jsonl", "--workers", "1")
    assert (done.returncode, len(done.stderr.splitlines()), [one.name for one in tmp_path.iterdir()]) == (
        2,
        1,
        ["in.jsonl"],
    )
    assert batch(tmp_path, "in.jsonl", "--out", "out.jsonl", "--prefix", "pm_", "--workers", "1").returncode == 0
    first = lines(tmp_path / "out.jsonl")[0]
    assert (first["category"], first["pm_text"]) == ("mine", ARTICLES[0].split("\n", maxsplit=1)[0])


@pytest.mark.parametrize(
    "flags", [("none.jsonl",), ("in.jsonl", "--text-field", "body"), ("in.pdf",), ("in.jsonl", "--address", "auto")]
)
def test_what_cannot_be_done_is_told_in_one_line(flags: tuple[str, ...], tmp_path: Path) -> None:
    _jsonl(tmp_path)
    (tmp_path / "in.pdf").write_bytes(b"%PDF")
    done = batch(tmp_path, *flags, "--out", "out.jsonl")
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if " rows" not in line] == done.stderr.splitlines()[-1:]


def test_progress_tells_rate_and_time_left(tmp_path: Path) -> None:
    done = batch(tmp_path, _jsonl(tmp_path), "--out", "out.jsonl", "--workers", "1")
    assert "3 of 3 rows" in done.stderr
    assert "rows/s, 0:00:00 left" in done.stderr


def _started(folder: Path, out: str) -> subprocess.Popen[bytes]:
    """A run that has finished some parts and not all."""
    run = subprocess.Popen(
        ["pressmark", "batch", "in.jsonl", "--out", out, "--part-rows", "20", "--workers", "2"],
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )
    while len(list((folder / f"{out}.partial").glob("[0-9]*.json"))) < 3:
        assert run.poll() is None
        time.sleep(0.01)
    return run


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_a_killed_run_goes_on_and_gives_every_row_once(ending: str, tmp_path: Path) -> None:
    write_lines(tmp_path / "in.jsonl", [{"id": at, "text": ARTICLES[at % 3] * 20} for at in range(2000)])
    out = tmp_path / f"out.{ending}"
    for _ in range(2):
        run = _started(tmp_path, out.name)
        workers = children(run.pid)
        run.kill()
        run.wait(20)
        while any(
            Path(f"/proc/{one}/cmdline").exists() and Path(f"/proc/{one}/cmdline").read_bytes() for one in workers
        ):
            time.sleep(0.01)
        assert not out.exists()
        kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / f"{out.name}.partial").glob("*.marks")}
    assert len(kept) >= 3
    flags = ("--part-rows", "20", "--workers", "1")
    assert batch(tmp_path, "in.jsonl", "--out", out.name, *flags).returncode == 0
    assert batch(tmp_path, "in.jsonl", "--out", f"once.{ending}", *flags).returncode == 0
    assert out.read_bytes() == (tmp_path / f"once.{ending}").read_bytes()
    assert not (tmp_path / f"{out.name}.partial").exists()


def test_a_changed_archive_is_not_gone_on_with(tmp_path: Path) -> None:
    write_lines(tmp_path / "in.jsonl", [{"text": ARTICLES[0] * 20} for _ in range(2000)])
    run = _started(tmp_path, "out.jsonl")
    run.kill()
    run.wait(20)
    write_lines(tmp_path / "in.jsonl", [{"text": ARTICLES[1]}])
    flags = ("in.jsonl", "--out", "out.jsonl", "--part-rows", "20", "--workers", "1")
    assert "--restart" in batch(tmp_path, *flags).stderr
    assert batch(tmp_path, *flags, "--restart").returncode == 0
    assert len(lines(tmp_path / "out.jsonl")) == 1


def _peak(folder: Path, name: str) -> int:
    """The most memory that marking took, in KiB."""
    program = (
        "import resource, sys; from pressmark.cli import main; main(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    flags = ("batch", name, "--out", f"{name}.out.jsonl", "--workers", "1", "--part-rows", "200")
    done = subprocess.run(["python", "-c", program, *flags], cwd=folder, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    for name, rows in (("small.jsonl", 400), ("large.jsonl", 8000)):
        write_lines(tmp_path / name, [{"text": ARTICLES[at % 3] * 40} for at in range(rows)])
    assert _peak(tmp_path, "large.jsonl") < _peak(tmp_path, "small.jsonl") + 16 * 1024
