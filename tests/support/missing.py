"""Tests that need more than every machine has."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def cannot_test(reason: str) -> NoReturn:
    """Skip; where `CI` is `true` nobody looks at skips, so fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
