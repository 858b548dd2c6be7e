"""Requests made to do harm: what each sends, and the status that is right; 0 for a connection that is just closed."""

from __future__ import annotations

import gzip
import json
import re
import socket
from contextlib import suppress

FULL = 1_000_000
WITHIN_MEGABYTES = 64
"""How much more than idle a worker may take, whatever is sent."""

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_JSON = "application/json"
_LINES = "application/x-ndjson"
_INTERFACE = "<View><Text name='t' value='$text'/><Labels name='l' toName='t'><Label value='military'/></Labels></View>"


def request(path: str, body: bytes, media: str = _JSON, *further: str) -> bytes:
    """Return a whole request after which the server hangs up."""
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Type: {media}", f"Content-Length: {len(body)}", *further]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1") + body


def statuses_at(address: tuple[str, int], sent: bytes) -> list[int]:
    """Send all that a server takes; return the statuses of all answers until it hangs up."""
    answered = b""
    with socket.create_connection(address, timeout=120) as connection:
        try:
            connection.sendall(sent)
            while part := connection.recv(65536):
                answered = answered[:4096] + part
        except (ConnectionResetError, BrokenPipeError):
            # It had hung up with some of this unread; what it said before may be here still.
            with suppress(OSError):
                answered += connection.recv(65536)
    return [int(status) for status in STATUS.findall(answered)]


