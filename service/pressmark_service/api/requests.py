"""What clients send: the request bodies, as strict as their documentation."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, model_validator
from pydantic_core import PydanticCustomError

_STRICT = ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True)
_ONE_SOURCE: dict[str, Any] = {"oneOf": [{"required": ["text"]}, {"required": ["paragraphs"]}]}
_ONE_SOURCE_STRICT = ConfigDict(**_STRICT, json_schema_extra=_ONE_SOURCE)

# A member that may be left out has a default factory: a plain default would appear in the schema as
# if sending it were the same as leaving it out.
MOST_OF_ID = 200
Id = Annotated[str, Field(max_length=MOST_OF_ID)]


def _whole(value: object) -> object:
    """Take 3.0 for the integer that JSON Schema says it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class LabelledParagraph(BaseModel):
    """A paragraph under an id of the caller's choice, which comes back with its mark."""

    model_config = _STRICT

    id: Id = Field(default_factory=str)
    """Echoed as it is; need not be unique."""
    text: str
    """The paragraph."""


class ArticleBody(BaseModel):
    """One article: a text to be split into paragraphs, or its paragraphs in order."""

    model_config = _ONE_SOURCE_STRICT

    text: str = Field(default_factory=str)
    """The whole article; it is split into paragraphs. Give this or `paragraphs`."""
    # Fail fast: a long list of wrong things gets one complaint, not as many as it has items.
    paragraphs: Annotated[list[str | LabelledParagraph], FailFast()] = Field(default_factory=list)
    """The paragraphs of one article, in order. Unrelated texts belong into a batch instead."""

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if ("text" in self.model_fields_set) == ("paragraphs" in self.model_fields_set):
            raise PydanticCustomError("one_source", "exactly one of text and paragraphs must be given")
        return self

    def source(self) -> str | list[str]:
        """Return the article as the judge takes it."""
        if "text" in self.model_fields_set:
            return self.text
        return [item if isinstance(item, str) else item.text for item in self.paragraphs]

    def member_count(self) -> int:
        """Return how many JSON members this was made of, had each been given once."""
        return len(self.model_fields_set) + sum(
            len(item.model_fields_set) for item in self.paragraphs if not isinstance(item, str)
        )


class Options(BaseModel):
    """How to judge."""

    model_config = _STRICT

    split: Literal["auto", "line", "blank_line", "none"] = "auto"
    """Where `text` is cut: at single newlines, at blank lines, nowhere, or (auto) at blank lines if the
    article has any and else at single newlines."""
    context: bool = True
    """Judge each paragraph with the help of its neighbours in the article."""
    abstain: bool = True
    """Leave the category null where none is clear; false names the best wherever any term is known."""
    evidence: Annotated[int, BeforeValidator(_whole)] = Field(default=0, ge=0)
    """How many terms of evidence to give for each paragraph, at most."""
    candidates: bool = True
    """Give for each paragraph the set of classes that holds the right one nine times in ten."""

    def as_arguments(self) -> dict[str, Any]:
        """Return the options as the judge takes them."""
        return {
            "split": self.split,
            "context": self.context,
            "abstain": self.abstain,
            "evidence": self.evidence,
            "candidates": self.candidates,
        }


class ClassifyRequest(ArticleBody, Options):
    """One article, and how to judge it."""

    model_config = _ONE_SOURCE_STRICT


class BatchArticle(ArticleBody):
    """One article of a batch, under an id of the caller's choice."""

    model_config = _ONE_SOURCE_STRICT

    id: Id = Field(default_factory=str)
    """Echoed as it is; need not be unique."""


class BatchRequest(Options):
    """Many articles, each its own context, and how to judge them all."""

    articles: Annotated[list[BatchArticle], FailFast()]
    """The articles; one that is wrong gets a problem in its place and the others their marks."""

    def member_count(self) -> int:
        """Return how many JSON members this was made of, had each been given once."""
        return len(self.model_fields_set) + sum(article.member_count() for article in self.articles)


class BatchEnvelope(Options):
    """A batch of which the articles are yet to be looked at, one by one."""

    articles: list[Any]
