"""The service with a judge that breaks on every article; tests start it in place of ``pressmark serve``."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import pressmark
from pressmark_service import announcement
from pressmark_service.app import create_app
from pressmark_service.listener import bind
from pressmark_service.logs import configure_logs
from pressmark_service.process import serve
from pressmark_service.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path


class BrokenJudge(pressmark.Judge):
    """Breaks, and quotes in its message what it broke on, as many exceptions do."""

    def __init__(self, sound: pressmark.Judge) -> None:
        super().__init__(sound._release)

    def classify(self, article: Any, **_: Any) -> NoReturn:
        """Break."""
        raise LookupError(article)


def load(folder: Path | None) -> pressmark.Judge:
    """Load a judge that breaks."""
    return BrokenJudge(pressmark.load(folder))


if __name__ == "__main__":
    settings = read_settings(sys.argv[1:], {})
    configure_logs()
    with bind(settings.host, settings.port) as listener:
        app = create_app(settings, load=load)
        sys.exit(asyncio.run(serve(app, listener, lambda judge: announcement.tell(judge, listener.getsockname()))))
