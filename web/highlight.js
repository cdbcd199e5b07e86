// @ts-check
/** Code cut into what its colours tell apart: comments, strings, numbers, the language's own words. Pure, and one pass. */

import { language } from "./languages.js";

/**
 * @typedef {object} Piece
 * @property {"" | "comment" | "string" | "number" | "keyword" | "name" | "added" | "removed"} kind
 * @property {string} text
 */

const PIECES_MAX = 3000; // code beyond is shown without colour

/**
 * `text` in pieces that are together `text`. A language that is not known has one.
 *
 * @param {string} text
 * @param {string} name of the language
 * @returns {Piece[]}
 */
export function highlighted(text, name) {
  const known = language(name);
  /** @type {Piece[]} */
  const found = [];
  let position = 0;
  for (const match of known ? text.matchAll(known.pattern) : []) {
    const kind = kindOf(match, known);
    if (!kind) continue;
    if (found.length >= PIECES_MAX) break;
    if (match.index > position) found.push({ kind: "", text: text.slice(position, match.index) });
    found.push({ kind, text: match[0] });
    position = match.index + match[0].length;
  }
  if (position < text.length) found.push({ kind: "", text: text.slice(position) });
  return found;
}

/**
 * @param {RegExpMatchArray} match
 * @param {import("./languages.js").Language | undefined} known
 * @returns {Piece["kind"]}
 */
function kindOf({ groups = {} }, known) {
  if (groups.word !== undefined) return known?.words.has(known.ignoresCase ? groups.word.toLowerCase() : groups.word) ? "keyword" : "";
  const [kind = ""] = Object.entries(groups).find(([, text]) => text !== undefined) ?? [];
  return /** @type {Piece["kind"]} */ (kind);
}
