"""The service with a judge that waits in each judgement until it gets SIGUSR1; tests start it in place of it."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pressmark
from pressmark_service import announcement
from pressmark_service.app import create_app
from pressmark_service.listener import bind
from pressmark_service.logs import configure_logs
from pressmark_service.process import serve
from pressmark_service.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

released = threading.Event()


class HeldJudge(pressmark.Judge):
    """Judges once it is let go."""

    def __init__(self, sound: pressmark.Judge) -> None:
        super().__init__(sound._release)

    def classify(self, article: Any, **options: Any) -> pressmark.Article:
        """Wait, then judge."""
        assert released.wait(60)
        return super().classify(article, **options)


def load(folder: Path | None) -> pressmark.Judge:
    """Load a judge that waits."""
    return HeldJudge(pressmark.load(folder))


if __name__ == "__main__":
    settings = read_settings(["--inline-bytes", "0", *sys.argv[1:]], {})
    signal.signal(signal.SIGUSR1, lambda *_: released.set())
    configure_logs()
    with bind(settings.host, settings.port) as listener:
        app = create_app(settings, load=load)
        sys.exit(asyncio.run(serve(app, listener, lambda judge: announcement.tell(judge, listener.getsockname()))))
