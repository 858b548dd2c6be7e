"""What the parts of a report call things, where a reader has another word than the data."""

from __future__ import annotations

_SPOKEN = {"en": "English", "ko": "Korean"}


def spoken(language: str) -> str:
    """Return a language as readers call it, where its code is one of ours."""
    return _SPOKEN.get(language, language) or "All"
