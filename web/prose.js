// @ts-check
/** A message's text without its markup: whom it calls, and its gist in one line. Pure. */

import { seen } from "./invisible.js";
import { blocks } from "./markdown/blocks.js";
import { codeSpans, fenced } from "./markdown/code.js";
import { nameIn } from "./markdown/spans.js";

/** @import { Block } from "./markdown/blocks.js" */
/** @import { Span } from "./markdown/spans.js" */

const LINK_OR_CALL = /\bhttps?:\/\/[^\s<>"'`]+|\bmailto:[^\s<>"'`]+|(?<![\p{L}\p{N}_-])@[a-z0-9-]+(?![\p{L}\p{N}_])/gu;
const GIST_UNITS_MAX = 4000; // of a text are read for its gist

/**
 * The names that `text` calls outside code, whether or not anybody has them.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function calls(text) {
  const lines = text.split("\n");
  /** @type {string[]} */
  const said = [];
  for (let at = 0; at < lines.length; ) {
    const code = fenced(lines, at);
    if (!code) said.push(lines[at] ?? "");
    at = code?.next ?? at + 1;
  }
  return [...withoutCode(said.join("\n")).matchAll(LINK_OR_CALL)].map(([found]) => found).filter((found) => found.startsWith("@")).map(nameIn);
}

/**
 * The gist of `text` in one line of at most `max` UTF-16 units: what it says, without markup.
 *
 * @param {string} text
 * @param {number} max
 * @returns {string}
 */
export function plain(text, max) {
  const words = blocks(text.slice(0, GIST_UNITS_MAX), new Set()).map(wordsOfBlock).join(" ");
  const said = seen(words).replace(/\s+/gu, " ").trim();
  return said.length <= max ? said : `${said.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** @param {Block} block @returns {string} */
function wordsOfBlock(block) {
  switch (block.kind) {
    case "rule":
      return "";
    case "code":
      return block.text;
    case "quote":
      return block.blocks.map(wordsOfBlock).join(" ");
    case "list":
      return block.items.map(({ isDone, blocks: inner }) => (isDone === null ? "" : isDone ? "☑ " : "☐ ") + inner.map(wordsOfBlock).join(" ")).join(" ");
    case "table":
      return [block.head, ...block.rows].flat().map(wordsOf).join(" ");
    default:
      return wordsOf(block.spans);
  }
}

/** @param {readonly Span[]} spans @returns {string} */
const wordsOf = (spans) => spans.map((span) => ("text" in span ? span.text : wordsOf(span.spans))).join("");

/** @param {string} text */
function withoutCode(text) {
  let kept = "";
  let position = 0;
  for (const { from, to } of codeSpans(text)) {
    kept += `${text.slice(position, from)} `;
    position = to;
  }
  return kept + text.slice(position);
}
