"""The client for code in an event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from pressmark_client import calls
from pressmark_client.connection import DEFAULT_TIMEOUT, DEFAULT_URL, options_for
from pressmark_client.parcels import batch_packer, stream_packer
from pressmark_client.retrying import Retries

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
    from typing import Unpack

    from pressmark_client.answers import Article, Health, Model, Outcome
    from pressmark_client.parcels import Packer, Parcel
    from pressmark_client.requests import ArticleInput, Options

Result = TypeVar("Result")


class AsyncClient:
    """Asks a Pressmark service; the methods and arguments are those of Client."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        timeout: float | httpx.Timeout = DEFAULT_TIMEOUT,
        retries: Retries | None = None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        **http: Any,  # noqa: ANN401 - passed on
    ) -> None:
        self._http = httpx.AsyncClient(**options_for(url, key, timeout, http))
        self._retries = retries or Retries()
        self._pause = pause

    async def classify(self, article: ArticleInput, **options: Unpack[Options]) -> Article:
        """Return the article, marked."""
        return await self._run(calls.classify(article, options, self._retries))

    async def classify_many(
        self,
        articles: Iterable[ArticleInput] | AsyncIterable[ArticleInput],
        *,
        concurrency: int = 4,
        **options: Unpack[Options],
    ) -> AsyncIterator[Outcome]:
        """Yield what comes of each article, in order; an article that cannot be judged comes back as Failed.

        Articles are taken as they are needed and sent in batches as large as the service takes, at most
        `concurrency` of them at a time.
        """
        packer = batch_packer((await self.model()).limits)
        async for outcome in self._in_order(
            packer, articles, concurrency, lambda parcel: calls.classify_parcel(parcel, options, self._retries)
        ):
            yield outcome

    async def stream(
        self,
        articles: Iterable[ArticleInput] | AsyncIterable[ArticleInput],
        *,
        ahead: int = 32,
        **options: Unpack[Options],
    ) -> AsyncIterator[Outcome]:
        """Yield what comes of each article, in order, over the streaming route; for feeds without an end.

        At most `ahead` articles are taken before the first of them is answered: 1 answers each at once.
        """
        packer = stream_packer(ahead, options)
        async for outcome in self._in_order(
            packer, articles, 1, lambda parcel: calls.stream_parcel(parcel, self._retries)
        ):
            yield outcome

    async def model(self) -> Model:
        """Return what judges there, with its figures and the limits."""
        return await self._run(calls.model(self._retries))

    async def health(self) -> Health:
        """Return how the service is; raise Unreachable if nothing answers."""
        return await self._run(calls.health())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _in_order(
        self,
        packer: Packer,
        articles: Iterable[ArticleInput] | AsyncIterable[ArticleInput],
        concurrency: int,
        flow: Callable[[Parcel], calls.Flow[list[Outcome]]],
    ) -> AsyncIterator[Outcome]:
        waiting: deque[asyncio.Task[list[Outcome]]] = deque()
        try:
            async for parcel in _parcels(packer, articles):
                waiting.append(asyncio.create_task(self._run(flow(parcel))))
                if len(waiting) == concurrency:
                    for outcome in await waiting.popleft():
                        yield outcome
            while waiting:
                for outcome in await waiting.popleft():
                    yield outcome
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _run(self, flow: calls.Flow[Result]) -> Result:
        reply: calls.Reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as done:
                result: Result = done.value
                return result
            reply = None
            if isinstance(step, calls.Pause):
                await self._pause(step.seconds)
            else:
                reply = await self._send(step)

    async def _send(self, call: calls.Call) -> httpx.Response | httpx.TransportError:
        try:
            headers = {} if call.body is None else {"Content-Type": call.media}
            return await self._http.request(call.method, call.path, content=call.body, headers=headers)
        except httpx.TransportError as error:
            return error


async def _parcels(
    packer: Packer, articles: Iterable[ArticleInput] | AsyncIterable[ArticleInput]
) -> AsyncIterator[Parcel]:
    async for article in _each(articles):
        for parcel in packer.add(article):
            yield parcel
    for parcel in packer.rest():
        yield parcel


async def _each(articles: Iterable[ArticleInput] | AsyncIterable[ArticleInput]) -> AsyncIterator[ArticleInput]:
    if hasattr(articles, "__aiter__"):
        async for article in articles:
            yield article
    else:
        for article in articles:
            yield article
