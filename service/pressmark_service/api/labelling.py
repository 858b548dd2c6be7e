"""A labelling interface of Label Studio, as far as pre-labels need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NoReturn
from xml.parsers import expat

from pressmark_service.api.adapter import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pressmark_service.json_rules import Path

_LABELS = {"Choice": "Choices", "Label": "Labels"}


class _Refused(Exception):  # noqa: N818 - leaves the parser and goes no further
    """Stops the parser."""


@dataclass(frozen=True, slots=True)
class Control:
    """What is filled in: its name, what it speaks of, and its label for each category."""

    tag: Literal["Choices", "Labels"]
    name: str
    target: str
    member: str
    """The member of a task's data that holds the text."""
    labels: dict[str, str]


@dataclass(slots=True)
class _Seen:
    """What the parser came across."""

    controls: list[tuple[str, dict[str, str], list[dict[str, str]]]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"Choices", "Labels"}:
            self.controls.append((tag, attributes, []))
        elif tag in _LABELS and self.controls and self.controls[-1][0] == _LABELS[tag]:
            self.controls[-1][2].append(attributes)
        elif tag in {"Text", "HyperText"} and attributes.get("value", "").startswith("$"):
            self.texts[attributes.get("name", "")] = attributes["value"].removeprefix("$")


def find_control(interface: str, categories: Sequence[str], place: Path) -> Control:
    """Return the first control over a text that has a label for a category; raise InvalidRequest if none has."""
    seen = _Seen()
    # The interface came as JSON: whatever encoding it declares, it is none any more.
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = seen.start
    # Entities can be made to grow without bound, and no interface has any.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(interface.encode(), True)  # noqa: FBT003 - expat's signature
    except (expat.ExpatError, _Refused):
        raise refuse(place, "is not the XML of a labelling interface") from None
    for tag, attributes, labels in seen.controls:
        target = attributes.get("toName", "")
        matched = _matched(labels, categories)
        if target in seen.texts and matched:
            kind: Literal["Choices", "Labels"] = "Choices" if tag == "Choices" else "Labels"
            return Control(kind, attributes.get("name", ""), target, seen.texts[target], matched)
    raise refuse(place, f"has no Choices or Labels for a Text with any of {', '.join(categories)}")


def _matched(labels: list[dict[str, str]], categories: Sequence[str]) -> dict[str, str]:
    named = {
        name.strip().lower(): label["value"]
        for label in labels
        if "value" in label
        for name in (label["value"], label.get("alias", ""))
    }
    return {category: named[category.lower()] for category in categories if category.lower() in named}


def _refuse_doctype(*_: object) -> NoReturn:
    raise _Refused
