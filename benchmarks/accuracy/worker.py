"""What runs inside the environment of a peer: choose its setting on folds of the corpus, train it, score texts.

Called as ``python -m accuracy.worker MODULE ANSWER``, with the task as JSON on standard input; the answer is
written to the file ANSWER as JSON, and progress goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from accuracy.figures import macro_f1

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from accuracy.peers.face import PeerModule, Setting


@dataclass(frozen=True, slots=True)
class Choice:
    """The setting that did best on held-out articles of the corpus, its macro-F1 there, and of how many."""

    setting: Setting
    macro_f1: float
    tried: int


@dataclass(frozen=True, slots=True)
class Task:
    """Training texts with their labels and folds, and the texts to score; a choice where it is already made."""

    language: str
    classes: list[str]
    texts: list[str]
    labels: list[str]
    folds: list[int]
    queries: list[str]
    choice: Choice | None


def main(arguments: list[str]) -> None:
    """Do one task."""
    name, answer = arguments
    _keep_to_one_core()
    peer = cast("PeerModule", importlib.import_module(f"accuracy.peers.{name}"))
    given = json.load(sys.stdin)
    task = Task(**given | {"choice": given["choice"] and Choice(**given["choice"])})
    choice = task.choice or _choose(peer, name, task)
    _tell(name, task, f"training with {choice.setting}")
    result = {
        "choice": asdict(choice),
        "logits": _logits(peer, task, choice.setting).tolist(),
        "versions": {library: metadata.version(library) for library in peer.LIBRARIES},
    }
    Path(answer).write_text(json.dumps(result), encoding="utf-8")


def _keep_to_one_core() -> None:
    """Leave the other cores to others; also, threads of one core race less, so that runs differ less."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _choose(peer: PeerModule, name: str, task: Task) -> Choice:
    """Return the setting with the best macro-F1 on held-out articles, the first of equals."""
    settings = peer.settings(task.language)
    scores = []
    for number, setting in enumerate(settings, 1):
        scores.append(_held_out_macro_f1(peer, task, setting))
        _tell(name, task, f"setting {number} of {len(settings)}, {setting}: {scores[-1]:.3f}")
    best = max(range(len(settings)), key=scores.__getitem__)
    return Choice(settings[best], scores[best], len(settings))


def _held_out_macro_f1(peer: PeerModule, task: Task, setting: Setting) -> float:
    folds = np.array(task.folds)
    labels = np.array([task.classes.index(label) for label in task.labels])
    predicted = np.zeros_like(labels)
    for fold in sorted(set(task.folds)):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        model = peer.make(task.language, task.classes, setting)
        model.fit([task.texts[at] for at in inside], [task.labels[at] for at in inside])
        predicted[outside] = model.logits([task.texts[at] for at in outside]).argmax(axis=1)
    return macro_f1(labels, predicted, len(task.classes))


def _logits(peer: PeerModule, task: Task, setting: Setting) -> NDArray[np.float64]:
    runs = []
    for _ in range(peer.RUNS):
        model = peer.make(task.language, task.classes, setting)
        model.fit(task.texts, task.labels)
        runs.append(model.logits(task.queries))
    mean: NDArray[np.float64] = np.mean(runs, axis=0)
    return mean


def _tell(name: str, task: Task, what: str) -> None:
    print(f"{name}, {task.language}: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
