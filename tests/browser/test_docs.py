"""The documentation page in a browser: each operation can be tried as it stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_every_example_is_sent_as_it_stands_and_answered(open_page: Callable[..., Page]) -> None:
    page = open_page("/docs")
    sent = []
    for form in page.locator("form").all():
        form.get_by_role("button", name="Send").click()
        form.locator("output pre").wait_for()
        told = form.locator("output pre").inner_text().splitlines()
        assert (told[0], len(told) > 1) == ("200", True), form.get_attribute("data-path")
        sent.append(form.get_attribute("data-path"))
    assert {"./v2/models/{model}/versions/{version}/infer", "./v1/classify/stream", "./metrics"} <= set(sent)


def test_what_stands_in_a_path_can_be_changed(open_page: Callable[..., Page]) -> None:
    page = open_page("/docs", expect="404")
    form = page.locator("#openInferenceModel form")
    form.get_by_label("model").fill("an other")
    with page.expect_request("**/v2/models/an%20other"):
        form.get_by_role("button", name="Send").click()
    form.locator("output pre").wait_for()
    assert form.locator("output pre").inner_text().startswith("404")
