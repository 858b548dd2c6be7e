"""A released model folder: the manifest is read first, every file is verified, and only then is anything loaded.

Nothing here unpickles. A release is data: text files of terms, ``.npy`` arrays, and a manifest that seals
itself and pins every other file by size and SHA-256. ``pipeline.joblib`` lies beside them for people who
want the model in scikit-learn; it is verified like the rest and never opened.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pressmark.context import ContextRule
from pressmark.decision import SETTINGS, Calibration, Thresholds
from pressmark.manifest import ReleaseError, check
from pressmark.scoring import Vocabulary, Weights
from pressmark.terms import ANALYZER

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
BUNDLED = Path(__file__).parent / "released" / "2026.1"
MANIFEST = "manifest.json"
GOLDEN = "golden.jsonl"

_NEEDED = ("pieces.txt", "stems.txt", "pairs.npy", "frequencies.npy", "coefficients.npy", GOLDEN)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# A model over every word of both languages is some megabytes; these only stop a hostile declaration.
_LARGEST_MANIFEST = 4 << 20
_LARGEST_FILE = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """What a verified model folder holds."""

    folder: Path
    manifest: dict[str, Any]
    sha256: str
    vocabulary: Vocabulary
    weights: Weights
    context: ContextRule
    thresholds: Thresholds
    calibration: dict[str, Calibration]
    golden: tuple[dict[str, Any], ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of the weights: the categories, then the rejected class if there is one."""
        return tuple(self.manifest["classes"])

    @property
    def categories(self) -> tuple[str, ...]:
        """The classes that an answer may name as a category."""
        return tuple(name for name in self.classes if name != self.manifest["rejected"])


