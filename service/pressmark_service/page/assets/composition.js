// What the article is made of: one bar, and the same in words and figures.

import { element } from "./elements.js";
import { counted, hueOf, label, percent } from "./wording.js";

export function partsOf({ summary, paragraphs }, categories) {
  const parts = categories.map((name) => ({
    name: label(name),
    hue: hueOf(name, categories),
    share: summary.shares[name] ?? 0,
    count: paragraphs.filter((one) => one.category === name).length,
  }));
  const rest = Math.max(0, 1 - parts.reduce((sum, part) => sum + part.share, 0));
  return [...parts, { name: "Unmarked", hue: "hue-none", share: rest, count: summary.abstained }];
}

export const inWords = (parts) =>
  parts
    .filter((part) => part.count > 0)
    .map((part) => `${part.name} ${percent(part.share)}`)
    .join(", ");

export function drawBar(bar, parts) {
  bar.setAttribute("aria-label", inWords(parts) || "Nothing to show");
  bar.replaceChildren(
    ...parts
      .filter((part) => part.share > 0)
      .map((part) => {
        const piece = element("span", { class: `piece ${part.hue}` });
        piece.style.setProperty("flex-grow", part.share);
        return piece;
      }),
  );
}

export function drawLegend(legend, parts) {
  legend.replaceChildren(
    ...parts.map((part) =>
      element(
        "li",
        { class: `${part.hue} ${part.count ? "" : "absent"}` },
        element("span", { class: "name" }, element("span", { class: "swatch" }), part.name),
        element("span", { class: "share" }, percent(part.share)),
        element("span", { class: "count" }, counted(part.count, "paragraph")),
      ),
    ),
  );
}

export function drawMeanings(list, categories) {
  list.replaceChildren(
    ...categories
      .filter((one) => one.definition)
      .flatMap((one) => [element("dt", {}, label(one.name)), element("dd", {}, one.definition)]),
  );
}
