"""HTTP/1.1 as this service speaks it: what is no HTTP request gets a problem, too."""

from __future__ import annotations

import os

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pressmark_service.problems import MEDIA_TYPE, MalformedRequest, Problem


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol over httptools, with problems of its own."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Answer bytes that are no HTTP request."""
        self.refuse(MalformedRequest())

    def refuse(self, problem: Problem) -> None:
        """Answer with a problem before there is a request that the application could answer, and hang up."""
        request_id = os.urandom(16).hex()
        body = problem.as_json(request_id)
        head = [
            f"HTTP/1.1 {problem.status} {problem.title}",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            f"x-request-id: {request_id}",
            "connection: close",
        ]
        self.transport.write("\r\n".join([*head, "", ""]).encode() + body)
        self.transport.close()
