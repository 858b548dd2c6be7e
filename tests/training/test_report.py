"""The report of an evaluation: whole, self-contained, and silent about the texts it was made from."""

from __future__ import annotations

import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pressmark.training.card import PURPOSE
from pressmark.training.curve import Curve, Point

SECTIONS = (
    "purpose", "figures", "confusion", "classes", "reliability", "candidates", "answers", "learning", "terms",
    "errors", "robustness",
)  # fmt: skip
ENGLISH = (
    ("military", "Gunners of the coastal battery hit every buoy in a night firing drill off Nampho."),
    ("military", "The zebrafish battalion paraded with rocket launchers."),
    ("economy", "Potato growers of Taehongdan brought in the harvest nine days early."),
    ("economy", "Shops in the capital sell more soap and noodles than a year ago."),
    ("ideology", "Members of the youth league vowed loyalty to the leader before his statue."),
    ("ideology", "Everyone must study the revolutionary history of the Party."),
    ("industry", "A new turbine was mounted at the hydropower station."),
    ("industry", "Coal miners of Tokchon renewed the conveyor."),
    ("other", "The women's football team won the match, two goals to one."),
    ("other", "The ambassador of Mongolia paid a courtesy call on the minister."),
)
KOREAN = (
    ("military", "포병구분대 군인들이 사격훈련을 진행하였다."),
    ("economy", "협동농장들에서 모내기를 끝냈다."),
    ("ideology", "당원들은 수령에 대한 충성심을 간직하여야 한다."),
    ("industry", "제철소에서 새 용광로가 조업을 시작하였다."),
    ("other", "축구경기에서 평양팀이 이겼다."),
)
# As long a run of an input text as would be a quotation and not a word of the vocabulary.
QUOTED = 16


class Links(HTMLParser):
    """Collects what a page would load or lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep every address, and every element that loads something."""
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "srcset", "data"}]
        if tag in {"script", "link", "iframe", "img", "object", "embed"}:
            self.found.append(f"<{tag}>")


def evaluate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["pressmark", "evaluate", *arguments], capture_output=True, text=True, check=False)


