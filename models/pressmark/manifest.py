"""What the manifest of a release has to hold, so that nobody who reads it later meets with anything else."""

from __future__ import annotations

import math
from typing import Any

# A name stands in every answer, in logs, in metrics and on terminals.
_MOST_CHARACTERS = 100


class ReleaseError(Exception):
    """A model folder cannot be used; the message is one line that says what is wrong with it."""


def check(manifest: dict[str, Any]) -> None:
    """Raise ValueError if a member that the judge or the service relies on is missing or of another kind."""
    classes, rejected = manifest.get("classes"), manifest.get("rejected")
    _require(_is_label(manifest.get("name")), f"name must be {_LABEL}")
    _require(_is_label(manifest.get("version")), f"version must be {_LABEL}")
    _require(isinstance(classes, list) and all(map(_is_label, classes)), f"classes must be a list, each {_LABEL}")
    _require(len(set(classes or ())) == len(classes or ()), "classes must differ from each other")
    _require("rejected" in manifest and rejected in {None, *(classes or ())[-1:]}, "rejected must be the last class")
    _require(len(classes or ()) > (rejected is not None), "classes must hold a category")
    for name in ("files", "definitions", "metrics", "calibration", "context", "thresholds", "weights"):
        _require(isinstance(manifest.get(name), dict), f"{name} must be an object")
    for name, pin in manifest["files"].items():
        _require(isinstance(pin, dict), f"files: {name!r} must be an object")
    _require(all(isinstance(text, str) for text in manifest["definitions"].values()), "definitions must be texts")
    _check_figures(manifest)


def _check_figures(manifest: dict[str, Any]) -> None:
    context, thresholds, weights = manifest["context"], manifest["thresholds"], manifest["weights"]
    counts = (context.get("reach"), thresholds.get("words"), weights.get("documents"))
    figures = [context.get("strength"), thresholds.get("known"), weights.get("step"), *_list(weights, "intercepts")]
    for setting in manifest["calibration"].values():
        _require(isinstance(setting, dict), "calibration must hold objects")
        offsets = _list(setting, "offsets")
        _require(len(offsets) == len(manifest["classes"]), "calibration: offsets must be one for each class")
        figures += [*offsets, *(value for name, value in setting.items() if name != "offsets")]
        temperature = setting.get("temperature")
        _require(_is_figure(temperature) and temperature > 0, "calibration: temperature must be above 0")
    _require(all(type(one) is int and one >= 0 for one in counts), "reach, words and documents must be whole numbers")
    _require(all(map(_is_figure, figures)), "context, thresholds, weights and calibration must hold numbers")


_LABEL = f"a text of 1 to {_MOST_CHARACTERS} printable characters"


def _is_label(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_CHARACTERS and value.isprintable()


def _is_figure(value: object) -> bool:
    return type(value) in {int, float} and math.isfinite(value)  # type: ignore[arg-type] # one of both


def _list(members: dict[str, Any], name: str) -> list[Any]:
    value = members.get(name)
    return value if isinstance(value, list) else [None]


def _require(holds: object, told: str) -> None:
    if not holds:
        raise ValueError(told)