def filled(start: str, item: str, end: str) -> bytes:
    """Return a body as large as is taken, made of as many items as fit."""
    return (start + item * ((FULL - len(start) - len(end)) // len(item)) + end).encode()


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _infer(data: list[str], outputs: int) -> bytes:
    tensor = {"name": "text", "shape": [len(data)], "datatype": "BYTES", "data": data}
    return _compact({"inputs": [tensor], "outputs": [{"name": "scores"}] * outputs})


_CHUNKED = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
_ANNOUNCED = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
_INFER = "/v2/models/pressmark/infer"

# Bodies that are read into many times their size, or would be if they were read carelessly.
GROWING: dict[str, tuple[int, bytes]] = {
    "lines": (413, request("/classify", filled('{"text":"', "a\\n", '"}'))),
    "lines of plain text": (413, request("/classify", b"a\n" * (FULL // 2), "text/plain")),
    "a million paragraphs": (413, request("/classify", b"a\n" * 1_000_000, "text/plain")),
    "paragraphs": (413, request("/classify", filled('{"paragraphs":[', '"",', '""]}'))),
    "objects": (413, request("/classify", filled('{"paragraphs":[', '{"text":""},', '""]}'))),
    "lists for a text": (413, request("/classify", filled('{"text":["NaN",', "[],", "1]}"))),
    "numbers": (413, request("/classify", filled('{"paragraphs":["NaN",', "1,", "1]}"))),
    "names": (413, request("/classify", filled('{"a":1', ',"a":1', "}"))),
    "articles": (413, request("/v1/classify/batch", filled('{"articles":[', "{},", "{}]}"))),
    "lists in an article": (413, request("/v1/classify/batch", filled('{"articles":[{"text":[', "[],", "1]}]}"))),
    "paragraphs of a batch": (
        413,
        request("/v1/classify/batch", _compact({"articles": [{"paragraphs": ["a"] * 1300}] * 190})),
    ),
    "lines of a batch": (200, request("/v1/classify/batch", _compact({"articles": [{"text": "a\n" * 1700}] * 190}))),
    "evidence of a batch": (
        200,
        request("/v1/classify/batch", _compact({"articles": [{"text": "rice coal\n" * 1700}] * 50, "evidence": 50})),
    ),
    "evidence everywhere": (200, request("/classify", _compact({"paragraphs": ["당 " * 9999] * 24, "evidence": 50}))),
    "short words": (200, request("/classify", _compact({"paragraphs": ["a " * 9999] * 49}))),
    "one long word": (200, request("/classify", _compact({"paragraphs": ["당" * 19_999] * 16}))),
    "outputs": (400, request(_INFER, _infer(["a"] * 2000, 30_000))),
    "values of a tensor": (413, request(_INFER, filled('{"inputs":[{"name":"text","data":[', "[],", "1]}]}"))),
    "paragraphs of tasks": (
        413,
        request(
            "/label-studio/predict",
            _compact({"label_config": _INTERFACE, "tasks": [{"data": {"text": "a\n" * 1700}}] * 190}),
        ),
    ),
    "a line of a stream": (200, request("/v1/classify/stream", filled('{"text":["NaN",', "[],", "1]}"), _LINES)),
    "lines of a stream": (200, request("/v1/classify/stream", b"{}\n" * 20_000, _LINES)),
    "depth": (400, request("/classify", b"[" * 100_000)),
    "depth that is closed": (413, request("/classify", b"[" * 100_000 + b"]" * 100_001)),
    "depth inside": (400, request("/classify", b'{"text":' + b'{"a":' * 100_000)),
}

# Bodies that are no plain text or JSON.
SPOILT: dict[str, tuple[int, bytes]] = {
    "lone surrogate": (422, request("/classify", rb'{"text":"\ud800"}')),
    "lone surrogate in a name": (422, request("/classify", rb'{"\udfff":1,"text":"a"}')),
    "NUL, escaped": (200, request("/classify", rb'{"text":"a\u0000b"}')),
    "NUL in JSON": (400, request("/classify", b'{"text":"a\0b"}')),
    "NUL in text": (200, request("/classify", b"\0" * 1000, "text/plain")),
    "invalid UTF-8 in JSON": (400, request("/classify", b'{"text":"\xff"}')),
    "invalid UTF-8 in text": (400, request("/classify", b"\xc3\x28", "text/plain")),
    "NaN": (400, request("/classify", b'{"text":"a","evidence":NaN}')),
    "1e999": (422, request("/classify", b'{"text":"a","evidence":1e999}')),
    "duplicate keys": (422, request("/classify", b'{"text":"a","text":"b"}')),
    "gzip bomb": (415, request("/classify", gzip.compress(b" " * 50_000_000), _JSON, "Content-Encoding: gzip")),
    "gzip bomb, in transfer": (
        400,
        _CHUNKED.replace(b"chunked", b"gzip, chunked") + b"1\r\na\r\n0\r\n\r\n",
    ),
}

# More than is taken, in the head or after it.
FLOODS: dict[str, tuple[int, bytes]] = {
    "a gigabyte announced": (413, _ANNOUNCED % 2**30),
    "endless chunks": (413, _CHUNKED + b"10000\r\n%b\r\n" % (b"a" * 65536) * 32),
    "endless extension of a chunk": (431, _CHUNKED + b"1;" + b"a" * 500_000),
    "one endless trailer": (431, _CHUNKED + b"1\r\na\r\n0\r\nA: " + b"b" * 500_000),
    "endless trailers": (431, _CHUNKED + b"1\r\na\r\n0\r\n" + b"A: b\r\n" * 300 + b"\r\n"),
    "many headers": (431, request("/classify", b"{}", _JSON, *["A: b"] * 200)),
    "one long header": (431, request("/classify", b"{}", _JSON, "A: " + "b" * 20_000)),
    "endless header": (431, b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 20_000),
    "long target": (431, b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "long host": (431, b"GET / HTTP/1.1\r\nHost: " + b"x" * 20_000 + b"\r\n\r\n"),
    "nothing": (0, b""),
    "half a head": (408, b"GET / HTTP/1.1\r\nHost:"),
    "half a body": (408, _ANNOUNCED % 999 + b"a"),
    "half a chunk": (408, _CHUNKED + b"10\r\na"),
}

_SECOND = b"GET /v1/model HTTP/1.1\r\nHost: x\r\n\r\n"
_PLAIN = b"POST /classify HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
_CHUNK = b"\r\n\r\n1\r\na\r\n0\r\n\r\n" + _SECOND


def _smuggled(*headers: bytes, body: bytes = b"a") -> bytes:
    return _PLAIN + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body + _SECOND


# Each could be one request to one server on the way and two to the next; all are refused, and hung up on.
SMUGGLED: dict[str, bytes] = {
    "length and chunks": _PLAIN + b"Content-Length: 4\r\nTransfer-Encoding: chunked" + _CHUNK,
    "chunks and length": _PLAIN + b"Transfer-Encoding: chunked\r\nContent-Length: 4" + _CHUNK,
    "two lengths": _smuggled(b"Content-Length: 1", b"Content-Length: 37"),
    "the same length twice": _smuggled(b"Content-Length: 1", b"Content-Length: 1"),
    "list of lengths": _smuggled(b"Content-Length: 1, 37"),
    "length with a sign": _smuggled(b"Content-Length: +1"),
    "negative length": _smuggled(b"Content-Length: -1"),
    "hexadecimal length": _smuggled(b"Content-Length: 0x1"),
    "length beyond 64 bits": _smuggled(b"Content-Length: 99999999999999999999999"),
    "length of endless zeros": _smuggled(b"Content-Length: " + b"0" * 5000),
    "no length in the header": _smuggled(b"Content-Length: "),
    "blank before the colon": _smuggled(b"Content-Length : 1"),
    "chunks with a blank before the colon": _PLAIN + b"Transfer-Encoding : chunked" + _CHUNK,
    "two codings": _PLAIN + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity" + _CHUNK,
    "identity and chunks": _PLAIN + b"Transfer-Encoding: identity, chunked" + _CHUNK,
    "chunks and identity": _PLAIN + b"Transfer-Encoding: chunked, identity" + _CHUNK,
    "unknown coding": _PLAIN + b"Transfer-Encoding: xchunked" + _CHUNK,
    "chunks of HTTP/1.0": _PLAIN.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked" + _CHUNK,
    "vertical tab": _PLAIN + b"Transfer-Encoding: \x0bchunked" + _CHUNK,
    "folded header": _smuggled(b"X-A: b", b" Content-Length: 1"),
    "folded coding": _PLAIN + b"Transfer-Encoding:\r\n chunked" + _CHUNK,
    "bare line feeds": _PLAIN.replace(b"\r\n", b"\n") + b"Content-Length: 1\n\na" + _SECOND,
    "bare carriage return": _smuggled(b"X-A: b\rContent-Length: 37", b"Content-Length: 1"),
    "NUL in a header": _smuggled(b"X-A: b\0c", b"Content-Length: 1"),
    "NUL in a name": _smuggled(b"X\0A: b", b"Content-Length: 1"),
    "chunk size with a sign": _PLAIN + b"Transfer-Encoding: chunked" + _CHUNK.replace(b"1\r\na", b"+1\r\na", 1),
    "chunk size with a prefix": _PLAIN + b"Transfer-Encoding: chunked" + _CHUNK.replace(b"1\r\na", b"0x1\r\na", 1),
    "chunk size beyond 64 bits": _PLAIN + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na",
    "chunk without an end": _PLAIN + b"Transfer-Encoding: chunked\r\n\r\n1\r\naX0\r\n\r\n" + _SECOND,
    "chunks with bare line feeds": _PLAIN + b"Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n" + _SECOND,
    "length in a trailer": _PLAIN
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nContent-Length: 37\r\n\r\n"
    + _SECOND,
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + _SECOND,
    "host with a blank": b"GET /healthz HTTP/1.1\r\nHost: x y\r\n\r\n" + _SECOND,
    "host with a path": b"GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n" + _SECOND,
    "host with a user": b"GET /healthz HTTP/1.1\r\nHost: x@y\r\n\r\n" + _SECOND,
    "host with a comma and another": b"GET /healthz HTTP/1.1\r\nHost: x, y\r\n\r\n" + _SECOND,
    "host beyond ASCII": "GET /healthz HTTP/1.1\r\nHost: 한국\r\n\r\n".encode() + _SECOND,
    "host with a port that is no number": b"GET /healthz HTTP/1.0\r\nHost: x:y\r\n\r\n" + _SECOND,
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + _SECOND,
    "no version": b"GET /healthz\r\n\r\n" + _SECOND,
    "version that is not there": b"GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n" + _SECOND,
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _SECOND,
    "tunnel": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n" + _SECOND,
}
