"""The one seam: an Arrow table of articles in, an Arrow table of marks out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from pressmark.classifier import Judge, load

if TYPE_CHECKING:
    from pressmark.article import Split
    from pressmark.marks import Article

Rows = Literal["paragraph", "article"]
"""What a row of the answer is: a paragraph, with its article's columns repeated, or an article."""

_NOTHING = "holds no text (null)"
_STRINGS = (pa.string(), pa.large_string(), pa.string_view())
# The judge takes many articles faster than one, but the marks of all of them wait in memory.
_ARTICLES_AT_ONCE = 256


class TableError(Exception):
    """A table cannot be marked as asked; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Marks tables of articles; the text stands in the column `text_field`.

    An article whose text is null gives one row with `error` and no marks, so that nothing is dropped; one
    that holds no paragraph gives one row whose reason is ``empty``. All other columns pass through. By
    paragraph the article's text is not repeated: `text` holds the paragraph (not with ``keep_text=False``).
    `prefix` stands before the name of every column that is added.
    """

    text_field: str = "text"
    rows: Rows = "paragraph"
    keep_text: bool = True
    split: Split = "auto"
    context: bool = True
    abstain: bool = True
    prefix: str = ""
    model: str | None = None

    @property
    def judge(self) -> Judge:
        """The model, loaded once in each process."""
        return _judge(self.model)

    def schema(self, given: pa.Schema) -> pa.Schema:
        """Return the columns of the answer to a table with the columns `given`."""
        if self.text_field not in given.names:
            raise TableError(f"there is no column {self.text_field!r}; there are: {', '.join(given.names)}")
        if given.field(self.text_field).type not in _STRINGS:
            kind = given.field(self.text_field).type
            raise TableError(f"the column {self.text_field!r} holds {kind}, not text; name the right one")
        passed, added = self._passed(given), self._added()
        taken = sorted({field.name for field in passed} & {field.name for field in added})
        if taken:
            raise TableError(f"the input has a column {taken[0]!r} of its own; name the marks apart with a prefix")
        return pa.schema([*passed, *added], given.metadata)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Mark every article of `table`."""
        schema = self.schema(table.schema)
        texts = table.column(self.text_field).to_pylist()
        columns: dict[str, list[Any]] = {field.name: [] for field in self._added()}
        places: list[int] = []
        for start in range(0, len(texts), _ARTICLES_AT_ONCE):
            self._mark(texts[start : start + _ARTICLES_AT_ONCE], start, columns, places)
        passed = table.select([field.name for field in self._passed(table.schema)])
        repeated = passed.take(pa.array(places, pa.int64()))
        added = [pa.chunked_array([pa.array(columns[field.name], field.type)]) for field in self._added()]
        return pa.Table.from_arrays([*repeated.columns, *added], schema=schema)

    def _mark(self, texts: list[str | None], start: int, columns: dict[str, list[Any]], places: list[int]) -> None:
        known = [text for text in texts if text is not None]
        marked = iter(self.judge.classify_batch(known, split=self.split, context=self.context, abstain=self.abstain))
        as_rows = self._by_paragraph if self.rows == "paragraph" else self._by_article
        for place, text in enumerate(texts, start):
            rows = [self._failed()] if text is None else as_rows(text, next(marked))
            places.extend([place] * len(rows))
            for row in rows:
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)

    def _passed(self, given: pa.Schema) -> list[pa.Field]:
        dropped = self.rows == "paragraph" or not self.keep_text
        return [field for field in given if not (dropped and field.name == self.text_field)]

    def _added(self) -> list[pa.Field]:
        judge = self.judge
        if self.rows == "article":
            named = [
                ("category", pa.string()),
                ("paragraphs", pa.int32()),
                ("abstained", pa.int32()),
                *((f"share_{name}", pa.float64()) for name in judge.categories),
            ]
        else:
            named = [
                ("paragraph", pa.int32()),
                ("start", pa.int64()),
                ("end", pa.int64()),
                *([("text", pa.string())] if self.keep_text else []),
                ("category", pa.string()),
                ("confidence", pa.float64()),
                ("reason", pa.string()),
                ("known_terms", pa.float64()),
                ("candidates", pa.list_(pa.string())),
                *((f"score_{name}", pa.float64()) for name in judge.classes),
            ]
        named += [("model", pa.string()), ("error", pa.string())]
        return [pa.field(self.prefix + name, kind) for name, kind in named]

    def _failed(self) -> tuple[Any, ...]:
        return (*[None] * (len(self._added()) - 1), f"{self.text_field} {_NOTHING}")

    def _by_paragraph(self, text: str, marked: Article) -> list[tuple[Any, ...]]:
        name = _identity(self.judge)
        # An article of white space is answered like the empty paragraph it is.
        paragraphs = marked.paragraphs or self.judge.classify([""]).paragraphs
        return [
            (
                one.index,
                one.start,
                one.end,
                *((text[one.start : one.end],) if self.keep_text else ()),
                one.category,
                one.confidence,
                one.reason,
                one.known_terms,
                one.candidates,
                *one.scores.values(),
                name,
                None,
            )
            for one in paragraphs
        ]

    def _by_article(self, _: str, marked: Article) -> list[tuple[Any, ...]]:
        summary = marked.summary
        counts = (summary.dominant, summary.paragraphs, summary.abstained)
        return [(*counts, *summary.shares.values(), _identity(self.judge), None)]


@lru_cache(maxsize=4)
def _judge(model: str | None) -> Judge:
    return load(model)


def _identity(judge: Judge) -> str:
    return f"{judge.name}/{judge.version}/{judge.sha256[:12]}"
