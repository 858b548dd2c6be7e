"""The outcome as a picture. Called as ``python -m accuracy.chart PNG`` with its rows as JSON on standard input."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.lines import Line2D

mpl.use("Agg")

from matplotlib import pyplot as plt  # the backend must be chosen first

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TITLES = {"en": "English", "ko": "Korean"}
_OURS, _THEIRS, _FAINT, _TEXT = "#c8102e", "#44546a", "#b8c1cc", "#222b36"
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": _TEXT,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
}


def main(arguments: list[str]) -> None:
    """Draw the rows that come on standard input."""
    rows: list[dict[str, Any]] = json.load(sys.stdin)
    languages = list(dict.fromkeys(row["language"] for row in rows))
    most = max(sum(row["language"] == name and row["all_classes"] for row in rows) for name in languages)
    with plt.rc_context(_STYLE):
        height = 2.0 + 2 * (0.42 * most + 0.75)
        figure, grid = plt.subplots(
            2, len(languages), figsize=(6.2 * len(languages), height), squeeze=False, sharex=True
        )
        for column, language in enumerate(languages):
            for line, all_classes in enumerate((True, False)):
                shown = [row for row in rows if row["language"] == language and row["all_classes"] == all_classes]
                over = "five classes" if all_classes else "four categories"
                _draw(grid[line][column], shown, f"{_TITLES.get(language, language)}, {over}")
        for axes in grid[-1]:
            axes.set_xlabel("macro-F1")
        _finish(figure)
        figure.savefig(arguments[0], dpi=160, facecolor="white", metadata={"Software": None})


def _draw(axes: Axes, rows: list[dict[str, Any]], title: str) -> None:
    for at, row in enumerate(reversed(rows)):
        colour = _OURS if row is rows[0] else _THEIRS
        axes.plot([row["low"], row["high"]], [at, at], color=_FAINT, linewidth=7, solid_capstyle="butt", zorder=1)
        axes.plot(row["alone"], at, "o", markersize=7, markerfacecolor="white", markeredgecolor=colour, zorder=3)
        axes.plot(row["value"], at, "o", markersize=8, color=colour, zorder=4)
        label = f"{row['value']:.3f}".removeprefix("0")
        weight = "bold" if row is rows[0] else "normal"
        axes.annotate(label, (row["value"], at), (0, 7), textcoords="offset points", ha="center", color=colour,
                      fontsize=9, fontweight=weight)  # fmt: skip
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.set_yticks(range(len(rows)), [row["title"] for row in reversed(rows)])
    axes.get_yticklabels()[-1].set_fontweight("bold")
    axes.set_ylim(-0.6, len(rows) - 0.3)
    axes.grid(axis="x", color="#e6e9ee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _finish(figure: Figure) -> None:
    marks = [
        Line2D([], [], marker="o", linestyle="", markersize=8, color=_THEIRS, label="between its neighbours"),
        Line2D([], [], marker="o", linestyle="", markersize=7, markerfacecolor="white", markeredgecolor=_THEIRS,
               label="alone"),
        Line2D([], [], color=_FAINT, linewidth=7, label="95 % bootstrap interval, between its neighbours"),
    ]  # fmt: skip
    figure.suptitle("Marking real paragraphs: all trained on the same corpus, calibration cross-fitted", x=0.01,
                    y=0.985, ha="left", fontsize=13, fontweight="bold")  # fmt: skip
    figure.tight_layout(rect=(0, 0.055, 1, 0.96), h_pad=1.8, w_pad=2.0)
    figure.legend(handles=marks, loc="lower left", ncols=3, frameon=False, bbox_to_anchor=(0.0, 0.0))


if __name__ == "__main__":
    main(sys.argv[1:])
