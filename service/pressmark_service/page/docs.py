"""The documentation page: the OpenAPI document as HTML, whole in one answer and usable without scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

JSON = "application/json"
PROBLEM = "application/problem+json"
_IN_PATH = re.compile(r"\{(\w+)\}")


def add_docs(app: FastAPI) -> None:
    """Put the page at /docs."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        judge = app.state.desk.judge
        page = _page(json.dumps(app.openapi()), model=judge.name, version=judge.version)
        return HTMLResponse(page, headers=_headers())


@lru_cache(maxsize=2)
def _page(document: str, **in_paths: str) -> str:
    """Return the page; paths are filled in with what is in place."""
    told: dict[str, Any] = json.loads(document)
    info = told["info"]
    body = [
        f"<h1>{escape(info['title'])} <small>API {escape(info['version'])}</small></h1>",
        "<p><a href='openapi.json'>openapi.json</a></p>",
        *(f"<p>{_inline(text)}</p>" for text in info["description"].split("\n\n")),
    ]
    for tag in told["tags"]:
        body.append(f"<h2 id='{tag['name']}'>{escape(tag['name'].capitalize())}</h2>")
        for path, methods in told["paths"].items():
            body += [
                _operation(path, name, told, one, in_paths)
                for name, one in methods.items()
                if tag["name"] in one["tags"]
            ]
    body.append("<h2 id='schemas'>Schemas</h2>")
    body += [_schema(name, schema) for name, schema in told["components"]["schemas"].items()]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Pressmark API</title>"
        "<meta name='viewport' content='width=device-width'>"
        f"<style>{_asset('docs.css')}</style></head><body>{''.join(body)}"
        f"<script>{_asset('docs.js')}</script></body></html>"
    )


def _operation(
    path: str, method: str, document: dict[str, Any], operation: dict[str, Any], in_paths: dict[str, str]
) -> str:
    return "".join(
        [
            f"<section id='{operation['operationId']}'><h3><span class='method'>{method.upper()}</span>",
            f"<code>{escape(path)}</code> <span class='summary'>{escape(operation['summary'])}</span></h3>",
            *(f"<p>{_inline(text)}</p>" for text in operation["description"].split("\n\n")),
            _try_it(path, method, operation, in_paths),
            "<details><summary>Answers</summary><table><tr><th>Status<th>What<th>Type of problem</tr>",
            *_answers(operation["responses"], document),
            "</table></details></section>",
        ]
    )


def _try_it(path: str, method: str, operation: dict[str, Any], in_paths: dict[str, str]) -> str:
    fields = [
        f"<p><label><code>{name}</code> "
        f"<input name='{name}' value='{escape(in_paths.get(name, ''))}' required></label></p>"
        for name in _IN_PATH.findall(path)
    ]
    content = operation.get("requestBody", {}).get("content", {})
    media = JSON if JSON in content else next(iter(content), "")
    if media:
        example = next(iter(content[media]["examples"].values()))["value"]
        shown = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=2)
        name = content[media]["schema"]["$ref"].rsplit("/", 1)[1]
        fields.append(f"<p>Body: <a href='#{name}'>{name}</a></p>")
        fields.append(f"<textarea aria-label='Request body' spellcheck='false'>{escape(shown)}</textarea>")
    return (
        f"<form data-path='.{escape(path)}' data-method='{method.upper()}' data-media='{media}'>{''.join(fields)}"
        "<p><button>Send</button></p><output></output></form>"
    )


def _answers(responses: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    for status, response in responses.items():
        examples = response.get("content", {}).get(PROBLEM, {}).get("examples", {})
        kinds = "<br>".join(f"<code>{escape(one['value']['type'])}</code>" for one in examples.values())
        schema = response.get("content", {}).get(JSON, {}).get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
        named = f" <a href='#{schema}'>{schema}</a>" if schema in document["components"]["schemas"] else ""
        yield f"<tr><td>{status}<td>{escape(response['description'])}{named}<td>{kinds}</tr>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = [
        f"<tr><td><code>{escape(member)}</code>{'' if member in required else ' <small>optional</small>'}"
        f"<td>{_type(one)}<td>{_inline(one.get('description', ''))}</tr>"
        for member, one in schema.get("properties", {}).items()
    ]
    head = f"<h3><code>{name}</code></h3><p>{_inline(schema.get('description', ''))}</p>"
    return f"<section id='{name}'>{head}<table>{''.join(rows)}</table></section>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"<a href='#{name}'>{name}</a>"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return "<br>".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_type(schema['items'])}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    return escape(" ".join([schema.get("type", "anything"), *bounds]))


def _inline(text: str) -> str:
    """Return text with its `code` marked."""
    return "".join(
        f"<code>{escape(part)}</code>" if at % 2 else escape(part) for at, part in enumerate(text.split("`"))
    )


@cache
def _asset(name: str) -> str:
    return (files("pressmark_service") / "page" / name).read_text("utf-8")


@cache
def _headers() -> dict[str, str]:
    """Return headers that let the page load nothing but what it carries, and call nobody but this service."""
    policy = (
        f"default-src 'none'; style-src '{_digest('docs.css')}'; script-src '{_digest('docs.js')}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def _digest(name: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()
