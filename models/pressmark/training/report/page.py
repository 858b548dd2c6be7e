"""The page of a report: one HTML document that needs nothing from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; `body` is HTML."""

    name: str
    title: str
    body: str


def page(title: str, head: str, sections: Sequence[Section]) -> str:
    """Return the document: `head` under the title, links to the sections, the sections."""
    style = resources.files("pressmark.training.report").joinpath("page.css").read_text(encoding="utf-8")
    links = "".join(f'<li><a href="#{one.name}">{escape(one.title)}</a></li>' for one in sections)
    bodies = "\n".join(
        f'<section id="{one.name}">\n<h2>{escape(one.title)}</h2>\n{one.body}\n</section>' for one in sections
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{head}
</header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main>
{bodies}
</main>
</body>
</html>
"""


def paragraphs(text: str) -> str:
    """Return plain text, whose paragraphs stand between blank lines, as HTML."""
    return "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in text.split("\n\n") if part.strip())


def figure(svg: str, says: str, picture: str) -> str:
    """Return a drawing with what it says, and a link to the same as a picture file beside the page."""
    drawn = svg.replace("<svg", f'<svg role="img" aria-label="{escape(says)}"', 1)
    return f'<figure>{drawn}<figcaption>{escape(says)} <a href="{escape(picture)}">PNG</a></figcaption></figure>'


def plots(figures: Iterable[str]) -> str:
    """Return figures side by side where there is room."""
    return f'<div class="plots">{"".join(figures)}</div>'


def cards(values: Iterable[tuple[str, str]]) -> str:
    """Return large figures, each with what it is."""
    return (
        '<div class="cards">'
        + "".join(f"<div><strong>{escape(value)}</strong>{escape(what)}</div>" for value, what in values)
        + "</div>"
    )


def terms(label: str, words: Iterable[str]) -> str:
    """Return the terms of a class as a row of tags."""
    tags = "".join(f"<li>{escape(word)}</li>" for word in words)
    return f'<p class="of">{escape(label)}</p><ul class="terms">{tags}</ul>'
