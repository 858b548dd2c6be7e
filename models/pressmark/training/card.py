"""The model card: a release told to the people who use its answers, written from its manifest alone."""

from __future__ import annotations

from typing import Any

PURPOSE = """For sorting paragraphs by subject, so that a reader finds what to read. Not for judging people, not for
finding out whether a statement is true, not for decisions about anyone's safety, asylum, employment or
money, and not for counting subjects without a look at the error rates below.
"""
"""What a model is for and what it must not be used for, in the words of card and report."""


def card(manifest: dict[str, Any]) -> str:
    """Return CARD.md for a release."""
    sections = (_head(manifest), _use(), _data(manifest), _figures(manifest), _decisions(manifest), _limits())
    return "\n".join(sections)


def _head(manifest: dict[str, Any]) -> str:
    classes = "\n".join(f"- `{name}`: {text}" for name, text in manifest["definitions"].items())
    return f"""# {manifest["name"]} {manifest["version"]}

Marks paragraphs. TF-IDF over words, stems, Hangul syllables and pairs of stems ({manifest["weights"]["terms"]} terms),
a blend of complement naive Bayes and ridge weights, one linear score per class, calibrated to probabilities.

{classes}
"""


def _use() -> str:
    return f"## What it is for, and what not\n\n{PURPOSE}"


def _data(manifest: dict[str, Any]) -> str:
    corpus = manifest["corpus"]
    names = manifest["classes"]
    rows = [
        f"| {language} | " + " | ".join(str(counts.get(name, 0)) for name in names) + f" | {sum(counts.values())} |"
        for language, counts in sorted(corpus["by_language"].items())
    ]
    return "\n".join(
        (
            "## What it learned from",
            "",
            f"{corpus['paragraphs']} paragraphs (SHA-256 of labels and texts `{corpus['sha256']}`).",
            "",
            "| language | " + " | ".join(names) + " | all |",
            "| --- |" + " ---: |" * (len(names) + 1),
            *rows,
            "",
        )
    )


def _figures(manifest: dict[str, Any]) -> str:
    metrics = manifest["metrics"]
    folds = ", ".join(f"{name} {value:.3f}" for name, value in metrics["held_out_folds"].items())
    lines = [
        "## How good it is",
        "",
        f"On held-out folds of its own corpus, in context, uncalibrated: {folds}.",
        "",
    ]
    if metrics["real_text"]:
        lines += [*_real_text(metrics["real_text"]), ""]
    return "\n".join(lines)


def _real_text(measured: dict[str, Any]) -> list[str]:
    head = (
        "On real text that it was never trained on, with the calibration below fitted there:",
        "",
        (
            "| text | paragraphs | macro-F1, all classes | macro-F1, categories | calibration error"
            " | candidates: coverage, size | answered | answers right | AUROC none-of-these |"
        ),
        "| --- |" + " ---: |" * 8,
    )
    rows = [
        f"| {name} | {of['paragraphs']} | {of['macro_f1']:.3f} | {of['macro_f1_categories']:.3f}"
        f" | {of['calibration_error']:.3f} | {of['candidates_coverage']:.2f}, {of['candidates_size']:.2f}"
        f" | {of['answered']:.2f} | {of['answers_right']:.2f} | {of['auroc_rejected'] or 0:.3f} |"
        for name, of in measured.items()
    ]
    return [*head, *rows]


def _decisions(manifest: dict[str, Any]) -> str:
    lines = [
        "## How scores become answers",
        "",
        (
            f"Calibrated on {manifest['calibrated_on']}. Logit = margin / temperature + offset; a category is withheld"
            " as `off_topic` or `low_confidence` at the thresholds given. `candidates` are all classes of at least the"
            " probability given."
        ),
        "",
        "| setting | temperature | offsets ("
        + ", ".join(manifest["classes"])
        + ") | off_topic | low_confidence | candidate |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {setting} | {of['temperature']} | {', '.join(map(str, of['offsets']))} | {of['off_topic']}"
        f" | {of['low_confidence']} | {of['candidate']} |"
        for setting, of in manifest["calibration"].items()
    ]
    return "\n".join((*lines, ""))


def _limits() -> str:
    return """## What to know

- A bag of words knows no irony, no negation and no speaker; it tells subjects apart by the words they use.
- Neighbouring paragraphs lend each other support; judge unrelated texts as articles of their own.
- Probabilities hold on average over text like that which they were calibrated on; candidate sets keep their
  coverage there and not elsewhere.
"""
