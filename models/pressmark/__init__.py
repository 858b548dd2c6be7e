"""Pressmark marks every paragraph of an article as military, economy, ideology or industry.

``judge = pressmark.load()`` gives the bundled release; ``judge.classify(text)`` marks an article.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pressmark.version import __version__

if TYPE_CHECKING:
    from pressmark.classifier import Judge, load
    from pressmark.manifest import ReleaseError
    from pressmark.marks import Article, Evidence, EvidenceTerm, Paragraph, Summary
else:
    # Imported when they are asked for: arrays take most of the time that a command takes to begin, and a service
    # that is told to stop meanwhile must hear of it.
    _HOMES = {"Judge": "classifier", "load": "classifier", "ReleaseError": "manifest"}

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'marks')}"), name)
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "Article",
    "Evidence",
    "EvidenceTerm",
    "Judge",
    "Paragraph",
    "ReleaseError",
    "Summary",
    "__version__",
    "load",
]
