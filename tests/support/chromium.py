"""A real Chromium, and pages in it: Debian's, installed where that can be done, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from missing import cannot_test
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext

CHROMIUM = "/usr/bin/chromium"
# Chromium, a Korean serif, and the face that stands for Palatino where that is not installed.
PACKAGES = ("chromium", "fonts-nanum", "fonts-texgyre")
# The page speaks to its service only, and neither may the browser speak to anybody else.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def require_chromium() -> None:
    """Install Chromium if it is not there; skip where that cannot be, but never where CI=true."""
    if not Path(CHROMIUM).exists() and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, check=False, stdout=subprocess.DEVNULL)
    if Path(CHROMIUM).exists():
        return
    cannot_test(f"the page is tested in {CHROMIUM}: as root on Debian, or once `apt-get install chromium` was done")


@contextmanager
def browsing(**context: Any) -> Iterator[BrowserContext]:
    """Open a browser with nothing in it and close it at the end; the keywords are Playwright's of a context."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile, sync_playwright() as playwright:
        opened = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, headless=True, args=list(FLAGS), **context
        )
        try:
            yield opened
        finally:
            opened.close()
