"""The pictures of a report, one function each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter, ScalarFormatter

from pressmark.training.curve import ALONE, IN_ARTICLE
from pressmark.training.measure import BINS
from pressmark.training.report.drawing import BLUE, INK, ORANGE, PAPER, QUIET, STYLE
from pressmark.training.report.names import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from pressmark.training.curve import Curve
    from pressmark.training.measure import Measured

    Floats = NDArray[np.float64]

_DASHED = (0, (4, 3))
_MOST_OF_A_CELL = 0.6
_THRESHOLDS = np.linspace(0.2, 0.95, 76)


def confusion(measured: Measured) -> Figure:
    """Draw who is taken for whom: counts, shaded by the share of each true class."""
    counts = measured.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = len(measured.classes)
    with _axes(width=4.6, height=1.2 + 0.62 * size) as (axes,):
        axes.grid(visible=False)
        for row in range(size):
            for column in range(size):
                colour = BLUE if row == column else ORANGE
                shade = _MOST_OF_A_CELL * float(shares[row, column])
                axes.add_patch(Rectangle((column - 0.48, row - 0.47), 0.96, 0.94, facecolor=colour, alpha=shade))
                axes.text(column, row, str(counts[row, column] or "·"), ha="center", va="center", color=INK)
        axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), xlabel="likeliest class", ylabel="true class")
        axes.set_xticks(range(size), measured.classes, rotation=30, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(size), measured.classes)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    return _figure(axes)


def reliability(measured: Measured) -> Figure:
    """Draw how often the likeliest class is right, by its probability, above the number of paragraphs in each bin."""
    confidence = measured.probabilities.max(axis=1)
    right = measured.probabilities.argmax(axis=1) == measured.labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = sorted(set(bins.tolist()))
    counts = np.array([int((bins == at).sum()) for at in filled])
    means = np.array([float(confidence[bins == at].mean()) for at in filled])
    shares = np.array([float(right[bins == at].mean()) for at in filled])
    with _axes(width=4.6, height=4.8, strip=1 / 4) as (axes, strip):
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=_DASHED, label="as it should be")
        axes.vlines(means, *_wilson(shares, counts), color=BLUE, linewidth=2, alpha=0.6, label="95 % interval")
        axes.plot(means, shares, "o", color=BLUE, markersize=6, label="as it is")
        axes.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share that is right")
        axes.legend(loc="lower right", fontsize=9)
        _percent(axes)
        _percent(strip)
        _count_strip(strip, filled, counts.tolist())
    return _figure(axes)


def _wilson(shares: Floats, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the 95 % interval of each share (Wilson 1927), which holds for small counts too."""
    z = 1.96
    middle = (shares + z**2 / (2 * counts)) / (1 + z**2 / counts)
    reach = z / (1 + z**2 / counts) * np.sqrt(shares * (1 - shares) / counts + z**2 / (4 * counts**2))
    return middle - reach, middle + reach


def _count_strip(axes: Axes, bins: Sequence[int], counts: Sequence[int]) -> None:
    places = [(at + 0.5) / BINS for at in bins]
    axes.bar(places, counts, width=0.9 / BINS, color=BLUE, alpha=0.55)
    for place, count in zip(places, counts, strict=True):
        axes.text(place, count, str(count), ha="center", va="bottom", fontsize=9)
    axes.set(xlim=(0, 1), xlabel="probability of the likeliest class", ylabel="paragraphs")
    axes.margins(y=0.35)
    axes.grid(visible=False)
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axes.yaxis.set_major_formatter(ScalarFormatter())


def candidate_sets(measured: Measured) -> Figure:
    """Draw how large the candidate sets are, and how many of each size hold the true class."""
    sets = [
        (len(answer.candidates), measured.classes[int(label)] in answer.candidates)
        for answer, label in zip(measured.answers, measured.labels, strict=True)
        if answer.candidates is not None
    ]
    sizes = range(1, len(measured.classes) + 1)
    inside = np.array([sum(held for size, held in sets if size == wanted) for wanted in sizes])
    outside = np.array([sum(not held for size, held in sets if size == wanted) for wanted in sizes])
    with _axes(width=4.6, height=3.4) as (axes,):
        axes.bar(sizes, inside, width=0.7, color=BLUE, alpha=0.6, label="hold the true class")
        axes.bar(sizes, outside, bottom=inside, width=0.7, color=ORANGE, alpha=0.8, label="miss it")
        for size, (held, missed) in enumerate(zip(inside.tolist(), outside.tolist(), strict=True), 1):
            told = f"{held} + {missed}" if held + missed else "none"
            axes.text(size, held + missed, told, ha="center", va="bottom", fontsize=9)
        axes.set_xticks(sizes)
        axes.set(xlabel="classes in the set", ylabel="paragraphs")
        axes.margins(y=0.12)
        axes.grid(visible=False, axis="x")
        axes.legend(loc="upper right", fontsize=9)
    return _figure(axes)