def canonical(manifest: dict[str, Any]) -> bytes:
    """Return the one byte form of a manifest, so that its seal covers every bit of the file."""
    return json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def seal(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return `manifest` with the digest of all its other members."""
    body = {name: value for name, value in manifest.items() if name != "seal"}
    return body | {"seal": hashlib.sha256(canonical(body)).hexdigest()}


def load_release(folder: Path) -> Release:
    """Verify and load the release in `folder`; raises `ReleaseError` with one clear line otherwise."""
    manifest, sha256 = _read_manifest(folder)
    with read_as_model(folder):
        check(manifest)
        contents = {name: _read_pinned(folder, name, pin) for name, pin in manifest["files"].items()}
        return _build(folder, manifest, sha256, contents)


@contextmanager
def read_as_model(folder: Path) -> Iterator[None]:
    """Raise `ReleaseError` for whatever a sealed release does to the code that reads it.

    The digests held, so whoever made it wrote something that this code cannot read.
    """
    try:
        yield
    except ReleaseError:
        raise
    except MemoryError as error:
        raise ReleaseError(f"{folder}: there is not enough memory to load it") from error
    except Exception as error:
        raise ReleaseError(f"{folder}: is sealed, but cannot be read as a model: {error!r}") from error


def _read_manifest(folder: Path) -> tuple[dict[str, Any], str]:
    path = folder / MANIFEST
    if not folder.is_dir():
        raise ReleaseError(f"{folder}: no such model folder")
    if not path.is_file() or path.is_symlink():
        raise ReleaseError(f"{folder}: holds no {MANIFEST}, so it is no released model")
    content = _read_bounded(path, _LARGEST_MANIFEST)
    manifest = _parse_manifest(path, content)
    if not _is_sealed(manifest, content):
        raise ReleaseError(f"{path}: does not match its own seal; the file is altered")
    if manifest.get("analyzer") != ANALYZER:
        made_for = manifest.get("analyzer")
        raise ReleaseError(f"{path}: made for the analyzer {made_for!r}, this version has {ANALYZER!r}")
    missing = [name for name in _NEEDED if name not in manifest["files"]]
    if missing:
        raise ReleaseError(f"{path}: names no {missing[0]}")
    return manifest, hashlib.sha256(content).hexdigest()


def _parse_manifest(path: Path, content: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{path}: is not JSON; the file is truncated or altered") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ReleaseError(f"{path}: is not the manifest of a pressmark model")
    if manifest.get("format") != FORMAT:
        raise ReleaseError(f"{path}: format is {manifest.get('format')!r}, this version reads {FORMAT}")
    return manifest


def _is_sealed(manifest: dict[str, Any], content: bytes) -> bool:
    try:
        return canonical(seal(manifest)) == content
    except (ValueError, RecursionError):  # half of a character that takes two, say, which has no bytes
        return False


def _read_pinned(folder: Path, name: str, pin: dict[str, Any]) -> bytes:
    path = folder / name
    if _PLAIN_NAME.fullmatch(name) is None:
        raise ReleaseError(f"{folder}: the manifest names {name!r}, which is not a plain file name")
    if path.is_symlink() or not path.is_file():
        raise ReleaseError(f"{path}: is missing or not a regular file")
    size = path.stat().st_size
    if size != pin.get("bytes"):
        raise ReleaseError(f"{path}: is {size} bytes long, the manifest says {pin.get('bytes')!r}")
    content = _read_bounded(path, _LARGEST_FILE)
    if hashlib.sha256(content).hexdigest() != pin.get("sha256"):
        raise ReleaseError(f"{path}: does not have the SHA-256 that the manifest says; the file is altered")
    return content


def _read_bounded(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > most:
        raise ReleaseError(f"{path}: is larger than {most} bytes, which no model file is")
    return content


def _build(folder: Path, manifest: dict[str, Any], sha256: str, contents: dict[str, bytes]) -> Release:
    vocabulary = Vocabulary(
        pieces=_lines(contents["pieces.txt"]),
        stems=_lines(contents["stems.txt"]),
        pairs=_array(contents["pairs.npy"]),
    )
    weights = _weights(manifest, contents)
    _check_shapes(vocabulary, weights, manifest["classes"])
    return Release(
        folder=folder,
        manifest=manifest,
        sha256=sha256,
        vocabulary=vocabulary,
        weights=weights,
        context=ContextRule(**manifest["context"]),
        thresholds=Thresholds(**manifest["thresholds"]),
        calibration={setting: _calibration(manifest["calibration"][setting]) for setting in SETTINGS},
        golden=tuple(json.loads(line) for line in contents[GOLDEN].splitlines()),
    )


def _weights(manifest: dict[str, Any], contents: dict[str, bytes]) -> Weights:
    linear = manifest["weights"]
    return Weights(
        documents=linear["documents"],
        document_frequency=_array(contents["frequencies.npy"]),
        coefficients=_array(contents["coefficients.npy"]) * float(linear["step"]),
        intercepts=np.array(linear["intercepts"], np.float64),
    )


def _check_shapes(vocabulary: Vocabulary, weights: Weights, classes: list[str]) -> None:
    expected = (len(vocabulary), len(classes))
    if weights.coefficients.shape != expected or weights.document_frequency.shape != expected[:1]:
        raise ValueError(f"weights are {weights.coefficients.shape}, terms and classes are {expected}")
    if weights.intercepts.shape != expected[1:]:
        raise ValueError(f"{len(weights.intercepts)} intercepts for {len(classes)} classes")
    if not (np.isfinite(weights.coefficients).all() and np.isfinite(weights.idf()).all()):
        raise ValueError("weights are no finite numbers")
    pairs = vocabulary.pairs
    if pairs.shape[1:] != (2,) or (pairs < 0).any() or (pairs >= len(vocabulary.stems)).any():
        raise ValueError("pairs are no pairs of stems")


def _calibration(figures: dict[str, Any]) -> Calibration:
    return Calibration(**(figures | {"offsets": tuple(figures["offsets"])}))


def _lines(content: bytes) -> tuple[str, ...]:
    return tuple(content.decode().splitlines())


def _array(content: bytes) -> Any:  # noqa: ANN401  the callers' annotations say which array
    return np.load(io.BytesIO(content), allow_pickle=False)
