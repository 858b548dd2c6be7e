"""The whole OpenAPI document against the server, with requests that schemathesis makes up; `make fuzz-api` for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import schema_fuzz

if TYPE_CHECKING:
    from pathlib import Path


def test_document_and_service_say_the_same(tmp_path: Path) -> None:
    outcome = schema_fuzz.run(6, tmp_path)
    assert outcome.is_whole, outcome.said
    assert outcome.cases > 600
