// Asks the service, and says in words what went wrong when it does not answer with marks.

import { counted } from "./wording.js";

const PATIENCE = 60_000; // a long article takes a second or two; a minute means that nobody is there

const UNITS = {
  "body-too-large": "bytes",
  "too-many-paragraphs": "paragraphs",
  "paragraph-too-long": "characters in a paragraph",
};

// What those answers mean to somebody who reads, and not to a program.
const SPOKEN = {
  401: ["The service asks for a key", "Enter yours under “How to judge”. It is kept for as long as this page is open."],
  429: ["The service is busy", "Too many are asking at once. Your text is still here."],
  503: ["The service is not ready", "It is starting, or about to stop. Your text is still here."],
  504: ["The service took too long", "It gave up on this article. Your text is still here."],
};

export class Trouble extends Error {
  constructor(title, detail, { status = 0, more = [], request = "", retry = 0, again = false } = {}) {
    super(detail);
    Object.assign(this, { title, detail, status, more, request, retry, again });
  }
}

export async function classify(request, key) {
  const headers = { "Content-Type": "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  return ask("v1/classify", { method: "POST", headers, body: JSON.stringify(request) });
}

export const describe = (key) => ask("v1/model", key ? { headers: { Authorization: `Bearer ${key}` } } : {});

export async function fetchText(path) {
  const answer = await reach(path, {});
  if (!answer.ok) throw new Trouble("The example is not there", `The service answered ${answer.status}.`);
  return answer.text();
}

async function ask(path, options) {
  const answer = await reach(path, options);
  const told = await answer.json().catch(() => null);
  if (answer.ok && told !== null) return told;
  throw troubleOf(answer, told);
}

async function reach(path, options) {
  try {
    return await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    if (error.name === "TimeoutError") {
      throw new Trouble("The service took too long", "No answer came within a minute. Your text is still here.", {
        again: true,
      });
    }
    throw new Trouble(
      "The service cannot be reached",
      "Your text is still here. Check the connection, or whether the service runs, and try again.",
      { again: true },
    );
  }
}

function troubleOf(answer, told) {
  const retry = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10) || 0;
  const again = answer.status >= 500 || answer.status === 429;
  const rest = { status: answer.status, again, retry, request: answer.headers.get("X-Request-ID") ?? "" };
  const isProblem = (answer.headers.get("Content-Type") ?? "").startsWith("application/problem+json");
  if (told === null || !isProblem) {
    const detail = `Something between here and the service answered ${answer.status}. Your text is still here.`;
    return new Trouble("That was no answer of Pressmark", detail, rest);
  }
  const unit = UNITS[told.type.split(":").at(-1)];
  const limit = told.limit ? ` The limit is ${counted(told.limit, unit ?? "", unit ?? "").trim()}.` : "";
  const more = (told.errors ?? []).map((one) => `${one.pointer}: ${one.detail}`);
  const [title, detail] = SPOKEN[answer.status] ?? [told.title, told.detail + limit];
  return new Trouble(title, detail, { ...rest, more });
}
