// @ts-check
/** What is code in a text: fences and spans in backticks, by the rule by which the room finds whom a text calls. Pure. */

const FENCE = /^\s*(`{3,})([^`]*)$/;
const TICKS = /`+/g;

/**
 * What a line that opens or closes a fence says; null for any other line.
 *
 * @param {string} line
 * @returns {{ticks: number, word: string} | null} `word`: what follows the backticks; a fence that closes has none
 */
export function fenceOf(line) {
  const [, ticks, word = ""] = FENCE.exec(line) ?? [];
  return ticks === undefined ? null : { ticks: ticks.length, word: word.trim() };
}

/**
 * The code between the fence that `lines[at]` opens and the one that closes it, and the number of the line after that. A fence
 * that nothing closes runs to the end.
 *
 * @param {readonly string[]} lines
 * @param {number} at
 * @returns {{word: string, body: string[], next: number} | null} null where no fence opens
 */
export function fenced(lines, at) {
  const fence = fenceOf(lines[at] ?? "");
  if (!fence) return null;
  let end = at + 1;
  while (end < lines.length && !isClosing(lines[end] ?? "", fence.ticks)) end += 1;
  return { word: fence.word, body: lines.slice(at + 1, end), next: Math.min(end + 1, lines.length) };
}

/**
 * @param {string} line
 * @param {number} ticks how many opened the fence
 */
export function isClosing(line, ticks) {
  const fence = fenceOf(line);
  return fence !== null && fence.ticks >= ticks && !fence.word;
}

/**
 * Where `text` has code spans: each ends on its line with as many backticks as it began with. Every run of backticks is
 * looked at once, and each length remembers how far it was searched: a line of nothing else costs what a line costs.
 *
 * @param {string} text
 * @returns {{from: number, to: number, text: string}[]} `from` and `to`: with their backticks
 */
export function codeSpans(text) {
  /** @type {{from: number, to: number, text: string}[]} */
  const found = [];
  const runs = [...text.matchAll(TICKS)].map((match) => ({ from: match.index, length: match[0].length }));
  /** @type {Map<number, {places: number[], next: number}>} */
  const byLength = new Map();
  runs.forEach(({ length }, place) => {
    const known = byLength.get(length);
    if (known) known.places.push(place);
    else byLength.set(length, { places: [place], next: 0 });
  });
  let lineEnd = text.indexOf("\n");
  for (let place = 0; place < runs.length; place += 1) {
    const { from, length } = /** @type {{from: number, length: number}} */ (runs[place]);
    while (lineEnd !== -1 && lineEnd < from) lineEnd = text.indexOf("\n", lineEnd + 1);
    const same = /** @type {{places: number[], next: number}} */ (byLength.get(length));
    while ((same.places[same.next] ?? Infinity) <= place) same.next += 1;
    const closing = same.places[same.next];
    const to = closing === undefined ? Infinity : (runs[closing]?.from ?? 0) + length;
    if (closing === undefined || (lineEnd !== -1 && to > lineEnd)) continue;
    found.push({ from, to, text: withoutPadding(text.slice(from + length, to - length)) });
    place = closing;
  }
  return found;
}

/** One blank at either end is there for a backtick beside it. @param {string} text */
const withoutPadding = (text) => (text.startsWith(" ") && text.endsWith(" ") && /[^ ]/.test(text) ? text.slice(1, -1) : text);
