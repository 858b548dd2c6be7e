// The marks as files and commands: JSON as answered, CSV with a row for each paragraph, the call as curl.

export const asJson = (result) => `${JSON.stringify(result.answer, null, 2)}\n`;

export function asCsv({ answer, text }) {
  const classes = Object.keys(answer.paragraphs[0]?.scores ?? {});
  const scores = classes.map((name) => `score_${name}`);
  const head = ["index", "start", "end", "category", "confidence", "reason", "candidates", "known_terms", ...scores, "text"];
  const rows = answer.paragraphs.map((one) => [
    one.index,
    one.start,
    one.end,
    one.category,
    one.confidence,
    one.reason,
    one.candidates?.join(" "),
    one.known_terms,
    ...classes.map((name) => one.scores[name]),
    text.slice(one.start, one.end),
  ]);
  return [head, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value) {
  const shown = String(value ?? "");
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

export function asCurl({ request, locked }) {
  // A quoted here-document takes any text as it is, and JSON never holds a bare line break that could end it.
  const url = new URL("v1/classify", document.baseURI);
  const key = locked ? ' -H "Authorization: Bearer $PRESSMARK_KEY"' : ""; // its value stays off the screen
  return [
    `curl -s '${url.href.replaceAll("'", "%27")}' -H 'Content-Type: application/json'${key} --data-binary @- <<'ARTICLE'`,
    JSON.stringify(request),
    "ARTICLE",
    "",
  ].join("\n");
}

export async function copy(text) {
  // The clipboard interface exists on secure origins only; a service inside a network often has plain HTTP.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const holder = document.createElement("textarea");
  holder.value = text;
  holder.className = "unseen";
  document.body.append(holder);
  holder.select();
  const copied = document.execCommand("copy");
  holder.remove();
  if (!copied) throw new Error("copying was refused");
}

export function download(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The browser reads the address after this turn.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
