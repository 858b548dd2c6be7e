"""The client for blocking code."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from pressmark_client import calls
from pressmark_client.connection import DEFAULT_TIMEOUT, DEFAULT_URL, options_for
from pressmark_client.parcels import batch_packer, stream_packer
from pressmark_client.retrying import Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from typing import Unpack

    from pressmark_client.answers import Article, Health, Model, Outcome
    from pressmark_client.parcels import Packer, Parcel
    from pressmark_client.requests import ArticleInput, Options

Result = TypeVar("Result")


class Client:
    """Asks a Pressmark service; may be used by several threads at once.

    Parameters
    ----------
    url
        Where the service is.
    key
        Sent as ``Authorization: Bearer``, for a service that asks for one.
    timeout
        Seconds to wait for a connection, and for each part of an answer; or an ``httpx.Timeout``.
    retries
        How patient to be with what may succeed later.
    pause
        What waits; for tests and for other schedulers.
    http
        Further arguments of ``httpx.Client``: ``verify``, ``proxy``, ``headers`` ...
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: Retries | None = None,
        pause: Callable[[float], object] = time.sleep,
        **http: Any,  # noqa: ANN401 - passed on
    ) -> None:
        self._http = httpx.Client(**options_for(url, key, timeout, http))
        self._retries = retries or Retries()
        self._pause = pause

    def classify(self, article: ArticleInput, **options: Unpack[Options]) -> Article:
        """Return the article, marked."""
        return self._run(calls.classify(article, options, self._retries))

    def classify_many(
        self, articles: Iterable[ArticleInput], *, concurrency: int = 4, **options: Unpack[Options]
    ) -> Iterator[Outcome]:
        """Yield what comes of each article, in order; an article that cannot be judged comes back as Failed.

        Articles are taken as they are needed and sent in batches as large as the service takes, at most
        `concurrency` of them at a time.
        """
        packer = batch_packer(self.model().limits)
        return self._in_order(
            packer, articles, concurrency, lambda parcel: calls.classify_parcel(parcel, options, self._retries)
        )

    def stream(
        self, articles: Iterable[ArticleInput], *, ahead: int = 32, **options: Unpack[Options]
    ) -> Iterator[Outcome]:
        """Yield what comes of each article, in order, over the streaming route; for feeds without an end.

        At most `ahead` articles are taken before the first of them is answered: 1 answers each at once.
        """
        packer = stream_packer(ahead, options)
        return self._in_order(packer, articles, 1, lambda parcel: calls.stream_parcel(parcel, self._retries))

    def model(self) -> Model:
        """Return what judges there, with its figures and the limits."""
        return self._run(calls.model(self._retries))

    def health(self) -> Health:
        """Return how the service is; raise Unreachable if nothing answers."""
        return self._run(calls.health())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _in_order(
        self,
        packer: Packer,
        articles: Iterable[ArticleInput],
        concurrency: int,
        flow: Callable[[Parcel], calls.Flow[list[Outcome]]],
    ) -> Iterator[Outcome]:
        if concurrency == 1:
            for parcel in _parcels(packer, articles):
                yield from self._run(flow(parcel))
            return
        waiting: deque[Future[list[Outcome]]] = deque()
        pool = ThreadPoolExecutor(concurrency, thread_name_prefix="pressmark-client")
        try:
            for parcel in _parcels(packer, articles):
                if len(waiting) == concurrency:
                    yield from waiting.popleft().result()
                waiting.append(pool.submit(self._run, flow(parcel)))
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, flow: calls.Flow[Result]) -> Result:
        reply: calls.Reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as done:
                result: Result = done.value
                return result
            reply = None
            if isinstance(step, calls.Pause):
                self._pause(step.seconds)
            else:
                reply = self._send(step)

    def _send(self, call: calls.Call) -> httpx.Response | httpx.TransportError:
        try:
            headers = {} if call.body is None else {"Content-Type": call.media}
            return self._http.request(call.method, call.path, content=call.body, headers=headers)
        except httpx.TransportError as error:
            return error


def _parcels(packer: Packer, articles: Iterable[ArticleInput]) -> Iterator[Parcel]:
    for article in articles:
        yield from packer.add(article)
    yield from packer.rest()
