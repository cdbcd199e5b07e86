// @ts-check
/** The piece of a message that holds what was looked for, in one line, with where it stands in it. Pure. */

import { shown } from "./names.js";
import { plain } from "./prose.js";

/** @typedef {{text: string, isHit: boolean}} Piece */

const GIST_UNITS_MAX = 4000; // a hit beyond is shown as it was typed, markup and all
const LEAD_UNITS_MAX = 40; // before the first hit, so that it does not stand without its context

/**
 * At most `max` UTF-16 units of `text` from around the first of `words`, in pieces. The room compares more finely than
 * this does: a message that it found and in which nothing is seen here is shown from its beginning.
 *
 * @param {string} text
 * @param {readonly string[]} words
 * @param {number} max
 * @returns {Piece[]}
 */
export function excerpt(text, words, max) {
  const wanted = words.map((word) => folded(shown(word)).text).filter(Boolean);
  const gist = plain(text, GIST_UNITS_MAX);
  const line = wanted.every((word) => folded(gist).text.includes(word)) ? gist : shown(text);
  const hits = hitsIn(line, wanted);
  const first = hits[0]?.from ?? 0;
  const lead = Math.min(LEAD_UNITS_MAX, Math.floor(max / 3));
  const from = Math.max(0, Math.min(first - lead, line.length - max));
  const start = isAmid(line, from) ? from + 1 : from;
  const to = Math.min(line.length, start + max);
  const end = isAmid(line, to) ? to - 1 : to;
  return pieces(line, { start, end, hits });
}

/**
 * @param {string} line
 * @param {{start: number, end: number, hits: readonly {from: number, to: number}[]}} cut
 * @returns {Piece[]}
 */
function pieces(line, { start, end, hits }) {
  const found = [{ text: start > 0 ? "…" : "", isHit: false }];
  let at = start;
  for (const { from, to } of hits) {
    if (from >= end) break;
    if (to <= at) continue;
    found.push({ text: line.slice(at, from), isHit: false });
    found.push({ text: line.slice(Math.max(at, from), Math.min(to, end)), isHit: true });
    at = Math.min(to, end);
  }
  found.push({ text: line.slice(at, end) + (end < line.length ? "…" : ""), isHit: false });
  return found.filter((piece) => piece.text !== "");
}

/**
 * Where `words` stand in `line`, in order.
 *
 * @param {string} line
 * @param {readonly string[]} words folded
 */
function hitsIn(line, words) {
  const { text, from, to } = folded(line);
  const hits = [];
  for (const word of words) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
      hits.push({ from: from[at] ?? 0, to: to[at + word.length - 1] ?? line.length });
    }
  }
  return joined(hits.sort((one, other) => one.from - other.from));
}

/** Hits that touch are one. @param {readonly {from: number, to: number}[]} hits in order */
function joined(hits) {
  /** @type {{from: number, to: number}[]} */
  const found = [];
  for (const hit of hits) {
    const last = found.at(-1);
    if (last && hit.from <= last.to) last.to = Math.max(last.to, hit.to);
    else found.push({ ...hit });
  }
  return found;
}

/**
 * `text` without regard to case, and for each unit of it from where to where its letter stands in `text`.
 *
 * @param {string} text
 */
function folded(text) {
  let fold = "";
  let at = 0;
  /** @type {number[]} */
  const from = [];
  /** @type {number[]} */
  const to = [];
  for (const letter of text) {
    const low = letter.toUpperCase().toLowerCase(); // by way of capitals, ß is ss and every sigma is one
    for (let unit = 0; unit < low.length; unit += 1) {
      from.push(at);
      to.push(at + letter.length);
    }
    fold += low;
    at += letter.length;
  }
  return { text: fold, from, to };
}

/**
 * Whether the place `at` is amid a letter of two units.
 *
 * @param {string} line
 * @param {number} at
 */
const isAmid = (line, at) => /^[\udc00-\udfff]/.test(line.slice(at, at + 1)) && /[\ud800-\udbff]$/.test(line.slice(0, at));
