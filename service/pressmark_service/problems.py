"""Every way a request can fail, as a tree of classes that a client can tell apart.

    Problem
      Malformed               400  cannot be read
        MalformedRequest           ... as HTTP
        MalformedJson              ... as JSON
        MalformedText              ... as UTF-8 text
      Unauthorized            401
      NotFound                404
      MethodNotAllowed        405
      TooSlow                 408  the request did not arrive in time
      TooLarge                413  beyond a limit that GET /v1/model tells
        BodyTooLarge
        TooManyArticles
        TooManyParagraphs
        TooManyValues
        ParagraphTooLong
      UnsupportedMediaType    415
      InvalidRequest          422  well-formed but wrong; `errors` points at the members
      Refused                 429  nothing is wrong with the request; try again later
        Overloaded                 ... there is more work than can be done
        TooManyStreams             ... as many streams are open as may be
        RateLimited                ... this key asks more often than it may
      HeadTooLarge            431
      InternalError           500
      NotReady                503
      DeadlinePassed          504

What each of them carries is in `problem.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pressmark_service.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping


class Malformed(Problem):
    """The request cannot be read."""

    status = 400


class MalformedRequest(Malformed):
    """The bytes are no HTTP request."""

    slug = "malformed-request"
    title = "Not an HTTP request"
    advice = "What was sent is not a valid HTTP/1.1 request."


class MalformedJson(Malformed):
    """The body is no JSON."""

    slug = "malformed-json"
    title = "Body is not JSON"
    advice = "Send one JSON object in UTF-8."


class MalformedText(Malformed):
    """The body is no UTF-8 text."""

    slug = "malformed-text"
    title = "Body is not UTF-8 text"
    advice = "Send the article in UTF-8."


class Unauthorized(Problem):
    """No key was given, or none that is valid here."""

    slug = "unauthorized"
    status = 401
    title = "No valid key"
    advice = "Send your key: Authorization: Bearer KEY, or X-API-Key: KEY."
    sent_headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="pressmark"'}


class NotFound(Problem):
    """Nothing is here."""

    slug = "not-found"
    status = 404
    title = "No such path"
    advice = "GET /docs lists what there is."


class MethodNotAllowed(Problem):
    """The path is right, the method is not."""

    slug = "method-not-allowed"
    status = 405
    title = "Method not allowed here"
    advice = "The Allow header names the methods of this path."


class TooSlow(Problem):
    """The request did not arrive in time."""

    slug = "request-too-slow"
    status = 408
    title = "Request too slow"
    advice = "Send the request without pauses; the connection is closed."
    sent_headers: ClassVar[Mapping[str, str]] = {"Connection": "close"}


class TooLarge(Problem):
    """Beyond a limit of the service; the member `limit` tells it."""

    status = 413


class BodyTooLarge(TooLarge):
    """The body has too many bytes."""

    slug = "body-too-large"
    title = "Body too large"
    advice = "Send less at once; GET /v1/model tells the limits."


class TooManyArticles(TooLarge):
    """The batch has too many articles."""

    slug = "too-many-articles"
    title = "Too many articles"
    advice = "Send smaller batches; GET /v1/model tells the limits."


class TooManyParagraphs(TooLarge):
    """The article has too many paragraphs."""

    slug = "too-many-paragraphs"
    title = "Too many paragraphs"
    advice = "Send the article in parts; GET /v1/model tells the limits."


class TooManyValues(TooLarge):
    """The body is made of more JSON values than any article or batch needs."""

    slug = "too-many-values"
    title = "Too many JSON values"
    advice = "Send less at once: reading so many small values would take more memory than is given to a request."


class ParagraphTooLong(TooLarge):
    """A paragraph has too many characters."""

    slug = "paragraph-too-long"
    title = "Paragraph too long"
    advice = "Nothing is cut silently: split the paragraph; GET /v1/model tells the limits."


class UnsupportedMediaType(Problem):
    """The body comes in a form that is not read here."""

    slug = "unsupported-media-type"
    status = 415
    title = "Unsupported media type"
    advice = "Send Content-Type: application/json in UTF-8, uncompressed."


class InvalidRequest(Problem):
    """The body is well-formed but wrong; the member `errors` points at what is."""

    slug = "invalid-request"
    status = 422
    title = "Invalid request"
    advice = "Each of `errors` points at a member of the request and says what is wrong with it."


class Refused(Problem):
    """Nothing is wrong with the request; later it may be served."""

    status = 429
    sent_headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


class Overloaded(Refused):
    """There is more work than can be done, so this request was turned away at once."""

    slug = "overloaded"
    title = "Too many requests at once"
    advice = "Try again after Retry-After seconds, or send fewer requests at a time."


class TooManyStreams(Refused):
    """As many streams are open as may be, and streams last."""

    slug = "too-many-streams"
    title = "Too many streams at once"
    advice = "Try again after Retry-After seconds, or send batches: POST /v1/classify/batch."
    sent_headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


class RateLimited(Refused):
    """The key asks more often than it may."""

    slug = "rate-limited"
    title = "Rate limit of the key reached"
    advice = "Try again after Retry-After seconds."


class HeadTooLarge(Problem):
    """Request line and headers together are too large, or the headers too many."""

    slug = "head-too-large"
    status = 431
    title = "Request head too large"
    advice = "Send fewer or shorter headers; the connection is closed."
    sent_headers: ClassVar[Mapping[str, str]] = {"Connection": "close"}


class InternalError(Problem):
    """The service is at fault."""

    slug = "internal-error"
    status = 500
    title = "Internal error"
    advice = "The fault is on this side. Its log holds the request id."


class NotReady(Problem):
    """No verified, warmed model is in place, or the service is about to stop; `reason` says which."""

    slug = "not-ready"
    status = 503
    title = "Not ready"
    advice = "Try again after Retry-After seconds."


class DeadlinePassed(Problem):
    """The answer was not there in time, and nobody is thought to be waiting for it any more."""

    slug = "deadline-passed"
    status = 504
    title = "Deadline passed"
    advice = "Try again later, or send less at once."


TABLE: tuple[type[Problem], ...] = (
    MalformedRequest,
    MalformedJson,
    MalformedText,
    Unauthorized,
    NotFound,
    MethodNotAllowed,
    TooSlow,
    BodyTooLarge,
    TooManyArticles,
    TooManyParagraphs,
    TooManyValues,
    ParagraphTooLong,
    UnsupportedMediaType,
    InvalidRequest,
    Overloaded,
    TooManyStreams,
    RateLimited,
    HeadTooLarge,
    InternalError,
    NotReady,
    DeadlinePassed,
)
"""Every problem that an answer can carry, by status."""
