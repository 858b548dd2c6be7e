"""One model after another: each is loaded, verified and warmed beside the one that serves, then put in its place."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from threading import Thread
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Literal

from pressmark import Judge, ReleaseError
from pressmark.release import BUNDLED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Outcome = Literal["started", "swapped", "unchanged", "refused"]
Why = Literal["", "unsound", "unreadable", "exchanged", "another", "no-thread"]
"""Why one was refused, for figures; empty where it was not."""
# With a name and a version of the longest, in letters of four bytes, half of what a note of the board has room for.
_MOST_TOLD = 300

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Load:
    """An attempt to put a model in place; `error` says why it was refused."""

    at: str
    outcome: Outcome
    error: str | None
    # By a clock that nobody sets, and that all processes of a machine share.
    moment: int = 0
    why: Why = ""


def attempt(
    load: Callable[[Path | None], Judge], folder: Path | None, serving: Judge, expected: str | None = None
) -> tuple[Judge, Load]:
    """Load what the folder now holds; return it, or the judge that serves where it must be refused.

    `expected` is the only digest that will do, where other processes have settled on one.
    """
    try:
        judge = load(folder)
    except ReleaseError as refused:
        return serving, _told("refused", serving, _plainly(str(refused), folder), "unsound")
    except Exception as broken:  # noqa: BLE001 - whatever a release does to the code that reads it, the old one serves on
        _log.exception("loading failed")
        return serving, _told("refused", serving, f"could not be loaded ({type(broken).__name__})", "unreadable")
    if expected not in {None, judge.sha256}:
        return serving, _told("refused", serving, "was exchanged while it was being loaded", "exchanged")
    if (judge.name, judge.classes) != (serving.name, serving.classes):
        # Clients have learnt these names; a model that answers with others is another service.
        told = f"is {judge.name} with the classes {', '.join(judge.classes)}: start the service anew to change either"
        return serving, _told("refused", serving, told, "another")
    if judge.sha256 == serving.sha256:
        return serving, _told("unchanged", serving)
    return judge, _told("swapped", judge)


def in_a_thread(
    attempted: Callable[[], tuple[Judge, Load]], serving: Judge, done: Callable[[tuple[Judge, Load]], object]
) -> Thread | None:
    """Begin an attempt in a thread that nobody waits for at the end: a slow disk keeps no service from stopping.

    Where no thread can be had, that is the outcome at once.
    """
    thread = Thread(target=lambda: done(attempted()), name="loading", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        error = "could not be loaded: the system gives no further thread"
        done((serving, _told("refused", serving, error, "no-thread")))
        return None
    return thread


def first() -> Load:
    """Return the load that a service begins with."""
    return _made("started", None, "")


def note_of(judge: Judge, load: Load, *, serving: bool) -> dict[str, Any]:
    """Return what a process tells the others of its model."""
    return {"serving": serving, "name": judge.name, "version": judge.version, "sha256": judge.sha256, **asdict(load)}


def load_of(note: dict[str, Any]) -> Load:
    """Return the attempt that a process tells of."""
    return Load(note["at"], note["outcome"], note["error"], note["moment"], note["why"])


def _told(outcome: Outcome, judge: Judge, error: str | None = None, why: Why = "") -> Load:
    if error is not None:
        error = "".join(sign if sign.isprintable() else " " for sign in error[:_MOST_TOLD])
    members = {"outcome": outcome, "model": judge.version, "sha256": judge.sha256}
    level = logging.ERROR if error else logging.INFO
    _log.log(level, "model %s", outcome, extra={"members": members | ({"reason": error} if error else {})})
    return _made(outcome, error, why)


def _made(outcome: Outcome, error: str | None, why: Why) -> Load:
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Load(now, outcome, error, monotonic_ns(), why)


def _plainly(message: str, folder: Path | None) -> str:
    """Leave out where the folder is: clients read this, too."""
    for said, plain in ((f"{folder or BUNDLED}/", ""), (str(folder or BUNDLED), "the model folder")):
        message = message.replace(said, plain)
    return message
