"""Training and evaluation paragraphs, read from JSONL with errors that name file and line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

LANGUAGES = ("en", "ko")
REGISTERS = ("wire", "editorial", "review", "agency", "fragment")
ERAS = ("1960s", "1970s", "1980s", "1990s", "2000s", "2010s", "2020s", "undated")


class CorpusError(Exception):
    """A corpus cannot be used; `faults` holds one line each, with file and line number."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled paragraph. `article` and `position` give its neighbours; `source` is its file and line."""

    article: str
    position: int
    language: str
    register: str
    era: str
    subject: str
    label: str
    also: tuple[str, ...]
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A paragraph to measure on, with up to some neighbours of its article on each side."""

    text: str
    label: str
    also: tuple[str, ...]
    language: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def read_corpus(paths: Iterable[Path]) -> list[Example]:
    """Read training paragraphs; a line needs ``text`` and ``label``, everything else has a stand-in.

    A path may be a folder, of which all ``.jsonl`` files are read, by name. Raises `CorpusError` with
    every bad line.
    """
    examples: list[Example] = []
    faults: list[str] = []
    for source, record in _records(paths, faults):
        fault = _fault(record)
        if fault is None:
            examples.append(_example(record, source))
        else:
            faults.append(f"{source}: {fault}")
    if faults:
        raise CorpusError(faults)
    return examples


def read_judged(paths: Iterable[Path]) -> list[Judged]:
    """Read paragraphs to measure on.

    A line needs ``text`` and ``label``; it may have ``lang`` or ``language``, ``also``, and its neighbours in
    order in ``before`` and ``after``. Lines of the corpus itself are read too, and lend each other their
    neighbours by ``article`` and ``position``.
    """
    faults: list[str] = []
    records: list[dict[str, Any]] = []
    for source, record in _records(paths, faults):
        fault = _fault(record)
        if fault is None:
            records.append(record)
        else:
            faults.append(f"{source}: {fault}")
    if faults:
        raise CorpusError(faults)
    neighbours = _neighbours(records)
    return [_judged(record, neighbours) for record in records]


def articles(examples: Iterable[Example]) -> dict[str, list[Example]]:
    """Group examples by article, in order of position."""
    grouped: dict[str, list[Example]] = {}
    for example in examples:
        grouped.setdefault(example.article, []).append(example)
    return {name: sorted(group, key=lambda example: example.position) for name, group in grouped.items()}


def digest(examples: Iterable[Example]) -> str:
    """Return the SHA-256 over what training sees: label and text of each example, in order."""
    running = hashlib.sha256()
    for example in examples:
        running.update(json.dumps([example.label, example.text], ensure_ascii=False).encode() + b"\n")
    return running.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.jsonl"))
        else:
            yield path


def _records(paths: Iterable[Path], faults: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in _files(paths):
        try:
            lines = path.read_bytes().splitlines()
        except OSError as error:
            faults.append(f"{path}: cannot be read: {error.strerror}")
            continue
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            record = _parse(line)
            if record is None:
                faults.append(f"{path}:{number}: is not a JSON object in UTF-8")
            else:
                yield f"{path}:{number}", record


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _fault(record: Mapping[str, Any]) -> str | None:
    for name in ("text", "label"):
        value = record.get(name)
        if not isinstance(value, str) or not value.strip():
            return f'"{name}" must be a string with something in it'
    also = record.get("also", [])
    if not isinstance(also, list) or not all(isinstance(label, str) for label in also):
        return '"also" must be a list of labels'
    if not isinstance(record.get("position", 0), int):
        return '"position" must be a whole number'
    return None


def _example(record: Mapping[str, Any], source: str) -> Example:
    return Example(
        article=str(record.get("article", source)),
        position=record.get("position", 0),
        language=str(record.get("language", "")),
        register=str(record.get("register", "")),
        era=str(record.get("era", "")),
        subject=str(record.get("subject", "")),
        label=record["label"],
        also=tuple(record.get("also", [])),
        text=record["text"],
        source=source,
    )


def _neighbours(records: list[dict[str, Any]]) -> dict[tuple[str, int], str]:
    return {
        (record["article"], record["position"]): record["text"]
        for record in records
        if "article" in record and "position" in record
    }


def _judged(record: Mapping[str, Any], neighbours: Mapping[tuple[str, int], str], reach: int = 2) -> Judged:
    article, position = record.get("article", ""), record.get("position", 0)
    before = [neighbours.get((article, position - step)) for step in range(reach, 0, -1)]
    after = [neighbours.get((article, position + step)) for step in range(1, reach + 1)]
    return Judged(
        text=record["text"],
        label=record["label"],
        also=tuple(record.get("also", [])),
        language=record.get("lang") or record.get("language", ""),
        before=tuple(record.get("before") or [text for text in before if text is not None]),
        after=tuple(record.get("after") or [text for text in after if text is not None]),
    )
