"""A release is verified before anything of it is used."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

import pressmark
from pressmark.release import BUNDLED, MANIFEST, canonical, load_release, seal
from pressmark_service.api.model import ModelAnswer, describe
from pressmark_service.settings import Settings
from pressmark_service.succession import first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled release, to be spoilt."""
    return shutil.copytree(BUNDLED, tmp_path / "model")


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest and seal it again, as a forger would."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    change(manifest)
    (folder / MANIFEST).write_bytes(canonical(seal(manifest)))


def test_a_copy_of_the_release_loads(folder: Path) -> None:
    assert pressmark.load(folder).sha256 == pressmark.load().sha256


def test_golden_predictions_come_out_again(judge: pressmark.Judge) -> None:
    for golden in load_release(BUNDLED).golden:
        marked = judge.classify(golden["paragraphs"]).paragraphs
        assert [paragraph.category for paragraph in marked] == golden["categories"]
        for paragraph, scores in zip(marked, golden["scores"], strict=True):
            assert paragraph.scores == pytest.approx(scores, abs=1e-6)


@pytest.mark.parametrize("name", sorted(path.name for path in BUNDLED.iterdir()))
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(pressmark.ReleaseError, match=name):
        pressmark.load(folder)


@pytest.mark.parametrize("name", sorted(path.name for path in BUNDLED.iterdir()))
def test_a_truncated_file_is_refused(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for part in range(64):
        (folder / name).write_bytes(whole[: len(whole) * part // 64])
        with pytest.raises(pressmark.ReleaseError):
            load_release(folder)


def test_any_flipped_bit_is_refused(folder: Path) -> None:
    draw = random.Random(2026)
    files = sorted(path.name for path in folder.iterdir())
    for _ in range(300):
        path = folder / draw.choice(files)
        whole = path.read_bytes()
        at = draw.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << draw.randrange(8)]) + whole[at + 1 :])
        with pytest.raises(pressmark.ReleaseError):
            load_release(folder)
        path.write_bytes(whole)
    load_release(folder)


@pytest.mark.parametrize("name", ["../pieces.txt", "/etc/hostname", "a/b", "", ".hidden", "..", "a\nb"])
def test_a_name_that_leads_out_of_the_folder_is_refused(folder: Path, name: str) -> None:
    rewrite(folder, lambda manifest: manifest["files"].update({name: {"bytes": 1, "sha256": "0" * 64}}))
    with pytest.raises(pressmark.ReleaseError, match="plain file name"):
        pressmark.load(folder)


def test_a_symbolic_link_is_refused(folder: Path) -> None:
    (folder / "pieces.txt").rename(folder.parent / "elsewhere.txt")
    (folder / "pieces.txt").symlink_to(folder.parent / "elsewhere.txt")
    with pytest.raises(pressmark.ReleaseError, match="regular file"):
        pressmark.load(folder)


def test_a_huge_declared_size_is_refused_without_reading(folder: Path) -> None:
    rewrite(folder, lambda manifest: manifest["files"]["pieces.txt"].update(bytes=1 << 60))
    with pytest.raises(pressmark.ReleaseError, match="bytes long"):
        pressmark.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda manifest: manifest.update(format=99), "this version reads 1"),
        (lambda manifest: manifest.update(analyzer="something-else/3"), "analyzer"),
        (lambda manifest: manifest["classes"].pop(), "cannot be read as a model"),
        (lambda manifest: manifest.pop("calibration"), "cannot be read as a model"),
        (lambda manifest: manifest["files"].pop("pairs.npy"), "names no pairs.npy"),
        (lambda manifest: manifest["weights"].update(step=0.002), "golden predictions"),
    ],
)
def test_a_foreign_manifest_is_refused_by_name(
    folder: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    rewrite(folder, change)
    with pytest.raises(pressmark.ReleaseError, match=message):
        pressmark.load(folder)


def places(members: Any, *way: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every member of a manifest, however deep; of figures that are alike one each."""
    for name, value in members.items() if isinstance(members, dict) else enumerate(members[:1]):
        yield (*way, name)
        if isinstance(value, (dict, list)):
            yield from places(value, *way, name)


TOLD_ONLY = {"recipe", "libraries", "corpus", "metrics", "seal"}  # not below their names
PLACES = [
    way for way in places(json.loads((BUNDLED / MANIFEST).read_bytes())) if len(way) == 1 or way[0] not in TOLD_ONLY
]


@pytest.mark.parametrize("way", PLACES, ids=lambda way: ".".join(map(str, way)))
def test_whatever_stands_in_a_member_it_is_refused_in_one_line_or_told_as_it_is(
    folder: Path, way: tuple[str | int, ...]
) -> None:
    """No other exception, and no model that the service cannot tell of."""
    (folder / "golden.jsonl").write_bytes(b"")
    for wrong in (2026.2, -1, 10**400, None, [], [1], {}, {"a": 1}, True, "", "x" * 2000, "a\nb", "\ud800", ...):
        manifest = json.loads((BUNDLED / MANIFEST).read_bytes())
        manifest["files"]["golden.jsonl"] = {"bytes": 0, "sha256": hashlib.sha256().hexdigest()}
        inner = manifest
        for name in way[:-1]:
            inner = inner[name]
        if wrong is ...:
            del inner[way[-1]]
        else:
            inner[way[-1]] = wrong
        with contextlib.suppress(UnicodeEncodeError):
            manifest = seal(manifest)
        (folder / MANIFEST).write_bytes(canonical(manifest) if wrong != "\ud800" else json.dumps(manifest).encode())
        judge = None
        refusal = ""
        try:
            judge = pressmark.load(folder)
        except pressmark.ReleaseError as refused:
            refusal = str(refused)
        if judge is None:
            assert len(refusal.splitlines()) == 1
        else:
            shown = describe(judge, Settings(), first())
            TypeAdapter(ModelAnswer).validate_python(shown, strict=True)
            assert judge.classify("The army held a drill.\n\nThe harvest is in.").summary.paragraphs == 2


@pytest.mark.parametrize("name", ["name", "version"])
def test_name_or_version_that_is_no_short_text_is_refused(folder: Path, name: str) -> None:
    for wrong in (2026.2, "", "x" * 101, "a\nb"):
        rewrite(folder, lambda manifest: manifest.update({name: wrong}))  # noqa: B023 - called in this turn only
        with pytest.raises(pressmark.ReleaseError, match=f"{name} must be a text of 1 to 100 printable characters"):
            pressmark.load(folder)


def test_an_unsealed_change_is_refused(folder: Path) -> None:
    content = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).write_bytes(content.replace(b'"2026.1"', b'"2026.9"'))
    with pytest.raises(pressmark.ReleaseError, match="seal"):
        pressmark.load(folder)


def test_every_message_is_one_line(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b"[" * 100_000)
    with pytest.raises(pressmark.ReleaseError) as caught:
        pressmark.load(folder)
    assert "\n" not in str(caught.value)


def test_the_card_lies_beside_the_weights_and_names_the_version() -> None:
    card = (BUNDLED / "CARD.md").read_text(encoding="utf-8")
    assert pressmark.load().version in card.splitlines()[0]