def answers(measured: Measured) -> Figure:
    """Draw how many paragraphs get a category, and how many of those are right, by the least confidence asked for."""
    inside = measured.labels < measured.categories
    right = measured.probabilities[:, : measured.categories].argmax(axis=1) == measured.labels
    confidence = np.array([answer.confidence for answer in measured.answers])
    open_to = np.array([answer.reason in {None, "low_confidence"} for answer in measured.answers])
    given = [open_to & (confidence >= threshold) for threshold in _THRESHOLDS]
    coverage = [float(one[inside].mean()) if inside.any() else 0.0 for one in given]
    precision = [float(right[one].mean()) if one.any() else np.nan for one in given]
    released = min((answer.confidence for answer in measured.answers if answer.category), default=None)
    with _axes(width=4.6, height=3.7) as (axes,):
        axes.plot(_THRESHOLDS, precision, color=BLUE, linewidth=2, label="answers that are right")
        axes.plot(_THRESHOLDS, coverage, color=ORANGE, linewidth=2, label="paragraphs of a category answered")
        if released is not None:
            axes.axvline(released, color=QUIET, linewidth=1, linestyle=_DASHED, label="as released")
        axes.set(xlim=(0.2, 0.95), ylim=(0, 1.02), xlabel="least confidence to answer")
        _percent(axes)
        axes.legend(loc="lower left", fontsize=9)
    return _figure(axes)


def learning(curve: Curve, languages: Sequence[str]) -> Figure:
    """Draw macro-F1 against the number of training paragraphs, in their article and alone, with the spread of draws."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * len(languages), 3.9), layout="constrained")
        for at, language in enumerate(languages, 1):
            axes = figure.add_subplot(1, len(languages), at)
            _learning_lines(axes, curve, language)
            if len(languages) > 1:
                axes.set_title(spoken(language), loc="left")
    return figure


def _learning_lines(axes: Axes, curve: Curve, language: str) -> None:
    counts: list[float] = []
    for reading, line, fill in ((IN_ARTICLE, "-", None), (ALONE, _DASHED, PAPER)):
        spread = curve.spread(language, reading)
        counts = [count for _, count, _ in spread]
        for number, (what, colour) in enumerate((("all classes", ORANGE), ("categories", BLUE))):
            means = np.array([scores[:, number].mean() for _, _, scores in spread])
            apart = np.array([scores[:, number].std() for _, _, scores in spread])
            axes.plot(counts, means, color=colour, linestyle=line, linewidth=2, label=f"{what}, {reading}")
            axes.plot(counts, means, "o", color=colour, markerfacecolor=fill or colour, markersize=5)
            drawn = np.array([len(scores) > 1 for _, _, scores in spread])
            if reading == IN_ARTICLE:
                axes.fill_between(counts, means - apart, means + apart, where=drawn, color=colour, alpha=0.15)
    axes.set_xscale("log")
    axes.set_xticks(counts, [f"{count:,.0f}" for count in counts], rotation=35, ha="right", rotation_mode="anchor")
    axes.minorticks_off()
    axes.set(xlabel="paragraphs learned from", ylabel="macro-F1", ylim=_limits(curve))
    axes.legend(loc="lower right", fontsize=9)


def _limits(curve: Curve) -> tuple[float, float]:
    """Return one scale for all languages, so that their pictures can be laid side by side."""
    scores = [score for point in curve.points for of in point.scores.values() for both in of.values() for score in both]
    return float(np.floor(20 * min(scores)) / 20), float(min(1.0, np.ceil(20 * max(scores)) / 20))


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise LookupError("axes without a figure")
    return figure


def _percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


@contextmanager
def _axes(*, width: float, height: float, strip: float | None = None) -> Iterator[Sequence[Axes]]:
    """Yield the axes of a new figure, and those of a strip below, given as a part of their height, if any."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        if strip is None:
            yield [figure.add_subplot()]
        else:
            grid = figure.add_gridspec(2, 1, height_ratios=[1, strip])
            yield [figure.add_subplot(grid[0]), figure.add_subplot(grid[1])]
