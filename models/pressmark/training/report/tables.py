"""Figures -> HTML tables; whatever comes from a file or a model is escaped here."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from pressmark.training.report.names import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pressmark.training.measure import Measured
    from pressmark.training.perturb import Flips
    from pressmark.training.report.errors import Kind

_SUMMARY = (
    ("paragraphs", "paragraphs", "d"),
    ("macro-F1, all classes", "macro_f1", ".3f"),
    ("macro-F1, categories", "macro_f1_categories", ".3f"),
    ("calibration error", "calibration_error", ".3f"),
    ("sets hold the truth", "candidates_coverage", ".1%"),
    ("classes in a set", "candidates_size", ".2f"),
    ("answered", "answered", ".1%"),
    ("answers right", "answers_right", ".1%"),
    ("AUROC, none of these", "auroc_rejected", ".3f"),
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """Return a table whose first column names the row; cells that are figures stand right."""
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    body = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    return f'<div class="wide"><table>{told}<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(cells: Sequence[str]) -> str:
    first, *rest = cells
    return f'<th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in rest)


def summary(measured: Mapping[str, Measured]) -> str:
    """Return the figures at large, one row for each language and way of reading."""
    rows = []
    for name, one in measured.items():
        figures = one.figures()
        rows.append([name, *(_cell(figures[key], form) for _, key, form in _SUMMARY)])
    return table(["", *(title for title, _, _ in _SUMMARY)], rows)


def by_class(name: str, one: Measured) -> str:
    """Return precision, recall and F1 of each class."""
    rows = [
        [label, *(f"{of[key]:.3f}" for key in ("precision", "recall", "f1")), str(of["paragraphs"])]
        for label, of in one.figures()["classes"].items()
    ]
    return table(["", "precision", "recall", "F1", "paragraphs"], rows, caption=name)


def errors(kinds: Mapping[str, Sequence[Kind]]) -> str:
    """Return each kind of error with its count in every way of reading, the most frequent first."""
    pairs = {(kind.true, kind.taken_for) for of in kinds.values() for kind in of}
    found = {(name, kind.true, kind.taken_for): kind for name, of in kinds.items() for kind in of}
    rows = []
    for true, taken_for in pairs:
        of_pair = [found[name, true, taken_for] for name in kinds if (name, true, taken_for) in found]
        counts = [found[name, true, taken_for].count if (name, true, taken_for) in found else 0 for name in kinds]
        rows.append(
            (
                sum(counts),
                true,
                taken_for,
                counts,
                sum(kind.defended for kind in of_pair),
                sum(kind.sure for kind in of_pair),
            )
        )
    rows.sort(key=lambda row: (-row[0], row[1], row[2]))
    cells = [
        [
            f"{true} taken for {taken_for}",
            *(str(count or "·") for count in counts),
            str(defended or "·"),
            str(sure or "·"),
        ]
        for _, true, taken_for, counts, defended, sure in rows
    ]
    return table(["", *kinds, "a second label allows it", "at 90 % and more"], cells)


def lengths(by_reading: Mapping[str, Sequence[tuple[str, int, int]]]) -> str:
    """Return how many paragraphs of each length are wrong."""
    bands = [band for band, _, _ in next(iter(by_reading.values()))]
    rows = [[band, *(_share(*rows[at][1:]) for rows in by_reading.values())] for at, band in enumerate(bands)]
    return table(["characters", *by_reading], rows)


def _share(count: int, wrong: int) -> str:
    return f"{wrong} of {count}" if count else "·"


def flips(found: Sequence[Flips]) -> str:
    """Return which share of labels flips under each perturbation."""
    rows = [
        [
            f"{spoken(one.language)}: {one.name}",
            str(one.touched),
            *(f"{share:.1%}" for share in (one.alone, one.in_article, one.limit, one.right_before, one.right_after)),
        ]
        for one in found
    ]
    return table(
        ["", "paragraphs changed", "flip alone", "flip in article", "stated limit", "right before", "right after"], rows
    )


def _cell(value: Any, form: str) -> str:  # noqa: ANN401  a figure or nothing
    return "·" if value is None else format(value, form)
