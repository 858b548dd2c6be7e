"""How the charts of this benchmark look."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt  # the backend must be chosen first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

OURS, THEIRS, CEILING, FAINT = "#c8102e", "#44546a", "#9aa7b5", "#b8c1cc"
_TEXT = "#222b36"
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": _TEXT,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": _TEXT,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "ytick.major.size": 0,
}


@contextmanager
def styled() -> Iterator[Any]:
    """Give pyplot in this benchmark's style."""
    with plt.rc_context(_STYLE):
        yield plt


def save(figure: Figure, path: str, title: str) -> None:
    """Finish a figure and write it, the same bytes for the same figures."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    figure.tight_layout(rect=(0, 0, 1, 0.99))
    figure.savefig(path, dpi=150, facecolor="white", metadata={"Software": None})
