// A file that was opened or dropped -> its text.

import { Trouble } from "./service.js";

export async function readText(file, limit) {
  if (limit && file.size > limit) {
    throw new Trouble("The file is too large", `${file.name} has ${file.size.toLocaleString("en")} bytes; the service takes ${limit.toLocaleString("en")}.`);
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = decode(bytes);
  if (text === null || text.includes("\0")) {
    throw new Trouble("That is not a text file", `${file.name} cannot be read as text. Save the article as plain text in UTF-8.`);
  }
  return text;
}

function decode(bytes) {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : null;
  // Older Korean files come in the Windows code page that the web calls euc-kr.
  for (const encoding of wide ? [wide] : ["utf-8", "euc-kr"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // The next encoding may fit.
    }
  }
  return null;
}

export function takeDrops(veil, taken) {
  let depth = 0; // dragenter comes for each element passed on the way
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  const show = (by) => {
    depth = Math.max(0, depth + by);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => holdsFile(event) && show(1));
  addEventListener("dragleave", (event) => holdsFile(event) && show(-1));
  addEventListener("dragover", (event) => holdsFile(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    show(-depth);
    const [file] = event.dataTransfer.files;
    if (file) taken(file);
  });
}
