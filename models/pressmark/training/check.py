"""What can be proved of a corpus: its schema, its order, and that it repeats itself no more than news does."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasketch import MinHash, MinHashLSH

from pressmark.training.corpus import ERAS, LANGUAGES, REGISTERS, Example, articles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_FIELDS = ("article", "position", "language", "register", "era", "subject", "label", "also", "text")
_ARTICLE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the same a corpus may hold before it looks made from a template.

    The figures are a little above what the written corpus has, where a reader finds no frame reused.
    """

    near_duplicate: float = 0.5
    run_articles: int = 4
    opening_share: float = 0.008
    subject_share: float = 0.01
    least_label_share: float = 0.12
    most_label_share: float = 0.34
    least_register_share: float = 0.05


def check_schema(paths: Iterable[Path], labels: Sequence[str]) -> Iterator[str]:
    """Yield a fault for each line that is not one record of the schema."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                record = json.loads(line)
            except ValueError:
                yield f"{path}:{number}: is not JSON"
                continue
            yield from (f"{path}:{number}: {fault}" for fault in _record_faults(record, labels))


def _record_faults(record: Any, labels: Sequence[str]) -> Iterator[str]:  # noqa: ANN401  any JSON value
    if not isinstance(record, dict) or tuple(record) != _FIELDS:
        yield f"must be an object with exactly these members in this order: {', '.join(_FIELDS)}"
        return
    for name, allowed in (("language", LANGUAGES), ("register", REGISTERS), ("era", ERAS), ("label", labels)):
        if record[name] not in allowed:
            yield f'"{name}" is {record[name]!r}, must be one of {", ".join(allowed)}'
    if not isinstance(record["article"], str) or not _ARTICLE.fullmatch(record["article"]):
        yield '"article" must be lower-case words and digits joined by hyphens'
    if not isinstance(record["position"], int) or record["position"] < 0:
        yield '"position" must be a whole number from 0'
    if not isinstance(record["subject"], str) or not record["subject"].strip():
        yield '"subject" must say what the paragraph is about'
    yield from _also_faults(record, labels)
    yield from _text_faults(record["text"])


def _also_faults(record: dict[str, Any], labels: Sequence[str]) -> Iterator[str]:
    also = record["also"]
    if not isinstance(also, list) or any(label not in labels for label in also):
        yield '"also" must be a list of labels'
    elif record["label"] in also or len(set(also)) < len(also):
        yield '"also" must not repeat a label'


def _text_faults(text: Any) -> Iterator[str]:  # noqa: ANN401  any JSON value
    if not isinstance(text, str) or not text.strip():
        yield '"text" must be a string with something in it'
        return
    if text != text.strip() or len(text.splitlines()) > 1:
        yield '"text" must be one line without white space around it'
    if text != unicodedata.normalize("NFC", text):
        yield '"text" must be in normal form C'


def check_positions(examples: Sequence[Example]) -> Iterator[str]:
    """Yield a fault where the paragraphs of an article do not stand together as 0, 1, 2 ..."""
    expected: dict[str, int] = {}
    before = ""
    for example in examples:
        wanted = expected.get(example.article, 0)
        if example.position != wanted:
            yield f"{example.source}: position {example.position} of {example.article}, expected {wanted}"
        elif wanted and example.article != before:
            yield f"{example.source}: {example.article} is interrupted by {before}"
        expected[example.article] = example.position + 1
        before = example.article


def check_duplicates(examples: Sequence[Example], limits: Limits) -> Iterator[str]:
    """Yield a fault for each paragraph that says nearly what an earlier one says (MinHash over shingles)."""
    index = MinHashLSH(threshold=limits.near_duplicate, num_perm=64)
    for at, example in enumerate(examples):
        shingles = _shingles(example)
        sketch = MinHash(num_perm=64)
        sketch.update_batch([shingle.encode() for shingle in shingles])
        for other in sorted(index.query(sketch)):
            shared = _jaccard(shingles, _shingles(examples[other]))
            if shared >= limits.near_duplicate:
                yield f"{example.source}: says nearly what {examples[other].source} says ({shared:.2f} of it shared)"
        index.insert(at, sketch)


def check_runs(examples: Sequence[Example], limits: Limits, formulas: Sequence[str]) -> Iterator[str]:
    """Yield a fault for each long run of words that too many articles share and that is no stock formula."""
    known = sorted((_plain(formula) for formula in formulas), key=len, reverse=True)
    holders: dict[str, dict[str, Example]] = defaultdict(dict)
    for example in examples:
        for run in set(_runs(example, known)):
            holders[run].setdefault(example.article, example)
    for run, found in holders.items():
        if len(found) >= limits.run_articles:
            first = min(example.source for example in found.values())
            yield f"{first}: {len(found)} articles share the run {run!r}"


def check_openings(examples: Sequence[Example], limits: Limits) -> Iterator[str]:
    """Yield a fault for each beginning that too many paragraphs of a language have in common."""
    for language in LANGUAGES:
        of_language = [example for example in examples if example.language == language]
        openings = Counter(" ".join(_words(example)[:3]) for example in of_language)
        most = max(6, limits.opening_share * len(of_language))
        for opening, count in openings.items():
            if count > most:
                yield f"{language}: {count} paragraphs begin with {opening!r}; vary them"


def check_balance(examples: Sequence[Example], labels: Sequence[str], limits: Limits) -> Iterator[str]:
    """Yield a fault where a label, register or subject has too much or too little of a language."""
    for language in LANGUAGES:
        of_language = [example for example in examples if example.language == language]
        count = max(1, len(of_language))
        for label in labels:
            share = sum(example.label == label for example in of_language) / count
            if not limits.least_label_share <= share <= limits.most_label_share:
                yield f"{language}: {share:.1%} of the paragraphs are {label!r}"
        for register in REGISTERS:
            share = sum(example.register == register for example in of_language) / count
            if share < limits.least_register_share:
                yield f"{language}: only {share:.1%} of the paragraphs are {register!r}"
        for subject, held in Counter(example.subject for example in of_language).items():
            if held / count > limits.subject_share:
                yield f"{language}: {held} paragraphs are about {subject!r}"


def census(examples: Sequence[Example], labels: Sequence[str]) -> str:
    """Return counts of the corpus by language, label, register and era, as a table."""
    lines = [f"{len(examples)} paragraphs in {len(articles(examples))} articles"]
    in_articles = sum(len(group) for group in articles(examples).values() if len(group) > 1)
    lines.append(f"{in_articles / len(examples):.0%} stand in articles of two and more")
    views: tuple[tuple[str, Callable[[Example], str], Sequence[str]], ...] = (
        ("register", lambda example: example.register, REGISTERS),
        ("era", lambda example: example.era, ERAS),
    )
    for language in LANGUAGES:
        of_language = [example for example in examples if example.language == language]
        lines += ["", f"{language:<12}" + "".join(f"{label:>10}" for label in labels) + f"{'all':>10}"]
        for _, of, values in views:
            for value in values:
                counts = [sum(of(one) == value and one.label == label for one in of_language) for label in labels]
                lines.append(f"{value:<12}" + "".join(f"{count:>10}" for count in [*counts, sum(counts)]))
        subjects = [len({one.subject for one in of_language if one.label == label}) for label in labels]
        lines.append(f"{'subjects':<12}" + "".join(f"{count:>10}" for count in subjects))
        totals = [sum(one.label == label for one in of_language) for label in labels]
        lines.append(f"{'all':<12}" + "".join(f"{count:>10}" for count in [*totals, len(of_language)]))
    return "\n".join(lines)


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _words(example: Example) -> list[str]:
    return _WORD.findall(example.text.lower())


def _runs(example: Example, formulas: Sequence[str]) -> Iterator[str]:
    """Yield every long run of words; none reaches across a stock formula."""
    text = _plain(example.text)
    for formula in formulas:
        text = text.replace(formula, "\n")
    size = 8 if example.language == "en" else 6
    for part in text.split("\n"):
        words = part.split()
        yield from (" ".join(words[at : at + size]) for at in range(len(words) - size + 1))


def _shingles(example: Example) -> frozenset[str]:
    plain = _plain(example.text)
    size = 12 if example.language == "en" else 6
    return frozenset(plain[at : at + size] for at in range(max(1, len(plain) - size + 1)))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
