"""The scoring contest as a page: ratios first, then times, then growth, then what it was measured on."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from speed import machine
from speed.contest import SIZES
from speed.corpus import LANGUAGES
from speed.entrants import OURS
from speed.figures import duration, ratio, short, table
from speed.growth_shapes import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from speed.contest import Outcome

Growth = dict[str, dict[str, float]]
"""Seconds by shape and size."""

_HEAD = """# Scoring, one core

CPU time of one paragraph (process time, one thread, one core), median of {rounds} rounds; in each round every entrant
is asked in turn, in another order, in a process and an environment of its own. All are trained on the corpus of this
repository and score its paragraphs (on average {en:.0f} characters in English, {ko:.0f} in Korean); all are warm,
except where the row says otherwise. Peers give scores alone, so *Pressmark, scores* is their counterpart; *classify*
also locates the paragraphs, lets neighbours help, calibrates, decides and finds the candidates. A number in brackets is
the least and the largest ratio of any one round.
"""
_NOTES = """- *scikit-learn, the released pipeline* has the terms and weights of the judge and gives the same margins;
  *words and pairs* is the pipeline of the tutorials (`TfidfVectorizer(ngram_range=(1, 2))`, logistic regression), with
  far fewer terms: no prefixes, no syllables. *onnxruntime* runs the latter, converted.
- *fastText, same preparation* gets the judge's words in lower case; *no preparation* cuts at blanks, so that
  `drill`, `Drill` and `drill.` are three words to it. Both have word pairs and no subwords, its fastest way.
- *no word seen before* begins each measurement with an empty table of tokens.
- spaCy, MiniLM and fastText were trained briefly: their speed does not hang on it. MiniLM reads English only.
"""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page tells."""

    outcome: Outcome
    growth: Growth
    titles: Mapping[str, str]
    rounds: int
    characters: Mapping[str, float]
    quick: bool = False


def write(report: Report) -> str:
    """Return the page in Markdown."""
    parts = [_HEAD.format(rounds=report.rounds, **report.characters)]
    if report.quick:
        parts.append("**A quick run: three rounds, too few to rely on.**\n")
    for language, name in LANGUAGES.items():
        parts.append(f"## {name}: how many times longer than *Pressmark, scores*\n\n{_ratios(report, language)}\n")
    for language, name in LANGUAGES.items():
        parts.append(f"## {name}: CPU time of a paragraph\n\n{_times(report, language)}\n")
    parts.append(_NOTES)
    parts.append(
        f"## Growth\n\nTen times as much to score should take ten times as long.\n\n{_growth(report.growth)}\n"
    )
    parts.append(_measured_on(report))
    return "\n".join(parts)


def chart_rows(report: Report) -> list[dict[str, Any]]:
    """Return what the chart draws: microseconds of a paragraph."""
    return [
        {
            "name": name,
            "title": title,
            "language": language,
            "microseconds": {
                str(size): median(found) * 1e6
                for size in SIZES
                if (found := report.outcome.seconds.get((name, language, size)))
            },
        }
        for language in LANGUAGES
        for name, title in _present(report, language)
    ]


def _present(report: Report, language: str) -> Iterator[tuple[str, str]]:
    for name, title in report.titles.items():
        if report.outcome.seconds.get((name, language, SIZES[0])):
            yield name, title


def _ratios(report: Report, language: str) -> str:
    seconds = report.outcome.seconds
    rows = []
    for name, title in _present(report, language):
        if name != OURS:
            cells = [
                str(ratio(found, seconds[OURS, language, size]))
                if (found := seconds.get((name, language, size)))
                else ""
                for size in SIZES
            ]
            rows.append([title, *cells])
    return table(["", *_sizes()], rows)


def _times(report: Report, language: str) -> str:
    rows = []
    for name, title in _present(report, language):
        cells = [
            duration(median(found)) if (found := report.outcome.seconds.get((name, language, size))) else ""
            for size in SIZES
        ]
        rows.append([title, *cells])
    return table(["", *_sizes()], rows)


def _sizes() -> list[str]:
    return [f"{size:,} in a call" if size > 1 else "one" for size in SIZES]


def _growth(growth: Growth) -> str:
    rows = []
    for shape, found in growth.items():
        sizes = sorted(map(int, found))
        seconds = [found[str(size)] for size in sizes]
        factors = [
            short(after / before * 10 / (large / small))
            for before, after, small, large in zip(seconds, seconds[1:], sizes, sizes[1:], strict=False)
        ]
        told = ", ".join(f"{size:,}: {duration(one)}" for size, one in zip(sizes, seconds, strict=True))
        rows.append([f"{shape} ({UNITS[shape]})", told, ", ".join(factors)])
    return table(["what is scored", "CPU time by size", "times longer for ten times as much"], rows)


def _measured_on(report: Report) -> str:
    outcome = report.outcome
    versions = ", ".join(f"{name} {version}" for name, version in sorted(outcome.versions.items()))
    lines = [
        "## Measured on\n",
        f"{machine.described()}; load {machine.load():.1f} at the end, since the machine is shared.",
        f"{versions}.",
    ]
    lines += [f"Left out: {title} ({why})." for title, why in outcome.left_out.items()]
    return "\n".join(lines) + "\n"
