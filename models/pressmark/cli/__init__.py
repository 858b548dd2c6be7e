"""The command line: one module per command, imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from pressmark.manifest import ReleaseError
from pressmark.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Commands by import string: the server's live in a package that stands above this one.
_COMMANDS = {
    "serve": ("pressmark_service.server", "start the service"),
    "classify": ("pressmark.cli.classify", "mark the paragraphs of a file or of standard input"),
    "batch": ("pressmark.cli.batch", "mark an archive, on all cores or on a cluster"),
    "health": ("pressmark.cli.health", "ask a running service whether it is ready"),
    "reload": ("pressmark.cli.reload", "have a running service take the model that its folder now holds"),
    "model": ("pressmark.cli.model", "list, verify and compare released models"),
    "evaluate": ("pressmark.cli.evaluate", "measure a model on labelled paragraphs"),
    "train": ("pressmark.cli.train", "train a model and release it to a folder"),
    "calibrate": ("pressmark.cli.calibrate", "fit probabilities and thresholds to labelled real paragraphs"),
    "corpus": ("pressmark.cli.corpus", "check training paragraphs, list doubtful labels"),
    "keys": ("pressmark_service.keys", "make keys for the service"),
    "openapi": ("pressmark_service.openapi", "print the OpenAPI document of the service"),
}

# What a shell says of a command that cannot be used as called.
USAGE_ERROR = 2
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in {"-h", "--help", "help"}:
        print(_help())
        return 0 if given else USAGE_ERROR
    if given[0] in {"-V", "--version"}:
        print(f"pressmark {__version__}")
        return 0
    return _run(given[0], given[1:])


def fail(message: str) -> int:
    """Tell what is wrong in one line on standard error; returns the exit code of a command called wrongly."""
    print("pressmark: " + " ".join(message.splitlines()), file=sys.stderr)  # paths may hold anything
    return USAGE_ERROR


def _run(name: str, rest: list[str]) -> int:
    if name not in _COMMANDS:
        return fail(f"there is no command {name!r}; 'pressmark --help' lists them")
    try:
        command: Callable[[list[str]], int] = importlib.import_module(_COMMANDS[name][0]).main
        return command(rest)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pressmark"):
            raise
        return fail(
            f"'{name}' needs the package {error.name}: pip install 'pressmark[{_extra(name, error.name or '')}]'"
        )
    except ReleaseError as error:
        return fail(str(error))
    except BrokenPipeError:
        # Whoever read our output has read enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED


def _extra(name: str, needed: str) -> str:
    if name == "batch":
        return "batch,ray" if needed == "ray" else "batch"
    return "service" if _COMMANDS[name][0].startswith("pressmark_service") else "train"


def _help() -> str:
    commands = "\n".join(f"  {name:<10} {text}" for name, (_, text) in _COMMANDS.items())
    return (
        "usage: pressmark COMMAND [OPTION ...]\n\n"
        "Marks every paragraph of an article as military, economy, ideology or industry.\n\n"
        f"commands:\n{commands}\n\n'pressmark COMMAND --help' tells the options of each."
    )
