"""What the tests of the page share: the real server, and one real browser with a page for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import browsing, require_chromium
from service import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page
    from service import Server

EXAMPLES = ("en", "ko")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("page") / "log", "--drain-delay", "0") as started:
        yield started


@pytest.fixture(scope="session")
def browser(served: Server) -> Iterator[BrowserContext]:
    require_chromium()
    with browsing(base_url=served.url, viewport={"width": 1180, "height": 900}, accept_downloads=True) as opened:
        opened.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.url)
        yield opened


@pytest.fixture
def open_page(browser: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Open the page afresh; whatever the browser complains of fails the test, unless it is expected."""
    complaints: list[str] = []
    opened: list[Page] = []
    expected: list[str] = []

    def open_one(url: str = "/", *, expect: str = "") -> Page:
        page = browser.new_page()
        opened.append(page)
        expected.append(expect)
        page.on("console", lambda told: told.type in {"error", "warning"} and complaints.append(told.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_one
    for page in opened:
        page.close()
    assert [told for told in complaints if not any(words and words in told for words in expected)] == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture
def mark(page: Page) -> Callable[[str], Any]:
    """Paste a text, have it marked, and return the service's answer."""

    def mark_text(text: str) -> Any:
        page.fill("#text", text)
        with page.expect_response("**/v1/classify") as got:
            page.click("#mark")
        page.locator("#result").wait_for()
        return got.value.json()

    return mark_text


@pytest.fixture(params=EXAMPLES)
def example(page: Page, request: pytest.FixtureRequest) -> Any:
    """Load an example, and return the service's answer."""
    with page.expect_response("**/v1/classify") as got:
        page.click(f"[data-example={request.param}]")
    page.locator("#result").wait_for()
    return got.value.json()
