// How categories, figures and reasons read.

const HUES = 8; // colours with a pattern each in page.css; a model with more categories uses them again

const REASONS = {
  empty: ["Nothing to judge", "There is no text here."],
  too_short: ["Too short", "Too few words to tell."],
  unfamiliar: ["Unfamiliar", "The model knows too few of these words: another language, or no prose."],
  off_topic: ["None of these", "Most likely about something else."],
  low_confidence: ["Unclear", "One leads, but by too little."],
};

export const capital = (name) => name.charAt(0).toUpperCase() + name.slice(1);

export const label = (name) => capital(name.replaceAll("_", " "));

export const className = (name) => (name === "other" ? "none of these" : label(name));

export const reasonOf = (reason) => REASONS[reason] ?? [label(reason), ""];

export function percent(share) {
  if (share > 0.99 && share < 1) return ">99 %";
  if (share > 0 && share < 0.01) return "<1 %";
  return `${Math.round(share * 100)} %`;
}

export const signed = (weight) => `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(2)}`;

export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

// "artil*" is the release's way to write a stem: part of a word, with the open side marked.
export const termName = (term) => term.replaceAll("*", "…");

export const languageOf = (text) => (/[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/.test(text) ? "ko" : "en");

export function hueOf(name, categories) {
  const at = categories.indexOf(name);
  return at < 0 ? "hue-none" : `hue-${at % HUES}`;
}

export function deckOf({ dominant, paragraphs, abstained }, characters) {
  const length = `${counted(paragraphs, "paragraph")}, ${counted(characters, "character")}`;
  if (paragraphs === 0) return "No paragraph in it.";
  if (abstained === paragraphs) return `${length}; none could be marked.`;
  const most = dominant === null ? "" : `; mostly ${label(dominant).toLowerCase()}`;
  return `${length}${most}${abstained ? `; ${abstained.toLocaleString("en")} left unmarked` : ""}.`;
}
