"""spaCy: a pipeline component that sets ``doc.spans["pressmark"]`` and ``doc.cats``."""

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

import pressmark

judge = pressmark.load()


@Language.component("pressmark")
def mark(doc: Doc) -> Doc:
    """Mark the paragraphs of a document, and what share of it each category has."""
    marked = judge.classify(doc.text)
    doc.spans["pressmark"] = [
        span
        for one in marked.paragraphs
        if one.category and (span := doc.char_span(one.start, one.end, one.category, alignment_mode="expand"))
    ]
    doc.cats.update(marked.summary.shares)
    return doc


if __name__ == "__main__":
    pipeline = spacy.blank("en")
    pipeline.add_pipe("pressmark")
    document = pipeline("The missile units held a launching drill.\nFarmers of the farm transplanted rice seedlings.")
    spans: list[Span] = list(document.spans["pressmark"])
    print([(span.label_, span.text) for span in spans], document.cats)
