"""What was found of a judge: the readings of the evaluation file that every part of a report tells of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pressmark.training.curve import ALONE, IN_ARTICLE
from pressmark.training.measure import measure
from pressmark.training.perturb import count_flips
from pressmark.training.report import drawing, page
from pressmark.training.report.names import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from pressmark.classifier import Judge
    from pressmark.release import Release
    from pressmark.training.corpus import Judged
    from pressmark.training.curve import Curve
    from pressmark.training.measure import Measured
    from pressmark.training.perturb import Flips


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The paragraphs of one language, read alone or each in its article, and what was measured."""

    language: str
    way: str
    paragraphs: Sequence[Judged]
    measured: Measured

    @property
    def name(self) -> str:
        """Language and way of reading, as rows and pictures are called."""
        return f"{spoken(self.language)}, {self.way}"


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Everything that a report tells of; `pictures` fills with PNG files while sections are written."""

    release: Release
    readings: Sequence[Reading]
    flips: Sequence[Flips]
    curve: Curve | None
    pictures: dict[str, bytes] = field(default_factory=dict)

    def draw(self, kind: str, of: str, figure: Figure, says: str) -> str:
        """Return a figure for the page, and keep it as a picture beside the page."""
        name = "-".join((kind, *re.findall(r"[a-z0-9]+", of.lower())))
        while f"{name}.png" in self.pictures:
            name += "-again"
        self.pictures[f"{name}.png"] = drawing.png(figure)
        return page.figure(drawing.svg(figure, name), says, f"{name}.png")


def find(judge: Judge, release: Release, judged: Sequence[Judged], curve: Curve | None) -> Found:
    """Let `judge` mark everything, alone and in its article, as it is and perturbed."""
    readings = []
    for language in sorted({one.language for one in judged}):
        of_language = [one for one in judged if one.language == language]
        for way, context in ((ALONE, False), (IN_ARTICLE, True)):
            readings.append(Reading(language, way, of_language, measure(judge, of_language, context=context)))
    return Found(release, readings, count_flips(judge, judged), curve)
