"""A service told to put spoilt releases in place: each is refused and told of, and the model before serves on."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from service import Server, serving, until

from pressmark.release import BUNDLED, MANIFEST, canonical, seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Change = Callable[[Path], object]


def resealed(change: Callable[[dict[str, Any]], object]) -> Change:
    """Change the manifest as whoever makes a release could: with a seal that fits."""

    def spoil(folder: Path) -> None:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        change(manifest)
        (folder / MANIFEST).write_bytes(canonical(seal(manifest)))

    return spoil


def replaced(name: str, content: bytes) -> Change:
    """Put other content into a file, with size and digest that fit."""

    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content)
        pin = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        resealed(lambda manifest: manifest["files"].update({name: pin}))(folder)

    return spoil


def linked(name: str) -> Change:
    def spoil(folder: Path) -> None:
        (folder / name).rename(folder.parent / f"elsewhere-{name}")
        (folder / name).symlink_to(folder.parent / f"elsewhere-{name}")

    return spoil


def pickled() -> bytes:
    written = io.BytesIO()
    np.save(written, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return written.getvalue()


def vast() -> bytes:
    """Return an array that says it has far more in it than there is memory."""
    written = io.BytesIO()
    np.lib.format.write_array_header_1_0(written, {"descr": "<i4", "fortran_order": False, "shape": (1 << 50,)})
    return written.getvalue() + b"\0" * 64


def other_classes(manifest: dict[str, Any]) -> None:
    """Make a release that is sound, of categories that are not those of the model in place."""
    renamed = {"military": "arms"}
    manifest["classes"] = [renamed.get(name, name) for name in manifest["classes"]]


def golden_of_other_classes(folder: Path) -> None:
    golden = (folder / "golden.jsonl").read_bytes().replace(b'"military"', b'"arms"')
    replaced("golden.jsonl", golden)(folder)
    resealed(other_classes)(folder)


def out_of(name: str) -> Change:
    return resealed(lambda manifest: manifest["files"].update({name: {"bytes": 1, "sha256": "0" * 64}}))


SPOILT: dict[str, tuple[Change, str]] = {
    "other categories": (golden_of_other_classes, "start the service anew"),
    "another name": (resealed(lambda manifest: manifest.update(name="other")), "start the service anew"),
    "a category too few": (resealed(lambda manifest: manifest["classes"].pop()), "cannot be read as a model"),
    "a category too many": (resealed(lambda manifest: manifest["classes"].append("x")), "cannot be read as a model"),
    "another format": (resealed(lambda manifest: manifest.update(format=99)), "this version reads 1"),
    "another analyzer": (resealed(lambda manifest: manifest.update(analyzer="x/9")), "analyzer"),
    "no seal that fits": (
        lambda folder: (folder / MANIFEST).write_bytes(canonical({"format": 1, "files": {}})),
        "seal",
    ),
    "no manifest": (lambda folder: (folder / MANIFEST).unlink(), "no released model"),
    "a manifest of nothing": (lambda folder: (folder / MANIFEST).write_bytes(b""), "not JSON"),
    "a manifest nested deeply": (lambda folder: (folder / MANIFEST).write_bytes(b"[" * 100_000), "not JSON"),
    "a link for the manifest": (linked(MANIFEST), "no released model"),
    "a missing file": (lambda folder: (folder / "pairs.npy").unlink(), "missing"),
    "a file not named": (resealed(lambda manifest: manifest["files"].pop("stems.txt")), "names no stems.txt"),
    "a link for a file": (linked("pieces.txt"), "regular file"),
    "a pipe for a file": (
        lambda folder: ((folder / "pieces.txt").unlink(), os.mkfifo(folder / "pieces.txt")),
        "regular file",
    ),
    "a way up in a name": (out_of("../pieces.txt"), "plain file name"),
    "a way out in a name": (out_of("/etc/hostname"), "plain file name"),
    "a folder in a name": (out_of("a/b"), "plain file name"),
    "two dots for a name": (out_of(".."), "plain file name"),
    "a wrong digest": (
        resealed(lambda manifest: manifest["files"]["pieces.txt"].update(sha256="0" * 64)),
        "does not have the SHA-256",
    ),
    "a huge size declared": (
        resealed(lambda manifest: manifest["files"]["pieces.txt"].update(bytes=1 << 60)),
        "bytes long",
    ),
    "a huge file": (lambda folder: os.truncate(folder / "pairs.npy", 1 << 40), "bytes long"),
    "a huge array declared": (replaced("coefficients.npy", vast()), ""),
    "a pickle for an array": (replaced("frequencies.npy", pickled()), "cannot be read as a model"),
    "half a file": (lambda folder: os.truncate(folder / "pieces.txt", 1000), "bytes long"),
    "a number for a version": (resealed(lambda manifest: manifest.update(version=2026.2)), "version must be a text"),
    "no definitions": (resealed(lambda manifest: manifest.pop("definitions")), "definitions must be an object"),
    "a number for a pin": (resealed(lambda manifest: manifest["files"].update({"pieces.txt": 5})), "must be an object"),
    "golden predictions of others": (
        resealed(lambda manifest: manifest["weights"].update(step=0.002)),
        "golden predictions",
    ),
    "nothing": (shutil.rmtree, "no such model folder"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("place") / "model"


@pytest.fixture(scope="module")
def reloaded(place: Path) -> Iterator[Server]:
    shutil.copytree(BUNDLED, place)
    with serving(place.parent / "log", "--model", str(place), "--access-log", "off") as server:
        yield server


def model_of(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(server.url + "/v1/model", trust_env=False).json()
    return told


def refusals(server: Server) -> Counter[str]:
    """Return how often each reason to refuse was counted."""
    text = httpx.get(server.url + "/metrics", trust_env=False).text
    found = re.findall(r'^pressmark_model_loads_total\{outcome="refused",reason="(.+)"\} ([0-9]+)', text, re.MULTILINE)
    return Counter({reason: int(count) for reason, count in found})


def reason_of(error: str) -> str:
    """Return the reason that figures give for an error."""
    told = {"start the service anew": "another", "could not be loaded": "unreadable"}
    return next((reason for part, reason in told.items() if part in error), "unsound")


@pytest.mark.parametrize("case", SPOILT)
def test_spoilt_release_is_refused_and_the_model_before_serves_on(place: Path, reloaded: Server, case: str) -> None:
    spoil, told = SPOILT[case]
    before = model_of(reloaded)
    counted = refusals(reloaded)
    try:
        spoil(place)
        reloaded.process.send_signal(signal.SIGHUP)
        until(lambda: model_of(reloaded)["last_load"]["at"] != before["last_load"]["at"])
        after = model_of(reloaded)
        answer = httpx.post(reloaded.url + "/classify", json={"text": "The army drilled."}, trust_env=False).json()
    finally:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(BUNDLED, place)
    assert after["last_load"]["outcome"] == "refused"
    assert told in after["last_load"]["error"]
    assert str(place) not in after["last_load"]["error"]
    assert refusals(reloaded) - counted == {reason_of(after["last_load"]["error"]): 1}
    assert after["sha256"] == before["sha256"] == answer["model"]["sha256"]


def test_sound_release_after_all_of_them_is_put_in_place(place: Path, reloaded: Server) -> None:
    resealed(lambda manifest: manifest.update(version="after"))(place)
    reloaded.process.send_signal(signal.SIGHUP)
    until(lambda: model_of(reloaded)["version"] == "after")
