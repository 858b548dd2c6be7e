"""What the load is made of: articles of the corpus, in both languages, as desks send them."""

from __future__ import annotations

import json
import random
from pathlib import Path

_CORPUS = Path(__file__).parent.parent.parent / "models" / "corpus"
_ARTICLES = 500
_PARAGRAPHS = 30


def articles() -> list[bytes]:
    """Return requests for articles, the same ones each time."""
    drawn = random.Random(2026)  # noqa: S311 - a repeatable choice
    paragraphs = [
        json.loads(line)["text"]
        for file in sorted(_CORPUS.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]
    return [
        request("/v1/classify", {"text": "\n".join(drawn.sample(paragraphs, _PARAGRAPHS))}) for _ in range(_ARTICLES)
    ]


def mixed() -> list[bytes]:
    """Return the same, and one in twenty with evidence, in a batch, or by another protocol."""
    requests = articles()
    for at in range(0, len(requests), 20):
        body = json.loads(requests[at].partition(b"\r\n\r\n")[2])
        kinds = [
            ("/v1/classify", body | {"evidence": 5}),
            ("/v1/classify/batch", {"articles": [body] * 5}),
            ("/text-embeddings/predict", {"inputs": body["text"]}),
            ("/v1/classify", {"text": "\n".join([body["text"]] * 10)}),
        ]
        requests[at] = request(*kinds[at // 20 % len(kinds)])
    return requests


def request(path: str, body: object) -> bytes:
    """Return a whole request."""
    content = json.dumps(body, ensure_ascii=False).encode()
    fields = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{fields}\r\n".encode() + content


def probe(path: str) -> bytes:
    """Return a probe, on a connection of its own as orchestrators ask."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
