// The words that decided: underlined where they stand, weighed on hover, focus and tap.

import { element } from "./elements.js";
import { className, counted, hueOf, signed, termName } from "./wording.js";

let serial = 0;

// Terms overlap (a word, its stem, a pair of words): what overlaps becomes one underlined place.
export function placesOf(evidence, start, end) {
  const spans = (evidence?.terms ?? []).flatMap((term) =>
    term.spans.map(([from, to]) => ({ from: Math.max(from, start), to: Math.min(to, end), terms: [term] })),
  );
  spans.sort((one, other) => one.from - other.from || one.to - other.to);
  const places = [];
  for (const span of spans) {
    const last = places.at(-1);
    if (last && span.from < last.to) {
      last.to = Math.max(last.to, span.to);
      if (!last.terms.includes(span.terms[0])) last.terms.push(...span.terms);
    } else if (span.from < span.to) {
      places.push(span);
    }
  }
  return places;
}

export function paragraphText(paragraph, text, categories) {
  const { start, end, evidence } = paragraph;
  const holder = element("p", { class: "text" });
  const told = element("div", { hidden: true });
  const places = placesOf(evidence, start, end);
  const strongest = Math.max(...places.map((place) => Math.abs(weightOf(place))));
  let at = start;
  for (const place of places) {
    holder.append(text.slice(at, place.from));
    holder.append(word(place, { evidence, text, categories, told, strongest }));
    at = place.to;
  }
  holder.append(text.slice(at, end));
  holder.querySelector(".word")?.setAttribute("tabindex", "0");
  return [holder, told];
}

const weightOf = (place) => place.terms.reduce((sum, term) => sum + term.weight, 0);

function word(place, { evidence, text, categories, told, strongest }) {
  const weight = weightOf(place);
  const id = `word-${(serial += 1)}`;
  const made = element("mark", {
    class: `word ${weight < 0 ? "against" : hueOf(evidence.of, categories)}`,
    tabindex: "-1",
    "aria-describedby": id,
    "data-strength": Math.max(1, Math.ceil((3 * Math.abs(weight)) / strongest)),
  });
  made.append(text.slice(place.from, place.to));
  made.place = { evidence, terms: place.terms, weight };
  told.append(element("span", { id }, inWords(made.place)));
  return made;
}

const inWords = ({ evidence, weight }) => `${signed(weight)} ${weight < 0 ? "against" : "for"} ${className(evidence.of)}`;

export function attachTips(article, tip) {
  let leaving = 0;
  let shown = null;
  const hide = () => {
    clearTimeout(leaving);
    tip.hidden = true;
  };
  const hideSoon = () => {
    clearTimeout(leaving);
    leaving = setTimeout(hide, 150); // long enough to move the pointer onto the tip
  };
  const show = (target) => {
    clearTimeout(leaving);
    shown = target;
    fill(tip, target.place);
    tip.hidden = false;
    place(tip, target);
  };
  const wordAt = (event) => event.target.closest?.(".word");
  article.addEventListener("pointerover", (event) => wordAt(event) && show(wordAt(event)));
  article.addEventListener("pointerout", (event) => wordAt(event) && hideSoon());
  article.addEventListener("focusin", (event) => (wordAt(event) ? show(wordAt(event)) : hide()));
  article.addEventListener("focusout", hideSoon);
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", hideSoon);
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  // Focus may scroll its word into view: the tip goes along.
  addEventListener("scroll", () => tip.hidden || place(tip, shown), { passive: true });
  article.addEventListener("keydown", (event) => wordAt(event) && step(event, wordAt(event)));
}

function fill(tip, { evidence, terms, weight }) {
  const rows = [...terms]
    .sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight))
    .map((term) => {
      const places = term.spans.length > 1 ? ` in ${counted(term.spans.length, "place")}` : "";
      return element("li", {}, element("span", {}, termName(term.term) + places), element("b", {}, signed(term.weight)));
    });
  const head = element("p", {}, element("b", {}, signed(weight)), ` ${weight < 0 ? "against" : "for"} ${className(evidence.of)}`);
  tip.replaceChildren(head, ...(rows.length > 1 || terms[0].spans.length > 1 ? [element("ul", {}, ...rows)] : []));
}

function place(tip, target) {
  const gap = 8;
  const box = target.getClientRects()[0];
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(Math.max(gap, box.left + box.width / 2 - width / 2), document.documentElement.clientWidth - width - gap);
  const above = box.top - height - gap;
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${above > gap ? above : box.bottom + gap}px`);
}

// One stop of the Tab key for each paragraph; arrows go from word to word inside it.
function step(event, from) {
  const words = [...from.closest(".text").querySelectorAll(".word")];
  const at = words.indexOf(from);
  const next = { ArrowRight: words[at + 1], ArrowLeft: words[at - 1], Home: words[0], End: words.at(-1) }[event.key];
  if (!next) return;
  event.preventDefault();
  from.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}
