// @ts-check
/**
 * A text as blocks: paragraphs, headings, lists, quotes, tables, code. The part of CommonMark and of GitHub's tables and tasks that
 * people and agents write, with a chat's habits: a line's end is an end, four blanks are no code, raw HTML is text, and a quote ends
 * with its last `>`. Linear in the text; depth and nodes are bounded, and what is beyond stays text. Pure.
 */

import { fenced, fenceOf } from "./code.js";
import { isItem, isRule, items } from "./lists.js";
import { spans } from "./spans.js";
import { cells, columns } from "./tables.js";

/** @import { Reading, Span } from "./spans.js" */
/** @import { Align } from "./tables.js" */

/**
 * @typedef {{kind: "paragraph" | "heading", spans: Span[]}} Lines
 * @typedef {{kind: "code", language: string, text: string}} Code
 * @typedef {{kind: "quote", blocks: Block[]}} Quote
 * @typedef {{kind: "list", start: number | null, items: {isDone: boolean | null, blocks: Block[]}[]}} List
 * @typedef {{kind: "table", aligns: Align[], head: Span[][], rows: Span[][][]}} Table
 * @typedef {Lines | Code | Quote | List | Table | {kind: "rule"}} Block
 * @typedef {{block: Block, next: number}} Found a block, and the line after it
 */

const NODES_MAX = 2500; // of one text: ten times what a long handoff has
const CODE_NODES = 20; // what a block of code weighs
const DEPTH_MAX = 6; // of quotes and lists within one another
const QUOTED = /^ {0,3}> ?/;
const HEADING = /^ {0,3}#{1,6}[ \t]+(?=\S)/;
const LANGUAGE = /^\{?\.?([\w+#-]{1,20})/;

/**
 * @param {string} text
 * @param {ReadonlySet<string>} names the aliases that count as called
 * @returns {Block[]}
 */
export const blocks = (text, names) => within(text.replaceAll("\r\n", "\n").split("\n"), { names, left: NODES_MAX }, 0);

/**
 * @param {readonly string[]} lines
 * @param {Reading} reading
 * @param {number} depth
 * @returns {Block[]}
 */
function within(lines, reading, depth) {
  /** @type {Block[]} */
  const found = [];
  const readers = [code, rule, heading, ...(depth < DEPTH_MAX ? [quote, list] : []), table, paragraph];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at]?.trim()) {
      at += 1;
      continue;
    }
    if ((reading.left -= 1) < 0) return [...found, { kind: "paragraph", spans: [{ kind: "text", text: lines.slice(at).join("\n") }] }];
    for (const reader of readers) {
      const read = reader(lines, at, reading, depth);
      if (!read) continue;
      found.push(read.block);
      at = read.next;
      break;
    }
  }
  return found;
}

/** @typedef {(lines: readonly string[], at: number, reading: Reading, depth: number) => Found | null} Reader */

/** @type {Reader} */
function code(lines, at, reading) {
  const found = fenced(lines, at);
  if (!found) return null;
  reading.left -= CODE_NODES;
  const indent = (lines[at] ?? "").search(/\S/);
  const body = found.body.map((line) => line.slice(Math.min(indent, line.search(/\S|$/))));
  const language = (LANGUAGE.exec(found.word)?.[1] ?? "").toLowerCase();
  return { block: { kind: "code", language, text: body.join("\n") }, next: found.next };
}

/** @type {Reader} */
const rule = (lines, at) => (isRule(lines[at] ?? "") ? { block: { kind: "rule" }, next: at + 1 } : null);

/** @type {Reader} */
function heading(lines, at, reading) {
  const line = lines[at] ?? "";
  const mark = HEADING.exec(line)?.[0];
  if (!mark) return null;
  let end = line.trimEnd().length;
  while (line.charAt(end - 1) === "#") end -= 1;
  const text = line.slice(mark.length, end).trim() || line.slice(mark.length).trim();
  return { block: { kind: "heading", spans: spans(text, reading) }, next: at + 1 };
}

/** @type {Reader} */
function quote(lines, at, reading, depth) {
  let next = at;
  while (QUOTED.test(lines[next] ?? "")) next += 1;
  if (next === at) return null;
  const quoted = lines.slice(at, next).map((line) => line.replace(QUOTED, ""));
  return { block: { kind: "quote", blocks: within(quoted, reading, depth + 1) }, next };
}

/** @type {Reader} */
function list(lines, at, reading, depth) {
  const found = items(lines, at, { isStart, max: reading.left / 2 });
  if (!found) return null;
  reading.left -= found.items.length;
  const read = found.items.map((item) => ({ isDone: item.isDone, blocks: within(item.lines, reading, depth + 1) }));
  return { block: { kind: "list", start: found.start, items: read }, next: found.next };
}

/** @type {Reader} */
function table(lines, at, reading) {
  const aligns = columns(lines, at);
  if (!aligns) return null;
  const row = (/** @type {number} */ number) => {
    reading.left -= aligns.length + 1;
    return cells(lines[number] ?? "", aligns.length).map((cell) => spans(cell.replaceAll("\\|", "|"), reading));
  };
  const head = row(at);
  /** @type {Span[][][]} */
  const rows = [];
  let next = at + 2;
  for (; reading.left > 0 && lines[next]?.includes("|"); next += 1) rows.push(row(next));
  return { block: { kind: "table", aligns, head, rows }, next };
}

/** @type {Reader} */
function paragraph(lines, at, reading) {
  let next = at + 1;
  while (lines[next]?.trim() && !isStart(lines, next)) next += 1;
  const text = lines.slice(at, next).map((line) => line.trimEnd()).join("\n");
  return { block: { kind: "paragraph", spans: spans(text, reading) }, next };
}

/**
 * Whether a block of its own begins at `lines[at]`, right below a paragraph.
 *
 * @param {readonly string[]} lines
 * @param {number} at
 */
function isStart(lines, at) {
  const line = lines[at] ?? "";
  return fenceOf(line) !== null || QUOTED.test(line) || HEADING.test(line) || isRule(line) || isItem(line) || columns(lines, at) !== null;
}
