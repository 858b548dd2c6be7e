"""The HTML pages under their headers: nothing from elsewhere runs in them, and they run in nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

PAGES = ["/", "/docs"]


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    directives = [one.split() for one in answer.headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("path", PAGES)
def test_page_may_load_nothing_from_elsewhere(client: httpx.Client, path: str) -> None:
    policy = policy_of(client.get(path))
    assert policy["default-src"] == ["'none'"]
    assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    sources = {source for name, given in policy.items() for source in given if name.endswith("-src")}
    assert not any(source in {"*", "'unsafe-inline'", "'unsafe-eval'", "data:"} for source in sources)
    assert not any(source.startswith(("http", "//")) for source in sources)


@pytest.mark.parametrize("path", PAGES)
def test_page_is_taken_for_what_it_is_and_tells_nobody_where_it_came_from(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_page_sets_no_cookie_and_tells_no_server(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers


def test_unchanged_page_keeps_its_headers(client: httpx.Client) -> None:
    first = client.get("/")
    again = client.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
