"""Neighbouring stems -> the pairs of them that a model knows, by their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Numbers = NDArray[np.int32]

# The low bits of a key choose its slot. With many more slots than pairs, most neighbours that are no known
# pair meet an empty slot, and nearly all that are one meet themselves.
_SLOTS = (1 << 18) - 1


class PairTable:
    """The pairs of a vocabulary, to be looked for in whole arrays of stems."""

    def __init__(self, pairs: NDArray[np.int32], stems: int) -> None:
        """Take the sorted `pairs`, (pairs, 2), of stems numbered below `stems`; `stems` itself is in no pair."""
        # An array, since NumPy before 2 would multiply in the 32 bits of what meets a single number.
        self._stems = np.array([stems + 1], np.int64)
        keys = pairs[:, 0] * self._stems + pairs[:, 1]
        # Closed by a key larger than any, so that every search ends on an element; empty slots lead there, too.
        self._keys = np.append(keys, np.iinfo(np.int64).max)
        self._slots = np.full(_SLOTS + 1, len(keys), np.int32)
        self._slots[keys & _SLOTS] = np.arange(len(keys), dtype=np.int32)

    def find(self, stems: Numbers) -> Integers:
        """Return the numbers of the known pairs of neighbours among `stems`, in order; quick for some hundreds."""
        keys = stems[:-1] * self._stems + stems[1:]
        found = self._keys.searchsorted(keys)
        known: Integers = found[self._keys[found] == keys]
        return known

    def find_within(self, stems: Numbers, owners: Integers) -> tuple[Numbers, Integers]:
        """Return the numbers of the known pairs of neighbours that have the same owner, and the owner of each."""
        keys = stems[:-1] * self._stems + stems[1:]
        none = len(self._keys) - 1
        numbers = self._slots[keys & _SLOTS]
        numbers[owners[:-1] != owners[1:]] = none
        known = self._keys[numbers] == keys
        # Where another's pair was met, the right one may stand behind it: slots hold the last that chose them.
        met = (~known & (numbers < none)).nonzero()[0]
        if len(met):
            numbers[met] = found = self._keys.searchsorted(keys[met])
            known[met] = self._keys[found] == keys[met]
        return numbers[known], owners[1:][known]
