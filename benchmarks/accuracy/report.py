"""The outcome as a page: tables, settings, versions, machine."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from accuracy.entrants import PEERS
from accuracy.judge import RULE
from accuracy.standings import JUDGE, Way
from accuracy.treatment import FOLDS, REPEATS, STRENGTHS
from pressmark.training.corpus import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from accuracy.contest import Outcome
    from accuracy.figures import Figure, Interval
    from accuracy.reviews import ReviewStanding
    from accuracy.standings import Standing

LANGUAGES = {"en": "English", "ko": "Korean"}
_COLUMNS = ("alone, cross-fitted", "in its article, cross-fitted", "alone, as released", "in its article, as released")
_OVER = ("five classes", "four categories")
_REVIEW_COLUMNS = ("", "articles", "recognised", "paragraphs", "alone", "in its article", "gain, five", "gain, four")
_LIBRARIES = ("numpy", "scikit-learn", "scipy")


def report(outcome: Outcome) -> str:
    """Return the page, in Markdown."""
    parts = [_HEAD, _how(outcome)]
    for language, standings in outcome.standings.items():
        parts += [_scores(outcome, language, standings), _leads(standings)]
    parts += [_behind(outcome), _reviews(outcome.reviews), _settings(outcome), _made_with(outcome)]
    return "\n\n".join(parts) + "\n"


_HEAD = """# Accuracy beside peers

![Macro-F1 of every entrant](accuracy.png)

Written by `make bench-accuracy EVAL=FILE.jsonl`; the evaluation paragraphs are not part of the repository."""


def _how(outcome: Outcome) -> str:
    strengths = ", ".join(f"{strength:g}" for strength in STRENGTHS)
    best = ", ".join(f"{value:g} in {LANGUAGES.get(name, name)}" for name, value in outcome.best_strengths.items())
    return f"""All are trained on the same corpus and measured on the same real paragraphs, none of which is in it. All
get the same help of their neighbours: to the logits of a paragraph is added the mean of those of up to
{RULE.reach} paragraphs on each side, times a strength. And all get the same calibration, by the same code: one
temperature and one offset per class, apart for paragraphs alone and in their articles.

- *As released*: calibration is fitted on all evaluation paragraphs, as in a release.
- *Cross-fitted*: it is fitted on four fifths of the articles and measured on the fifth; mean of {REPEATS} times
  {FOLDS} folds. Nobody gains by fitting what is measured.
- {JUDGE} is trained by its release recipe, one model for both languages, strength {RULE.strength:g}. That recipe was
  chosen among others on real paragraphs ([0003](../../docs/decisions/0003-terms-and-model.md)); where they are those
  measured here, that is in its favour, and no cross-fitting undoes it.
