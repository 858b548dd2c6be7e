"""Pressmark marks every paragraph of an article as military, economy, ideology or industry.

``judge = pressmark.load()`` gives the bundled release; ``judge.classify(text)`` marks an article.
"""

from pressmark.classifier import Judge, load
from pressmark.manifest import ReleaseError
from pressmark.marks import Article, Evidence, EvidenceTerm, Paragraph, Summary
from pressmark.version import __version__

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
