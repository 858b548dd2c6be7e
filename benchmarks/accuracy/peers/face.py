"""What the benchmark asks of a peer; nothing here or beside it imports what only the judge's environment has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

Setting = dict[str, Any]
"""One choice of a peer's own options, by their names in the library."""


class Peer(Protocol):
    """A classifier of texts, made for one language and one setting."""

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Train on labelled texts."""

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return log-odds (texts, classes), classes as given when the peer was made; a constant per text is free."""


class PeerModule(Protocol):
    """A module of a peer: the libraries it is made of, how often to train it, what to try, and how to make it.

    Logits are the mean of `RUNS` trainings: more than one where no two agree.
    """

    LIBRARIES: tuple[str, ...]
    RUNS: int

    def settings(self, language: str, /) -> list[Setting]:
        """Return the settings worth trying in `language`, the plainest first."""

    def make(self, language: str, classes: Sequence[str], setting: Setting, /) -> Peer:
        """Make an untrained peer."""
