"""Releases that are spoilt in every way: all refused, and what serves serves on."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pressmark
from pressmark import ReleaseError
from pressmark.release import BUNDLED
from pressmark_service.succession import attempt

if TYPE_CHECKING:
    from collections.abc import Iterator

BITS = int(os.environ.get("FAULT_BITS", "40"))
CUTS = int(os.environ.get("FAULT_CUTS", "8"))


@pytest.fixture(scope="module")
def serving() -> pressmark.Judge:
    return pressmark.load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "model"))


def pinned() -> Iterator[str]:
    judge = pressmark.load()
    yield from ("manifest.json", *judge.card["files"])


def expect_refused(folder: Path, serving: pressmark.Judge) -> None:
    in_place, load = attempt(pressmark.load, folder, serving)
    assert in_place is serving
    assert load.outcome == "refused"
    assert load.error
    assert "\n" not in load.error


@pytest.mark.parametrize("name", list(pinned()))
def test_file_cut_anywhere_is_refused(folder: Path, serving: pressmark.Judge, name: str) -> None:
    content = (folder / name).read_bytes()
    for part in range(CUTS):
        (folder / name).write_bytes(content[: len(content) * part // CUTS])
        expect_refused(folder, serving)


def test_any_single_flipped_bit_is_refused(folder: Path, serving: pressmark.Judge) -> None:
    drawn = random.Random(2026)
    names = list(pinned())
    for _ in range(BITS):
        path = folder / drawn.choice(names)
        content = bytearray(path.read_bytes())
        sound = bytes(content)
        at = drawn.randrange(len(content) * 8)
        content[at // 8] ^= 1 << at % 8
        path.write_bytes(content)
        expect_refused(folder, serving)
        path.write_bytes(sound)
    assert attempt(pressmark.load, folder, serving)[1].outcome == "unchanged"


@pytest.mark.parametrize("name", list(pinned()))
def test_missing_file_is_refused(folder: Path, serving: pressmark.Judge, name: str) -> None:
    (folder / name).unlink()
    expect_refused(folder, serving)


@pytest.mark.parametrize("name", list(pinned()))
def test_link_in_place_of_a_file_is_refused(folder: Path, serving: pressmark.Judge, name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)
    expect_refused(folder, serving)


def test_huge_file_is_refused_without_being_read(folder: Path, serving: pressmark.Judge) -> None:
    with (folder / "pairs.npy").open("ab") as file:
        file.truncate(1 << 40)
    expect_refused(folder, serving)


def test_whatever_loading_raises_leaves_the_old_one_in_place(serving: pressmark.Judge) -> None:
    def load(folder: Path | None) -> pressmark.Judge:
        raise MemoryError(folder)

    in_place, load_told = attempt(load, None, serving)
    assert in_place is serving
    assert load_told.error == "could not be loaded (MemoryError)"


def test_error_is_a_release_error_for_those_who_load_themselves(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(ReleaseError):
        pressmark.load(folder)
