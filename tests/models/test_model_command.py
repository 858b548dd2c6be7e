"""``pressmark model``: lists, verifies and compares releases."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from service import COMMAND, environment

from pressmark.release import BUNDLED, canonical, seal

PARAGRAPHS = ["The army fired missiles at sea.", "Farmers brought in the harvest.", "qwerty"]


def model(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "model", *arguments], capture_output=True, text=True, env=environment(), check=False, timeout=60
    )


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "models" / "other"))


def reseal(release: Path, **members: object) -> None:
    manifest = json.loads((release / "manifest.json").read_text())
    (release / "manifest.json").write_bytes(canonical(seal(manifest | members)))


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    (tmp_path / "paragraphs.txt").write_text("\n".join(PARAGRAPHS), "utf-8")
    return tmp_path / "paragraphs.txt"


def test_sound_release_is_verified() -> None:
    done = model("verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("sound: pressmark ")


def test_altered_release_is_not_sound(release: Path) -> None:
    content = bytearray((release / "pairs.npy").read_bytes())
    content[-1] ^= 1
    (release / "pairs.npy").write_bytes(content)
    done = model("verify", str(release))
    assert (done.returncode, done.stdout) == (1, "")
    assert "pairs.npy" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("members", [{"version": 2026.2}, {"version": None}, {"definitions": None}])
def test_manifest_with_other_members_than_it_must_have_is_not_sound(release: Path, members: dict[str, object]) -> None:
    reseal(release, **members)
    done = model("verify", str(release))
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_releases_are_listed(release: Path) -> None:
    reseal(release, version="test")
    assert model("list", str(release.parent)).stdout.startswith("other  pressmark test  ")


def test_folder_without_releases_is_told_of(tmp_path: Path) -> None:
    done = model("list", str(tmp_path / "nothing"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path}/nothing: holds no folder of a released model\n"


def test_release_in_a_folder_whose_name_is_no_text_is_listed(release: Path) -> None:
    release.rename(release.with_name(os.fsdecode(b"odd\xff")))
    done = model("list", str(release.parent))
    assert done.returncode == 0
    assert done.stdout.startswith("odd\\udcff  pressmark ")


def test_release_does_not_differ_from_itself(articles: Path) -> None:
    done = model("diff", str(BUNDLED), str(BUNDLED), str(articles))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "0 of 3 paragraphs change\n"


def test_changed_marks_are_told_with_the_terms_that_did_it(release: Path, articles: Path) -> None:
    """Turn the weights of two classes around, and their paragraphs change places by the words in them."""
    manifest = json.loads((release / "manifest.json").read_text())
    first, second = (manifest["classes"].index(name) for name in ("military", "industry"))
    (release / "golden.jsonl").write_bytes(b"")
    weights = np.load(release / "coefficients.npy")
    weights[:, [first, second]] = weights[:, [second, first]]
    np.save(release / "coefficients.npy", weights)
    files = manifest["files"]
    for name in ("golden.jsonl", "coefficients.npy"):
        content = (release / name).read_bytes()
        files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    reseal(release, files=files)
    done = model("diff", str(BUNDLED), str(release), str(articles))
    changes = {change["paragraph"]: change for change in map(json.loads, done.stdout.splitlines())}
    assert (changes[0]["before"], changes[0]["text"]) == ("military", PARAGRAPHS[0])
    assert changes[0]["after"] != "military"
    assert {"missiles", "missi", "army"} & set(changes[0]["terms"])
    assert 2 not in changes


@pytest.mark.parametrize("missing", ["A", "FILE"])
def test_what_is_not_there_is_told_in_one_line(tmp_path: Path, articles: Path, missing: str) -> None:
    nothing = tmp_path / "nothing"
    folder, file = (nothing, articles) if missing == "A" else (BUNDLED, nothing)
    done = model("diff", str(folder), str(BUNDLED), str(file))
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert len(done.stderr.splitlines()) == 1
