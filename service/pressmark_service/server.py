"""``pressmark serve``: takes the address, then has one or several processes serve on it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from types import FrameType

    from pressmark import Judge
    from pressmark_service.settings import Settings


def main(argv: Sequence[str]) -> int:
    """Run ``pressmark serve``; return its exit code."""
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _stop_before_serving)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what is about to be loaded is what the folder holds
    _open_what_is_closed()
    _take_the_name()
    return _run(argv)


def _run(argv: Sequence[str]) -> int:
    # All that takes time is imported late: a signal to stop must count by then.
    from pressmark import ReleaseError  # noqa: PLC0415
    from pressmark_service.keys import read_keys  # noqa: PLC0415
    from pressmark_service.listener import bind  # noqa: PLC0415
    from pressmark_service.settings import SettingsError, settings_or_exit  # noqa: PLC0415

    settings = settings_or_exit(argv, os.environ)
    try:
        if settings.key_file is not None:
            read_keys(settings.key_file)
        with bind(settings.host, settings.port) as listener:
            return _serve(settings, listener)
    except (ReleaseError, SettingsError, OSError) as error:
        told = " ".join(str(error).splitlines())  # paths may hold anything
        sys.stderr.write(f"pressmark serve: {told}\n")
        return 1


def _serve(settings: Settings, listener: socket.socket) -> int:
    from pressmark_service import allocator, announcement, process, supervisor  # noqa: PLC0415
    from pressmark_service.logs import configure_logs  # noqa: PLC0415

    def tell(judge: Judge) -> None:
        announcement.tell(judge, listener.getsockname())

    allocator.give_back()
    configure_logs()
    if settings.traces_url:
        _require_traces(settings.traces_url)
    if settings.workers > 1:
        return supervisor.Supervisor(settings, listener, tell).run()
    return process.run(settings, listener, tell)


def _open_what_is_closed() -> None:
    """Put nothing in the place of closed standard streams: what is opened next would be taken for them."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, and those below are taken
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - stays open


def _take_the_name() -> None:
    """Be called what `pressmark reload` knows a service by; who starts it as a module is called python else."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text("pressmark")


def _require_traces(url: str) -> None:
    """Raise SettingsError where traces cannot be sent: not installed, or OTEL_* variables that cannot be used."""
    from pressmark_service.settings import SettingsError  # noqa: PLC0415

    try:
        from pressmark_service.traces import try_out  # noqa: PLC0415

        try_out(url)
    except ImportError as missing:
        told = (
            f"traces need the extra `traces` ({missing.name} is not installed): pip install 'pressmark[service,traces]'"
        )
        raise SettingsError(told) from None
    except Exception as wrong:  # noqa: BLE001 - whatever OpenTelemetry makes of what it reads from the environment
        raise SettingsError(f"traces cannot be set up, see your OTEL_* variables: {wrong}") from None


def _stop_before_serving(sig: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - as signals are handled
    """End: nothing has been accepted yet, so nothing is lost.

    Not by an exception: imports are under way, and some of what is imported catches any.
    """
    os._exit(0)
