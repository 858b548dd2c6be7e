// The service counts Unicode code points, JavaScript counts UTF-16 units: this is where the two meet.

export class Text {
  #starts;

  constructor(text) {
    this.text = text;
    // Only a text with surrogates needs the table: for all others the two counts are one.
    this.#starts = /[\ud800-\udfff]/.test(text) ? startsOf(text) : null;
  }

  slice(start, end) {
    return this.#starts === null
      ? this.text.slice(start, end)
      : this.text.slice(this.#starts[start], this.#starts[end]);
  }
}

function startsOf(text) {
  const starts = new Uint32Array(text.length + 1);
  let point = 0;
  let unit = 0;
  for (const character of text) {
    starts[point++] = unit;
    unit += character.length;
  }
  starts[point] = unit;
  return starts.subarray(0, point + 1);
}

export function countPoints(text) {
  let pairs = 0;
  for (const _pair of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) pairs += 1;
  return text.length - pairs;
}
