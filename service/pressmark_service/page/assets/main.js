// The page: an article goes in, is judged, and is shown marked; whatever fails, its text stays.

import { paragraphItem } from "./article.js";
import { Text, countPoints } from "./codepoints.js";
import { drawBar, drawLegend, drawMeanings, inWords, partsOf } from "./composition.js";
import { element } from "./elements.js";
import { asCsv, asCurl, asJson, copy, download } from "./exports.js";
import { readText, takeDrops } from "./files.js";
import { Trouble, classify, describe, fetchText } from "./service.js";
import { followTheme } from "./toggle.js";
import { counted, deckOf, languageOf } from "./wording.js";
import { attachTips } from "./words.js";

const TERMS = 8; // of evidence for each paragraph: more underlines than that mark nothing

const part = Object.fromEntries([...document.querySelectorAll("[id]")].map((one) => [one.id, one]));
let model = null;
let result = null;
let asking = false;
let replaced = "";

function options() {
  return {
    split: part.split.value,
    context: part.context.checked,
    abstain: part.abstain.checked,
    evidence: Math.min(TERMS, model?.limits.evidence_terms ?? TERMS),
  };
}

async function mark() {
  const text = part.text.value;
  if (!text.trim()) {
    complain(new Trouble("There is no article yet", "Paste one, drop a text file, or read an example."));
    part.text.focus();
    return;
  }
  const request = { text, ...options() };
  await guarded(async () => {
    if (model === null) await learn();
    request.evidence = options().evidence;
    const answer = await classify(request, part.key.value);
    result = { request, answer, text: new Text(text), locked: part.key.value !== "" };
    show();
  });
}

async function guarded(work) {
  if (asking) return;
  busy(true);
  try {
    await work();
    part.trouble.hidden = true;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    complain(error);
  } finally {
    busy(false);
  }
}

function busy(now) {
  asking = now;
  part.mark.textContent = now ? "Marking…" : "Mark the paragraphs";
  part.main.setAttribute("aria-busy", String(now));
}

async function learn() {
  model = await describe(part.key.value).catch((error) => {
    if (error.status === 401) throw error; // nothing else will work either
    return null;
  });
  if (model === null) return;
  part.edition.textContent = `Model ${model.version}`;
  drawMeanings(part.definitions, model.categories);
  part.meanings.hidden = part.definitions.childElementCount === 0;
}

function show() {
  const { answer, text } = result;
  const categories = Object.keys(answer.summary.shares);
  const parts = partsOf(answer, categories);
  const arriving = part.result.hidden;
  drawBar(part.bar, parts);
  drawLegend(part.legend, parts);
  part.article.replaceChildren(...answer.paragraphs.map((one) => paragraphItem(one, text, categories)));
  part.deck.textContent = deckOf(answer.summary, countPoints(text.text));
  part.call.open = false;
  part.compose.hidden = true;
  part.result.hidden = false;
  part.composition.after(part.asides);
  if (arriving) {
    scrollTo({ top: 0 });
    part["result-title"].focus({ preventScroll: true });
  }
  say(`${counted(answer.summary.paragraphs, "paragraph")}. ${inWords(parts)}.`);
}

function compose() {
  part.result.hidden = true;
  part.compose.hidden = false;
  part.compose.after(part.asides);
  part.tip.hidden = true;
  measure();
  part.text.focus();
}

function complain(trouble) {
  const again = element("button", { type: "button" }, "Try again");
  again.addEventListener("click", mark);
  const wait = trouble.retry ? `Try again in ${counted(trouble.retry, "second")}.` : "";
  part.trouble.replaceChildren(
    element("p", { class: "title" }, trouble.title),
    element("p", {}, [trouble.detail, wait].filter(Boolean).join(" ")),
    ...(trouble.more.length ? [element("ul", {}, ...trouble.more.map((one) => element("li", {}, one)))] : []),
    ...(trouble.request ? [element("p", { class: "request" }, `Request ${trouble.request}`)] : []),
    ...(trouble.again ? [again] : []),
  );
  part.trouble.hidden = false;
  part.trouble.scrollIntoView({ block: "nearest" });
  if (trouble.status === 401) {
    part["key-field"].hidden = false;
    part.settings.open = true;
    part.key.focus();
  }
}

function say(words) {
  part.said.textContent = words;
}

function measure() {
  const text = part.text.value;
  part.text.lang = languageOf(text.slice(0, 2000));
  part.size.textContent = text ? `${counted(countPoints(text), "character")}.` : "";
}

function replace(text) {
  // What stood there came from the reader and exists nowhere else, perhaps.
  if (part.text.value.trim()) replaced = part.text.value;
  part.text.value = text;
  part.back.hidden = !replaced;
}

async function take(text) {
  replace(text);
  measure();
  await mark();
}

const forms = {
  json: { write: asJson, type: "application/json" },
  // With the mark that spreadsheets need to read Korean.
  csv: { write: asCsv, type: "text/csv", before: "\ufeff" },
  curl: { write: asCurl },
};

function bindTools() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const name = button.textContent;
    button.addEventListener("click", async () => {
      const copied = await copy(forms[button.dataset.copy].write(result)).then(() => true, () => false);
      say(copied ? `Copied: ${name.replace("Copy ", "")}.` : "The browser did not allow copying.");
      button.textContent = copied ? "Copied" : "Not allowed";
      setTimeout(() => (button.textContent = name), 1500);
    });
  }
  for (const button of document.querySelectorAll("[data-download]")) {
    const kind = button.dataset.download;
    const { write, type, before = "" } = forms[kind];
    button.addEventListener("click", () => download(`pressmark.${kind}`, type, before + write(result)));
  }
  part.call.addEventListener("toggle", () => (part.curl.textContent = part.call.open ? asCurl(result) : ""));
}

function bindInput() {
  part.compose.addEventListener("submit", (event) => (event.preventDefault(), mark()));
  part.text.addEventListener("input", measure);
  part.text.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && mark());
  const opened = async (file) => {
    let text = null;
    await guarded(async () => (text = await readText(file, model?.limits.body_bytes)));
    if (text !== null) await take(text);
  };
  part.open.addEventListener("click", () => part.file.click());
  part.file.addEventListener("change", async () => {
    const [file] = part.file.files;
    if (file) await opened(file);
    part.file.value = ""; // so that the same file can be opened again
  });
  takeDrops(part.drop, opened);
  for (const button of document.querySelectorAll("[data-example]")) {
    button.addEventListener("click", async () => {
      let text = null;
      await guarded(async () => (text = await fetchText(`page/example-${button.dataset.example}.txt`)));
      if (text !== null) await take(text);
    });
  }
}

function bindResult() {
  part.edit.addEventListener("click", compose);
  part.another.addEventListener("click", () => {
    replace("");
    compose();
  });
  part.back.addEventListener("click", () => {
    replace(replaced);
    measure();
    part.text.focus();
  });
  for (const name of ["split", "context", "abstain"]) {
    part[name].addEventListener("change", () => part.result.hidden || mark());
  }
  part.key.addEventListener("change", () => part.text.value.trim() && mark());
  attachTips(part.article, part.tip);
}

bindInput();
bindTools();
bindResult();
followTheme(part.theme);
measure();
learn().catch(complain);
