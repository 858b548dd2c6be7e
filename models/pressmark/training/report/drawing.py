"""How the pictures of a report look, and how they are kept: SVG in the colours of its page, and PNG."""

from __future__ import annotations

import io
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

# Each colour stands for a variable of the page's style sheet, which has another set of them for the dark.
# Blue and orange are told apart by colour-blind readers too (after Okabe and Ito 2008).
INK, QUIET, RULE, PAPER = "#1c2126", "#5b6670", "#d5dadf", "#fdfdfc"
BLUE, ORANGE = "#0a5f9e", "#b8510d"
_VARIABLES = {INK: "--ink", QUIET: "--quiet", RULE: "--rule", PAPER: "--paper", BLUE: "--blue", ORANGE: "--orange"}
_COLOUR = re.compile("|".join(_VARIABLES), re.IGNORECASE)
_PNG_DOTS = 200

STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10.5,
    "grid.color": RULE,
    "legend.frameon": False,
    "patch.linewidth": 0,
    "svg.fonttype": "none",
    "text.color": INK,
    # Names of labels are the user's own: a dollar sign in one is no formula.
    "text.parse_math": False,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
}


def svg(figure: Figure, name: str) -> str:
    """Return a figure as an SVG element whose colours are variables of the page; the same bytes every time."""
    written = io.StringIO()
    with _styled(), mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    element = text[text.index("<svg") :]
    return _COLOUR.sub(lambda found: f"var({_VARIABLES[found.group().lower()]})", element)


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG picture on white, for slides and pages that take no SVG."""
    written = io.BytesIO()
    with _styled():
        figure.savefig(written, format="png", dpi=_PNG_DOTS, facecolor="white", metadata={"Software": None})
    return written.getvalue()


@contextmanager
def _styled() -> Iterator[None]:
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # A label in a script that the PNG's font lacks is a box there; the SVG and the tables have it right.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