- Peers get a model of their own for each language; the setting that does best in {FOLDS}-fold cross-validation over
  the corpus's articles; and, of {strengths}, the strength after which log loss on the evaluation
  paragraphs is least, which is in their favour ({JUDGE}'s own would be {best}).
- Each cell: macro-F1 over the five classes / over the four categories, where paragraphs of none of them are left
  out and the best category is taken. Leads are in points of macro-F1, with 95 % bootstrap intervals over articles;
  bold where the interval leaves out nought."""


def _scores(outcome: Outcome, language: str, standings: Sequence[Standing]) -> str:
    field = outcome.ground.field
    rows = field.rows(language)
    articles = len({field.articles[row] for row in rows})
    lines = [
        f"## {LANGUAGES.get(language, language)}: {len(rows)} paragraphs of at least {articles} stretches of articles",
        "",
        _row(["", *_COLUMNS]),
        _row(["---", *("---:" for _ in _COLUMNS)]),
    ]
    for standing in standings:
        cells = [_pair(standing.figures[five], standing.figures[four]) for five, four in _ways()]
        lines.append(_row([_strong(standing.title, wanted=standing.title == JUDGE), *cells]))
    return "\n".join(lines)


def _leads(standings: Sequence[Standing]) -> str:
    judge, *peers = standings
    lines = [_row([f"{JUDGE}'s lead over", "over", *_COLUMNS]), _row(["---", "---", *("---:" for _ in _COLUMNS)])]
    for peer in peers:
        for at, over in enumerate(_OVER):
            ways = [pair[at] for pair in _ways()]
            cells = [_lead(judge.figures[way].lead_over(peer.figures[way])) for way in ways]
            lines.append(_row([peer.title, over, *cells]))
    return "\n".join(lines)


def _behind(outcome: Outcome) -> str:
    """Return every cell in which a peer is ahead, so that nobody has to look for them."""
    lines = ["## Where a peer is ahead", ""]
    for language, (judge, *peers) in outcome.standings.items():
        for peer in peers:
            for column, pair in zip(_COLUMNS, _ways(), strict=True):
                for over, way in zip(_OVER, pair, strict=True):
                    lead = judge.figures[way].lead_over(peer.figures[way])
                    if lead.value < 0:
                        what = f"{LANGUAGES.get(language, language)}, {over}, {column}"
                        lines.append(f"- {peer.title}: {what}: {JUDGE}'s lead is {_lead(lead)}.")
    return "\n".join(lines if len(lines) > 2 else [*lines, "Nowhere."])


def _reviews(reviews: Mapping[str, ReviewStanding]) -> str:
    lines = [
        "## Articles that change category with nearly every paragraph",
        "",
        "Reviews that go through a newspaper page by page (`benchmarks/accuracy/page-reviews.jsonl`, written for this",
        f"and easy to mark), where neighbours could mislead; {JUDGE} only, calibrated as released. Where it recognises",
        "such a review by its page marks, it lets no neighbours help.",
        "",
        _row(_REVIEW_COLUMNS),
        _row(["---", *("---:" for _ in _REVIEW_COLUMNS[1:])]),
    ]
    for language, standing in reviews.items():
        gains = [after.lead_over(before) for before, after in zip(standing.alone, standing.in_article, strict=True)]
        counts = map(str, (standing.articles, standing.recognised, standing.paragraphs))
        cells = [*counts, _pair(*standing.alone), _pair(*standing.in_article)]
        lines.append(_row([LANGUAGES.get(language, language), *cells, *map(_lead, gains)]))
    return "\n".join(lines)


def _settings(outcome: Outcome) -> str:
    titles = {standing.title for standings in outcome.standings.values() for standing in standings}
    lines = [
        "## Settings tried and taken",
        "",
        *(f"- {peer.title}: {peer.tried}." for peer in PEERS if peer.title in titles),
        "",
        _row(["peer", "language", "settings", "taken", "macro-F1 on held-out articles of the corpus", "strength"]),
        _row(["---", "---", "---:", "---", "---:", "---:"]),
    ]
    for language, standings in outcome.standings.items():
        for peer in standings:
            if peer.choice is None:
                continue
            taken = ", ".join(f"`{key}={value}`" for key, value in peer.choice.setting.items())
            figures = [str(peer.choice.tried), taken, _figure(peer.choice.macro_f1), f"{peer.strength:g}"]
            lines.append(_row([peer.title, LANGUAGES.get(language, language), *figures]))
    folds = ", ".join(f"{name.removeprefix('macro_f1 ')} {_figure(value)}" for name, value in outcome.folds.items())
    return "\n".join([*lines, "", f"{JUDGE} on held-out articles of the corpus, uncalibrated: {folds}."])


def _made_with(outcome: Outcome) -> str:
    versions = {library: metadata.version(library) for library in _LIBRARIES}
    for standings in outcome.standings.values():
        for standing in standings:
            versions |= standing.versions
    examples = outcome.ground.examples
    shown = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"""## Made with

- Corpus: {len(examples)} paragraphs, SHA-256 of labels and texts `{digest(examples)}`.
- Python {platform.python_version()}; {shown}.
- {_processor()}, {os.cpu_count()} cores, of which one was used; {platform.system()} {platform.machine()}."""


def _ways() -> list[tuple[Way, Way]]:
    """Return the columns in order, each over all classes and over the categories."""
    order = [(crossed, in_article) for crossed in (True, False) for in_article in (False, True)]
    return [(Way(*pair, all_classes=True), Way(*pair, all_classes=False)) for pair in order]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _strong(text: str, *, wanted: bool) -> str:
    return f"**{text}**" if wanted else text


def _figure(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _pair(five: Figure, four: Figure) -> str:
    return f"{_figure(five.value)} / {_figure(four.value)}"


def _lead(lead: Interval) -> str:
    value, low, high = (100 * bound for bound in (lead.value, lead.low, lead.high))
    return _strong(f"{value:+.1f}", wanted=low > 0 or high < 0) + f" ({low:+.1f} to {high:+.1f})"
