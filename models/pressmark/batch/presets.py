"""Presets: where common sources keep the text, and which of their columns are dates in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WRONG_DATE = "is neither milliseconds since 1970 nor an ISO date"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Preset:
    """What a source calls its text, and which columns hold dates."""

    text_field: str
    dates: tuple[str, ...] = ()


PRESETS = {
    # The archives that scrapers of the agency's site publish: topic, headline, link, date, story_text.
    "kcna": Preset("story_text", ("date",)),
    # `trafilatura --json`: title, author, hostname, date, ..., text.
    "trafilatura": Preset("text"),
}


def instant(value: object) -> datetime:
    """Read a date: milliseconds since 1970, as number or digits, or ISO 8601; raises `ValueError`."""
    if isinstance(value, str) and not value.strip().lstrip("-").isdecimal():
        read = datetime.fromisoformat(value.strip())
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(value)  # noqa: TRY004 - a value of the archive, not of the program
    try:
        return _EPOCH + timedelta(milliseconds=float(value))
    except OverflowError as error:
        raise ValueError(value) from error
