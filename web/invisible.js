// @ts-check
/** Characters that cannot be seen and change what is: directions turned over, letters hidden from people. Pure. */

// Bidirectional overrides, embeddings and isolates; tag letters and spare selectors, in which text is smuggled; controls.
const EVASIVE = String.raw`[\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}\u{e0100}-\u{e01ef}\ufff9-\ufffb\0-\x08\v\f\x0e-\x1f\x7f-\x9f]`;
// What has its use in prose, and none in code: zero width, direction marks, fillers, soft hyphens, line separators.
const SILENT = String.raw`[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028\u2029\u2060-\u2064\u3164\ufeff\uffa0]`;
// Zero-width joiners belong inside emoji, and inside words of the scripts that join by them.
const JOINER = String.raw`(?<![\p{Extended_Pictographic}\ufe0f\p{M}\p{sc=Arab}])[\u200c\u200d]`;
const FLAG = String.raw`\u{1f3f4}[\u{e0061}-\u{e007a}]{4,6}\u{e007f}`; // of a country's part: its tag letters are no secret

const IN_PROSE = new RegExp(`${FLAG}|(${EVASIVE}+)`, "gu");
const IN_CODE = new RegExp(`${FLAG}|((?:${EVASIVE}|${SILENT}|${JOINER})+)`, "gu");
const ANY = new RegExp(`${EVASIVE}`, "u");
const MARKS_MAX = 200; // a text of nothing else is not worth more nodes
const KNOWN = new Map(
  Object.entries({
    "\u200b": "ZWSP", "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM", "\u202a": "LRE",
    "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u2060": "WJ", "\u2066": "LRI", "\u2067": "RLI",
    "\u2068": "FSI", "\u2069": "PDI", "\ufeff": "BOM", "\xad": "SHY",
  }),
);

/** `text` without what cannot be seen, but for the joiners that its emoji and scripts need. @param {string} text */
export const seen = (text) => text.replace(IN_CODE, (found, /** @type {string | undefined} */ hidden) => (hidden === undefined ? found : ""));

/** @typedef {{mark: string, title: string}} Mark what stands for characters that cannot be seen */

/** Whether something in `text` could turn it over or hide in it. @param {string} text */
export const isEvasive = (text) => ANY.test(text);

/**
 * `text` with marks in place of what cannot be seen. A run of such characters is one mark.
 *
 * @param {string} text
 * @param {{isCode: boolean}} of in code everything unseen is worth knowing
 * @returns {(string | Mark)[]}
 */
export function visible(text, { isCode }) {
  /** @type {(string | Mark)[]} */
  const found = [];
  let position = 0;
  for (const match of text.matchAll(isCode ? IN_CODE : IN_PROSE)) {
    if (match[1] === undefined) continue;
    if (match.index > position) found.push(text.slice(position, match.index));
    found.push(found.length < MARKS_MAX * 2 ? markOf([...match[1]]) : "\ufffd");
    position = match.index + match[0].length;
  }
  if (position < text.length) found.push(text.slice(position));
  return found;
}

/** @param {string[]} letters @returns {Mark} */
function markOf(letters) {
  const names = letters.slice(0, 4).map(nameOf);
  const mark = letters.length > 4 ? `${letters.length} hidden` : names.join(" ");
  return { mark: `‹${mark}›`, title: `Invisible: ${names.join(", ")}${letters.length > 4 ? ", …" : ""}` };
}

/** @param {string} letter */
const nameOf = (letter) => KNOWN.get(letter) ?? `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
