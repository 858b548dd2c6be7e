"""What a report says: each section from the figures, in words that stand without the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pressmark.training.card import PURPOSE
from pressmark.training.curve import ALONE, IN_ARTICLE
from pressmark.training.report import page, plots, tables
from pressmark.training.report.errors import SURE, errors_by_length, kinds_of_error
from pressmark.training.report.names import spoken
from pressmark.training.report.page import Section
from pressmark.training.report.terms import strongest_terms

if TYPE_CHECKING:
    from pressmark.training.report.found import Found


def head(found: Found, evaluation: str) -> str:
    """Return what stands under the title: which model, measured on what, and the figures that count most."""
    count = sum(len(one.paragraphs) for one in found.readings if one.way == ALONE)
    told = (
        f'<p class="quiet">Model <code>{found.release.sha256}</code>, measured on {count} labelled paragraphs'
        f" (SHA-256 of labels and texts <code>{evaluation}</code>).</p>"
    )
    calibrated = page.paragraphs(
        f"Probabilities and thresholds were fitted to {found.release.manifest['calibrated_on']}. Where those are the"
        " paragraphs measured here, the figures are kinder than on other text."
    )
    large = [
        (f"{figures[key]:.3f}", f"macro-F1 over {over}: {one.name}")
        for one in found.readings
        if one.way == IN_ARTICLE
        for figures in [one.measured.figures()]
        for key, over in (("macro_f1", "all classes"), ("macro_f1_categories", "the categories"))
    ]
    return told + calibrated + page.cards(large)


def sections(found: Found) -> list[Section]:
    """Return all sections, in order."""
    return [
        Section("purpose", "What it is for, and what not", f'<div class="not">{page.paragraphs(PURPOSE)}</div>'),
        Section("figures", "The figures at large", _figures(found)),
        Section("confusion", "Who is taken for whom", _confusion(found)),
        Section("classes", "Class by class", _classes(found)),
        Section("reliability", "Do the probabilities mean what they say?", _reliability(found)),
        Section("candidates", "Candidate sets", _candidates(found)),
        Section("answers", "When it answers", _answers(found)),
        Section("learning", "What more training text would give", _learning(found)),
        Section("terms", "What speaks for each class", _terms(found)),
        Section("errors", "The errors by kind", _errors(found)),
        Section("robustness", "Damage and other spellings", _robustness(found)),
    ]


def _figures(found: Found) -> str:
    note = page.paragraphs(
        "Macro-F1 is the plain mean of the classes' F1. Over all classes, the likeliest one counts; over the"
        " categories, paragraphs of none of them are left out and the likeliest category counts. The calibration"
        " error is the mean distance between probability and share of right answers, over ten bins of equal width."
        " Answered: of the paragraphs that belong to a category, those that were given one. Answers right: of all"
        " given a category."
    )
    return tables.summary({one.name: one.measured for one in found.readings}) + note


def _confusion(found: Found) -> str:
    said = page.paragraphs("Counts of paragraphs; the deeper the shade, the larger the share of the true class (row).")
    return said + page.plots(
        found.draw("confusion", one.name, plots.confusion(one.measured), f"{one.name}.") for one in found.readings
    )


def _classes(found: Found) -> str:
    return page.plots(tables.by_class(one.name, one.measured) for one in found.readings)


def _reliability(found: Found) -> str:
    said = page.paragraphs(
        "A point on the dashed line is as it should be; above it the judge is too modest, below too sure. The strip"
        " below counts the paragraphs of each bin; where they are few, the interval is wide."
    )
    drawn = []
    for one in found.readings:
        error = one.measured.figures()["calibration_error"]
        says = f"{one.name}: calibration error {error:.3f}."
        drawn.append(found.draw("reliability", one.name, plots.reliability(one.measured), says))
    return said + page.plots(drawn)


def _candidates(found: Found) -> str:
    said = page.paragraphs(
        "A caller who asks for candidates gets every class that is likely enough for the set to hold the truth nine"
        " times in ten, over text like that which the sets were fitted to."
    )
    drawn = []
    for one in found.readings:
        of = one.measured.figures()
        says = (
            f"{one.name}: {of['candidates_coverage']:.1%} of the sets hold the true class,"
            f" with {of['candidates_size']:.2f} classes on average."
        )
        drawn.append(found.draw("candidates", one.name, plots.candidate_sets(one.measured), says))
    return said + page.plots(drawn)


def _answers(found: Found) -> str:
    said = page.paragraphs(
        "A caller may ask for more confidence than the release does: fewer paragraphs get a category, and more of those"
        " that do have the right one."
    )
    drawn = []
    for one in found.readings:
        of = one.measured.figures()
        says = (
            f"{one.name}: as released, {of['answered']:.1%} of the paragraphs of a category are answered, and"
            f" {of['answers_right']:.1%} of all answers are right."
        )
        drawn.append(found.draw("answers", one.name, plots.answers(one.measured), says))
    return said + page.plots(drawn)


def _learning(found: Found) -> str:
    curve = found.curve
    if curve is None:
        return page.paragraphs("No learning curve was given: --curve takes one as JSON, or a corpus to compute it on.")
    same = curve.corpus == found.release.manifest["corpus"]["sha256"]
    note = "" if same else " The corpus is another than that of this model."
    said = page.paragraphs(
        "Models trained on growing shares of the corpus, whole articles drawn at random, each measured on the same"
        f" {curve.measured_on} paragraphs with calibration fitted on other parts of them. The bands are one standard"
        f" deviation of the draws; the last point, the whole corpus, has no draws.{note}"
    )
    return said + page.plots(
        found.draw("learning", spoken(language), plots.learning(curve, [language]), f"{spoken(language)}.")
        for language in curve.languages
    )


def _terms(found: Found) -> str:
    said = page.paragraphs(
        "The terms that do most for a class in the corpus: weight times inverse document frequency times the root of"
        " the number of paragraphs with them. A word stands for its stem; two words are the stems of neighbours."
    )
    return said + "".join(
        f"<h3>{script}</h3>" + "".join(page.terms(label, words) for label, words in of.items())
        for script, of in strongest_terms(found.release).items()
    )


def _errors(found: Found) -> str:
    kinds = {one.name: kinds_of_error(one.measured, one.paragraphs) for one in found.readings}
    if not any(kinds.values()):
        return page.paragraphs("The likeliest class of each of these paragraphs is the true one.")
    said = page.paragraphs(
        "Likeliest class against true class. Some errors are close calls, where a careful reader could defend the other"
        f" label; those at {SURE:.0%} and more are the ones that a user would have trusted (both summed over all"
        " columns)."
    )
    by_length = {one.name: errors_by_length(one.measured, one.paragraphs) for one in found.readings}
    return said + tables.errors(kinds) + page.paragraphs("By length of the paragraph:") + tables.lengths(by_length)


def _robustness(found: Found) -> str:
    said = page.paragraphs(
        "The same paragraphs, damaged or spelled otherwise. A label flips where the likeliest class is another than"
        " before; right before and after are shares in the article. The limits are those of the bundled release."
    )
    return said + tables.flips(found.flips)