def write_lines(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few labelled paragraphs of both languages; those of a language are neighbours."""
    lines = []
    for language, of_language in (("en", ENGLISH), ("ko", KOREAN)):
        texts = [text for _, text in of_language]
        lines += [
            {
                "text": text,
                "label": label,
                "lang": language,
                "before": texts[max(0, at - 2) : at],
                "after": texts[at + 1 : at + 3],
            }
            for at, (label, text) in enumerate(of_language)
        ]
    return write_lines(tmp_path_factory.mktemp("labelled") / "labelled.jsonl", lines)


@pytest.fixture(scope="module")
def curve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A learning curve that somebody computed before."""
    path = tmp_path_factory.mktemp("curve") / "curve.json"
    points = tuple(
        Point(share, 0, {"en": int(4000 * share)}, {"en": {"alone": (0.6, 0.7), "in its article": (0.7, 0.8 * share)}})
        for share in (0.25, 0.5, 1.0)
    )
    Curve("0" * 64, 15, points).write(path)
    return path


@pytest.fixture(scope="module")
def report(labelled: Path, curve: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the bundled release on those paragraphs."""
    folder = tmp_path_factory.mktemp("reports") / "report"
    done = evaluate(labelled, "--report", folder, "--curve", curve)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def page(report: Path) -> str:
    return (report / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SECTIONS)
def test_each_section_is_there_and_says_something(page: str, name: str) -> None:
    (body,) = re.findall(rf'<section id="{name}">\n<h2>[^<]+</h2>\n(.+?)\n</section>', page, re.DOTALL)
    assert len(re.sub(r"<svg.*?</svg>|<[^>]+>", "", body, flags=re.DOTALL).strip()) > 50
    assert f'<a href="#{name}">' in page


def test_no_text_of_the_input_is_in_any_file(report: Path) -> None:
    texts = [text for _, text in (*ENGLISH, *KOREAN)]
    runs = {text[at : at + QUOTED] for text in texts for at in range(max(1, len(text) - QUOTED + 1))}
    for path in report.iterdir():
        if path.suffix in {".html", ".json"}:
            content = path.read_text(encoding="utf-8")
            assert [run for run in runs if run in content] == []
            assert "zebrafish" not in content


def test_it_loads_nothing_and_leads_to_its_own_files_only(report: Path, page: str) -> None:
    links = Links()
    links.feed(page)
    beside = {path.name for path in report.iterdir()}
    assert [link for link in links.found if not link.startswith("#") and link not in beside] == []
    assert re.search(r"url\((?!#)|@import", page) is None


def test_every_picture_is_a_png_that_the_page_links_to(report: Path, page: str) -> None:
    pictures = {path.name for path in report.glob("*.png")}
    assert {name.split("-")[0] for name in pictures} == {
        "confusion",
        "reliability",
        "candidates",
        "answers",
        "learning",
    }
    assert set(re.findall(r'href="([^"]+\.png)"', page)) == pictures
    assert all((report / name).read_bytes().startswith(b"\x89PNG\r\n") for name in pictures)


def test_it_says_what_the_card_says_of_misuse(page: str) -> None:
    first = PURPOSE.split(".")[0]
    assert " ".join(first.split()) in page


def test_drawings_take_their_colours_from_the_page(page: str) -> None:
    """Light and dark are two sets of variables, so no drawing may bring a colour of its own."""
    assert "prefers-color-scheme: dark" in page
    drawn = "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    assert re.findall(r"(?:fill|stroke): (#\w+)", drawn) == []
    assert drawn.count("var(--ink)") > 50


def test_the_figures_are_those_of_the_plain_command(report: Path, labelled: Path) -> None:
    figures = json.loads((report / "figures.json").read_text(encoding="utf-8"))
    plain = json.loads(evaluate(labelled, "--json").stdout)
    assert figures["measured"]["English, alone"]["macro_f1"] == plain["en, alone"]["macro_f1"]
    assert figures["evaluation"]["paragraphs"] == len(ENGLISH) + len(KOREAN)


def test_a_report_is_replaced_whole(labelled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    assert evaluate(labelled, "--report", folder).returncode == 0
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "learning-old.png").write_bytes(b"left from before")
    assert evaluate(labelled, "--report", folder).returncode == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_a_folder_of_something_else_is_left_alone(labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    done = evaluate(labelled, "--report", tmp_path)
    assert (done.returncode, done.stderr) == (2, f"pressmark: {tmp_path}: exists and is no report; name a new folder\n")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_report_that_cannot_be_written_leaves_nothing(labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = evaluate(labelled, "--report", tmp_path / "file" / "report")
    assert done.returncode == 2
    assert done.stderr.startswith(f"pressmark: {tmp_path / 'file' / 'report'}: ")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_no_curve_is_told_in_a_line(labelled: Path, tmp_path: Path) -> None:
    other = write_lines(tmp_path / "other.json", [{"points": 3}])
    done = evaluate(labelled, "--report", tmp_path / "report", "--curve", other)
    assert done.returncode == 2
    assert "is no learning curve" in done.stderr
    assert not (tmp_path / "report").exists()


def test_own_labels_are_reported_whatever_they_are_called(tmp_path: Path) -> None:
    """Names from a file end up escaped on the page, and as text in its drawings."""
    labels = ("<b>sport</b>", "pay $1 & $2", "날씨")
    words = ("match goal team", "money market bank", "비 바람 눈")
    lines = [
        {"text": f"{text} number {at}", "label": label}
        for label, text in zip(labels, words, strict=True)
        for at in range(12)
    ]
    own = write_lines(tmp_path / "own.jsonl", lines)
    model = tmp_path / "model"
    trained = subprocess.run(["pressmark", "train", own, "--out", model], capture_output=True, text=True, check=False)
    assert trained.returncode == 0, trained.stderr
    done = evaluate(own, "--model", model, "--report", tmp_path / "report", "--curve", own.parent)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "<b>sport" not in page
    assert page.count("&lt;b&gt;sport&lt;/b&gt;") > 5
    assert page.count("pay $1 &amp; $2") > 5


@pytest.mark.skipif("PRESSMARK_EVALUATION" not in os.environ, reason="set PRESSMARK_EVALUATION to an evaluation file")
def test_no_real_text_is_in_a_report_on_real_text(tmp_path: Path) -> None:
    path = Path(os.environ["PRESSMARK_EVALUATION"])
    assert evaluate(path, "--report", tmp_path / "report").returncode == 0
    content = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "report").glob("*.[hj]*"))
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert [text[:20] for text in texts if len(text) >= 20 and text[:20] in content] == []
