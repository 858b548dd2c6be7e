"""Known pairs are found, whichever way and whatever else chose their slot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressmark.pairs import PairTable

# Keys of pairs whose first stems are so many apart have the same low bits, so that all of them want one slot.
APART = 1 << 18
STEMS = 4 * APART
CROWD = [(first, 7) for first in range(0, STEMS, APART)]


@pytest.fixture(scope="module")
def table() -> PairTable:
    return PairTable(np.array(sorted([*CROWD, (3, 4), (4, 3), (9, 9)]), np.int32), STEMS)


def test_pairs_that_share_a_slot_are_all_found(table: PairTable) -> None:
    stems = np.array([stem for pair in CROWD for stem in pair], np.int32)
    owners = np.arange(len(CROWD)).repeat(2)
    numbers, found = table.find_within(stems, owners)
    assert found.tolist() == list(range(len(CROWD)))
    assert numbers.tolist() == [table.find(np.array(pair, np.int32)).item() for pair in CROWD]


ANY = st.sampled_from([3, 4, 7, 9, STEMS, *(first for first, _ in CROWD)])


@given(owned=st.lists(st.lists(ANY, min_size=1, max_size=8), min_size=1, max_size=5))
def test_pairs_of_many_owners_are_those_of_each(table: PairTable, owned: list[list[int]]) -> None:
    stems = np.array([stem for one in owned for stem in one], np.int32)
    owners = np.arange(len(owned)).repeat([len(one) for one in owned])
    numbers, found = table.find_within(stems, owners)
    apart = [table.find(np.array(one, np.int32)).tolist() for one in owned]
    assert [numbers[found == owner].tolist() for owner in range(len(owned))] == apart
