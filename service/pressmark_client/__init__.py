"""Client of the Pressmark service: ``Client`` and, with the same methods, ``AsyncClient``; needs httpx only.

from pressmark_client import Client

with Client("http://127.0.0.1:8000") as client:
for paragraph in client.classify("The unit held a live-fire drill.").paragraphs:
print(paragraph.category, paragraph.confidence)
"""

from pressmark_client.answers import (
    Article,
    Category,
    Evidence,
    Failed,
    Health,
    Limits,
    Model,
    ModelName,
    Outcome,
    Paragraph,
    Summary,
    Term,
)
from pressmark_client.asynchronous import AsyncClient
from pressmark_client.errors import (
    CutOff,
    Forbidden,
    InvalidRequest,
    Malformed,
    NotFound,
    NotReady,
    PressmarkError,
    Problem,
    Refused,
    ServiceError,
    TooLarge,
    Unauthorized,
    UnexpectedAnswer,
    Unreachable,
    Unsendable,
)
from pressmark_client.requests import ArticleInput, Options
from pressmark_client.retrying import Retries
from pressmark_client.synchronous import Client

__all__ = [
    "Article",
    "ArticleInput",
    "AsyncClient",
    "Category",
    "Client",
    "CutOff",
    "Evidence",
    "Failed",
    "Forbidden",
    "Health",
    "InvalidRequest",
    "Limits",
    "Malformed",
    "Model",
    "ModelName",
    "NotFound",
    "NotReady",
    "Options",
    "Outcome",
    "Paragraph",
    "PressmarkError",
    "Problem",
    "Refused",
    "Retries",
    "ServiceError",
    "Summary",
    "Term",
    "TooLarge",
    "Unauthorized",
    "UnexpectedAnswer",
    "Unreachable",
    "Unsendable",
]
