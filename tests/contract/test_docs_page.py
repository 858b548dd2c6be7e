"""/docs: a page that loads nothing from anywhere else and tells every operation."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx


class Page(HTMLParser):
    """Collects what a page refers to, its ids, and the tags left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what it refers to."""
        told = {name: value or "" for name, value in attrs}
        self.references += [f"{tag}:{told[name]}" for name in ("src", "href", "action", "data") if name in told]
        self.ids += [told["id"]] if "id" in told else []


@pytest.fixture
def page(client: httpx.Client) -> Page:
    return Page(client.get("/docs").text)


def test_refers_to_nothing_outside(page: Page) -> None:
    assert {one for one in page.references if not one.startswith("a:#")} == {"a:openapi.json"}


def test_links_lead_somewhere(page: Page) -> None:
    targets = {one.removeprefix("a:#") for one in page.references if one.startswith("a:#")}
    assert targets <= set(page.ids)


def test_ids_are_unique(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))


def test_tells_every_operation_and_schema(page: Page, document: dict[str, Any]) -> None:
    operations = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    assert operations | set(document["components"]["schemas"]) <= set(page.ids)


def test_tells_every_type_of_problem(client: httpx.Client, document: dict[str, Any]) -> None:
    text = client.get("/docs").text
    assert all(one in text for one in document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"])


@pytest.mark.parametrize("element", ["style", "script"])
def test_policy_allows_exactly_what_the_page_carries(client: httpx.Client, element: str) -> None:
    answer = client.get("/docs")
    carried = re.findall(f"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
    assert len(carried) == 1
    digest = base64.b64encode(hashlib.sha256(carried[0].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"{element}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
