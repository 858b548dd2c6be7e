// The marked article: each paragraph with its mark in the margin, its words, and the whole account on request.

import { element } from "./elements.js";
import { capital, className, hueOf, label, languageOf, percent, reasonOf, signed, termName } from "./wording.js";
import { paragraphText } from "./words.js";

const FAIR_SHARE = 0.15;

export function paragraphItem(paragraph, text, categories) {
  const [words, told] = paragraphText(paragraph, text, categories);
  words.lang = languageOf(words.textContent);
  const marked = paragraph.category !== null;
  const hue = marked ? hueOf(paragraph.category, categories) : "hue-none";
  return element(
    "li",
    { class: `paragraph ${hue} ${marked ? "marked" : "unmarked"}`, id: `paragraph-${paragraph.index}` },
    element("div", { class: "margin" }, ...(marked ? markOf(paragraph, categories) : abstentionOf(paragraph, categories))),
    element("div", { class: "body" }, words, told, why(paragraph, categories)),
  );
}

function markOf(paragraph, categories) {
  const rivals = (paragraph.candidates ?? []).filter((name) => name !== paragraph.category);
  return [
    element("p", { class: "name" }, element("span", { class: "swatch" }), label(paragraph.category)),
    element("p", { class: "confidence" }, percent(paragraph.confidence), " ", element("span", {}, "sure")),
    gauge(paragraph.confidence),
    rivals.length ? element("p", { class: "note" }, "or ", ...chips(rivals, paragraph, categories)) : null,
  ];
}

function abstentionOf(paragraph, categories) {
  const { reason, scores } = paragraph;
  const [title, told] = reasonOf(reason);
  const figure = { unfamiliar: ` Known: ${percent(paragraph.known_terms)}.`, off_topic: ` Sure: ${percent(scores.other)}.` }[reason];
  const likely = contenders(paragraph);
  return [
    element("p", { class: "name" }, element("span", { class: "swatch" }), title),
    element("p", { class: "note" }, told + (figure ?? "")),
    likely.length ? element("p", { class: "note could" }, "Could be ", ...chips(likely, paragraph, categories)) : null,
  ];
}

// The candidates, and what else has a fair share; where hardly a word is known the figures say nothing.
function contenders({ reason, scores, candidates }) {
  if (!["low_confidence", "off_topic"].includes(reason)) return [];
  return Object.keys(scores)
    .filter((name) => scores[name] >= FAIR_SHARE || candidates?.includes(name))
    .filter((name) => reason !== "off_topic" || name !== "other")
    .sort((one, other) => scores[other] - scores[one]);
}

const chips = (names, paragraph, categories) =>
  names.map((name) =>
    element(
      "span",
      { class: `chip ${hueOf(name, categories)}` },
      element("span", { class: "swatch" }),
      `${className(name)} ${percent(paragraph.scores[name])}`,
    ),
  );

function gauge(share) {
  const fill = element("span", {});
  fill.style.setProperty("inline-size", `${share * 100}%`);
  return element("div", { class: "gauge", "aria-hidden": "true" }, fill);
}

// Filled when first opened: an article may have two thousand paragraphs.
function why(paragraph, categories) {
  const name = `Why, paragraph ${paragraph.index + 1}`;
  const made = element("details", { class: "why" }, element("summary", { "aria-label": name }, "Why"));
  made.addEventListener("toggle", () => made.childElementCount > 1 || made.append(account(paragraph, categories)), { once: true });
  return made;
}

function account(paragraph, categories) {
  return element(
    "div",
    { class: "account" },
    scoresTable(paragraph, categories),
    paragraph.evidence ? evidenceTable(paragraph.evidence) : element("p", { class: "note" }, "No word here is known to the model."),
    element("p", { class: "note" }, `${percent(paragraph.known_terms)} of its terms are known. ${candidatesTold(paragraph)}`),
  );
}

function candidatesTold({ candidates }) {
  if (!candidates?.length) return "";
  return `Nine times in ten the right class is among: ${candidates.map(className).join(", ")}.`;
}

function scoresTable(paragraph, categories) {
  const rows = Object.entries(paragraph.scores).map(([name, score]) =>
    element(
      "tr",
      { class: hueOf(name, categories) },
      element("th", { scope: "row" }, element("span", { class: "swatch" }), capital(className(name))),
      element("td", {}, gauge(score)),
      element("td", { class: "figure" }, percent(score)),
    ),
  );
  return element("table", {}, element("caption", {}, "Probability"), element("tbody", {}, ...rows));
}

function evidenceTable(evidence) {
  const parts = [
    ...evidence.terms.map((term) => [termName(term.term), term.weight]),
    ["all other words", evidence.remainder],
    ["neighbouring paragraphs", evidence.context],
    ["to begin with", evidence.intercept],
  ];
  const rows = parts.map(([name, weight]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "figure" }, signed(weight))),
  );
  const total = element("tr", { class: "total" }, element("th", { scope: "row" }, "Together"), element("td", { class: "figure" }, signed(evidence.margin)));
  const caption = element("caption", {}, `What speaks for ${className(evidence.of)}`);
  return element("table", {}, caption, element("tbody", {}, ...rows, total));
}
