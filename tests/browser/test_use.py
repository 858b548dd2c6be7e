"""Using the page: ways in, ways out, settings, and what happens when the service says no."""

from __future__ import annotations

import csv
import io
import json
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from service import environment, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Route

    Mark = Callable[[str], Any]

pytestmark = pytest.mark.browser

# Every character that a shell, CSV or JSON could trip over.
AWKWARD = 'The farm\'s "rice", `tons` of it; $HOME \\n 100 % — 벼 🌾\nSteel, too.\nARTICLE'


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on the page, as a browser does."""
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "text/plain" }));
            return transfer;
        }""",
        [name, list(content)],
    )
    for kind in ("dragenter", "dragover", "drop"):
        page.dispatch_event("body", kind, {"dataTransfer": transfer})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "euc-kr", "utf-16"])
def test_a_dropped_file_is_marked(page: Page, encoding: str) -> None:
    text = "농장에서 벼를 거두었다."
    drop(page, "article.txt", text.encode(encoding))
    page.locator("#result").wait_for()
    assert page.locator(".text").all_text_contents() == [text]


def test_an_opened_file_is_marked(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text("The farm harvested rice.", "utf-8")
    with page.expect_file_chooser() as chooser:
        page.click("#open")
    chooser.value.set_files(file)
    page.locator("#result").wait_for()
    assert page.locator(".text").all_text_contents() == ["The farm harvested rice."]


def test_a_file_that_is_no_text_is_refused_and_the_text_stays(page: Page) -> None:
    page.fill("#text", "My own words.")
    drop(page, "picture.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    page.locator("#trouble").wait_for()
    assert "not a text file" in page.inner_text("#trouble")
    assert page.input_value("#text") == "My own words."


def test_an_example_never_costs_the_reader_their_text(page: Page) -> None:
    page.fill("#text", "My own words.")
    page.click("[data-example=en]")
    page.locator("#result").wait_for()
    page.click("#edit")
    page.click("#back")
    assert page.input_value("#text") == "My own words."


def test_editing_goes_back_to_the_text(page: Page, mark: Mark) -> None:
    mark("The farm harvested rice.")
    page.click("#edit")
    assert page.input_value("#text") == "The farm harvested rice."
    assert page.locator("#result").is_hidden()


def test_no_text_is_told(page: Page) -> None:
    page.click("#mark")
    assert "no article yet" in page.inner_text("#trouble")


def test_json_is_the_answer(page: Page, mark: Mark) -> None:
    answer = mark(AWKWARD)
    page.click("[data-copy=json]")
    page.get_by_text("Copied", exact=True).wait_for()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == answer


def test_csv_has_a_row_for_each_paragraph(page: Page, mark: Mark) -> None:
    answer = mark(AWKWARD)
    with page.expect_download() as got:
        page.click("[data-download=csv]")
    content = got.value.path().read_bytes()
    assert got.value.suggested_filename == "pressmark.csv"
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert content.startswith(b"\xef\xbb\xbf")
    assert "\n".join(row["text"] for row in rows) == AWKWARD
    assert [row["category"] or None for row in rows] == [one["category"] for one in answer["paragraphs"]]
    assert [float(row["score_other"]) for row in rows] == [one["scores"]["other"] for one in answer["paragraphs"]]


def test_the_curl_call_gives_the_same_answer(page: Page, mark: Mark) -> None:
    answer = mark(AWKWARD)
    page.click("#call > summary")
    command = page.locator("#curl:not(:empty)").text_content() or ""
    done = subprocess.run(["bash", "-c", command], env=environment(NO_PROXY="*"), capture_output=True, check=True)
    assert json.loads(done.stdout) == answer


@pytest.mark.parametrize(
    ("name", "act", "expected"),
    [
        ("split", lambda page: page.select_option("#split", "none"), "none"),
        ("context", lambda page: page.uncheck("#context"), False),
        ("abstain", lambda page: page.uncheck("#abstain"), False),
    ],
)
def test_a_setting_judges_anew(
    page: Page, mark: Mark, name: str, act: Callable[[Page], None], expected: object
) -> None:
    mark("The farm harvested rice.\nThe mill was repaired.")
    page.click("#settings > summary")
    with page.expect_request("**/v1/classify") as asked:
        act(page)
    assert asked.value.post_data_json[name] == expected


def test_too_large_is_told_with_the_limit_and_the_text_stays(open_page: Callable[..., Page], tmp_path: Path) -> None:
    text = "The farm harvested rice. " * 400
    with serving(tmp_path / "log", "--body-bytes", "4096") as small:
        page = open_page(small.url, expect="413")
        page.fill("#text", text)
        page.click("#mark")
        page.locator("#trouble").wait_for()
        assert "too large" in page.inner_text("#trouble .title")
        assert "4096" in page.inner_text("#trouble").replace(",", "")
        assert page.get_by_role("button", name="Try again").count() == 0
    assert page.input_value("#text") == text


def test_a_service_that_went_away_is_told_and_the_text_stays(open_page: Callable[..., Page], tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--drain-delay", "0") as passing:
        page = open_page(passing.url, expect="net::ERR_")
        page.fill("#text", "My own words.")
    with socket.socket() as held:  # bound and not listening, so that nobody else's server takes the port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((passing.host, passing.port))
        page.click("#mark")
        page.locator("#trouble").wait_for()
    assert "cannot be reached" in page.inner_text("#trouble")
    assert page.get_by_role("button", name="Try again").count() == 1
    assert page.input_value("#text") == "My own words."


def test_a_full_service_is_told_with_when_to_come_back(open_page: Callable[..., Page]) -> None:
    """The answer of an overloaded service, put in the browser's way: the page must read it from the wire's form."""
    page = open_page(expect="503")
    problem = {"type": "urn:pressmark:problem:not-ready", "title": "Not ready", "status": 503, "detail": "Later."}
    page.route(
        "**/v1/classify",
        lambda route: route.fulfill(
            status=503,
            headers={"Content-Type": "application/problem+json", "Retry-After": "7"},
            body=json.dumps(problem),
        ),
    )
    page.fill("#text", "The farm harvested rice.")
    page.click("#mark")
    page.locator("#trouble").wait_for()
    assert "Try again in 7 seconds." in page.inner_text("#trouble")
    page.unroute("**/v1/classify")
    page.get_by_role("button", name="Try again").click()
    page.locator("#result").wait_for()
    assert page.locator("#trouble").is_hidden()


def test_a_locked_service_asks_for_the_key_and_never_shows_it(open_page: Callable[..., Page]) -> None:
    """A service with keys, put in the browser's way."""
    page = open_page(expect="401")
    problem = {"type": "urn:pressmark:problem:unauthorized", "title": "Key needed", "status": 401, "detail": "Send it."}

    def guard(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer secret":
            route.continue_()
        else:
            route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(problem))

    page.route("**/v1/**", guard)
    page.fill("#text", "The farm harvested rice.")
    page.click("#mark")
    page.fill("#key", "secret")
    page.keyboard.press("Enter")
    page.locator("#result").wait_for()
    page.click("#call > summary")
    command = page.locator("#curl:not(:empty)").text_content() or ""
    assert "Bearer $PRESSMARK_KEY" in command
    assert "secret" not in command


def test_the_page_of_a_service_with_keys_opens_and_asks_for_one(open_page: Callable[..., Page], tmp_path: Path) -> None:
    file = tmp_path / "keys"
    made = subprocess.run(
        ["pressmark", "keys", "add", "desk", "--file", file],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    with serving(tmp_path / "log", "--key-file", str(file)) as locked:
        page = open_page(locked.url, expect="401")
        page.fill("#text", "The farm harvested rice.")
        page.click("#mark")
        page.fill("#key", made.stdout.strip())
        page.keyboard.press("Enter")
        page.locator("#result").wait_for()


def test_an_answer_from_something_else_is_told(open_page: Callable[..., Page]) -> None:
    page = open_page(expect="502")
    page.route("**/v1/classify", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    page.fill("#text", "The farm harvested rice.")
    page.click("#mark")
    page.locator("#trouble").wait_for()
    assert "no answer of Pressmark" in page.inner_text("#trouble")
