"""When to send a request again, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pressmark_client.errors import PressmarkError


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient the client is.

    Only what may succeed later is sent again: no connection, no answer in time, 408, 429, 502, 503, 504.
    """

    attempts: int = 5
    """How often a request is sent at most; 1 for never again."""
    first_pause: float = 0.2
    """Seconds before the second attempt; each further pause may be twice as long."""
    longest_pause: float = 20.0
    """Seconds; a service that asks for a longer pause (Retry-After) is not asked again."""

    def pause_after(self, attempt: int, error: PressmarkError) -> float | None:
        """Return the seconds until the next attempt, or None if there is none."""
        if not error.may_succeed_later or attempt >= self.attempts:
            return None
        asked = error.retry_after
        if asked is not None and asked > self.longest_pause:
            return None
        # Half of it drawn, so that clients that were refused together do not come back together.
        pause = min(self.longest_pause, self.first_pause * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1)  # noqa: S311 - no secret
        # Never earlier than asked for.
        return pause if asked is None else asked + pause


def seconds_of(retry_after: str | None) -> float | None:
    """Return what a Retry-After header asks for: seconds, or the time until a date."""
    if not retry_after:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
