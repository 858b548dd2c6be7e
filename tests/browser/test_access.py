"""For everybody: keyboard, screen reader, colour-blind eyes, dark rooms, small screens; and nothing from outside."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    Mark = Callable[[str], Any]

pytestmark = pytest.mark.browser

# Machado, Oliveira and Fernandes (2009), severity 1: linear RGB as seen without one kind of cone.
VISION = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# In CIELAB; some 2 can just be told apart side by side, 20 at a glance.
AT_A_GLANCE = 20


def violations(page: Page) -> list[str]:
    """Return what axe finds, with where."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_writing(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.click("#settings > summary")
    page.click("#mark")
    page.locator("#trouble").wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_marked_article(page: Page, example: Any, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    for summary in ("#meanings > summary", "#call > summary", ".why summary >> nth=0"):
        page.click(summary)
    for filled in ("#curl:not(:empty)", ".account"):
        page.locator(filled).wait_for()
    page.locator(".word").first.hover()
    page.locator("#tip").wait_for()
    assert example["paragraphs"]
    assert violations(page) == []


def test_the_keyboard_alone_will_do(page: Page) -> None:
    page.focus("#text")
    page.keyboard.type("The farm harvested rice and wheat.")
    page.keyboard.press("Control+Enter")
    page.locator("#result").wait_for()
    assert page.evaluate("document.activeElement.id") == "result-title"
    while page.evaluate("!document.activeElement.matches('.word')"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body"), "no word was reached"
    first = page.evaluate("document.activeElement.textContent")
    assert page.locator("#tip").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") != first
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_a_paragraph_is_one_stop_of_the_tab_key(page: Page, example: Any) -> None:
    stops = page.locator(".text").evaluate_all("all => all.map(one => one.querySelectorAll('[tabindex=\"0\"]').length)")
    assert stops == [1] * len(example["paragraphs"])


def test_a_word_tells_its_weight_to_a_screen_reader(page: Page, mark: Mark) -> None:
    mark("The farm harvested rice.")
    told = page.locator(".word").first.evaluate(
        "one => document.getElementById(one.getAttribute('aria-describedby')).textContent"
    )
    assert re.fullmatch(r"[+−]\d+\.\d\d (for|against) \w+", told)


def test_the_outcome_is_announced(page: Page, mark: Mark) -> None:
    mark("The farm harvested rice.")
    assert page.inner_text("[role=status]") == "1 paragraph. Economy 100 %."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_categories_differ_to_every_eye(page: Page, example: Any, scheme: Any, vision: str) -> None:
    page.emulate_media(color_scheme=scheme)
    colours = page.locator(".legend .swatch").evaluate_all(
        "all => all.map(one => getComputedStyle(one).backgroundColor)"
    )
    seen = [lab(colour, VISION[vision]) for colour in colours[: len(example["summary"]["shares"])]]
    nearest = min(
        sum((one - other) ** 2 for one, other in zip(*pair, strict=True)) ** 0.5
        for pair in itertools.combinations(seen, 2)
    )
    assert nearest >= AT_A_GLANCE


def lab(colour: str, vision: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """Return a colour as CIELAB, as an eye sees it."""
    channels = [int(part) / 255 for part in re.findall(r"\d+", colour)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * one for weight, one in zip(row, linear, strict=True)))) for row in vision
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    x, y, z = (one ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_dark_follows_the_device_until_the_reader_chooses(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    kept = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.evaluate("localStorage.clear()")
    assert light != dark
    assert kept == light


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_runs_off_a_small_screen(page: Page, example: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.locator(".why summary").first.click()
    page.locator(".account").wait_for()
    assert example["paragraphs"]
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_everything_comes_from_the_service(browser: BrowserContext) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.click("[data-example=en]")
    page.locator("#result").wait_for()
    base = page.url
    page.close()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith(base)] == []


def test_the_policy_lets_nothing_else_in(page: Page) -> None:
    policy = page.request.get("/").headers["content-security-policy"]
    sources = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert sources.pop("default-src") == "'none'"
    assert set(sources.values()) == {"'self'", "'none'", "'script'"}
