// @ts-check
/** Lists, of points, of numbers and of tasks; an item holds blocks of its own. Pure. */

import { fenceOf, isClosing } from "./code.js";

/**
 * @typedef {{isDone: boolean | null, lines: string[]}} Item `isDone`: of a task; `lines`: without their indent
 * @typedef {{indent: number, content: number, length: number, start: number | null}} Marker `indent` and `content` are columns,
 *   `length` units of the line; `start`: its number, null for a point
 */

const MARKER = /^([ \t]*)(?:[-*+]|(\d{1,9})[.)])(?:[ \t]+(?=\S)|[ \t]*$)/;
const NUMBERED = /^[ \t]*\d{1,9}[.)][ \t]/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const TASK = /^\[([ xX])\][ \t]+(?=\S)/;
const TAB_COLUMNS = 4;
const GAP_MAX = 5; // more blanks after a marker belong to the text

/** @param {string} line */
export const isRule = (line) => RULE.test(line);

/** Whether `line` begins a list where a paragraph stood: `1986.` at the start of a line is a year. @param {string} line */
export function isItem(line) {
  const marker = markerOf(line);
  return marker !== null && marker.length < line.length && (marker.start ?? 1) === 1;
}

/**
 * The items of the list that begins at `lines[at]`, and the number of the line after it; null when none begins there.
 *
 * @param {readonly string[]} lines
 * @param {number} at
 * @param {{isStart: (lines: readonly string[], at: number) => boolean, max: number}} of `isStart`: whether something begins that is
 *   no part of a paragraph; `max`: how many items
 * @returns {{start: number | null, items: Item[], next: number} | null}
 */
export function items(lines, at, { isStart, max }) {
  const first = markerOf(lines[at] ?? "");
  if (!first) return null;
  /** @type {Item[]} */
  const found = [];
  let next = at;
  for (let marker = first; ; ) {
    const item = itemLines(lines, next, { marker, isStart });
    const [line = "", ...more] = item.lines;
    const task = TASK.exec(line);
    found.push({ isDone: task ? task[1] !== " " : null, lines: [line.slice(task?.[0].length ?? 0), ...more] });
    next = item.next;
    const following = isRule(lines[next] ?? "") ? null : markerOf(lines[next] ?? "");
    if (!following || found.length >= max || (following.start === null) !== (first.start === null)) return { start: first.start, items: found, next };
    marker = following;
  }
}

/**
 * The lines of one item: those that are indented, and those that go on with its paragraph. A fence keeps its lines together.
 *
 * @param {readonly string[]} lines
 * @param {number} at
 * @param {{marker: Marker, isStart: (lines: readonly string[], at: number) => boolean}} of
 */
function itemLines(lines, at, { marker, isStart }) {
  const inner = Math.min(marker.content, marker.indent + 2); // two blanks are enough below `1.`
  const found = [(lines[at] ?? "").slice(marker.length)];
  let fence = fenceOf(found[0] ?? "")?.ticks ?? 0;
  let isAfterBlank = false;
  let next = at + 1;
  for (; next < lines.length; next += 1) {
    const line = lines[next] ?? "";
    const isBlank = !line.trim();
    const text = dedented(line, marker.content);
    if (fence) fence = isClosing(text, fence) ? 0 : fence;
    else if (!isBlank && indentOf(line) >= inner) fence = fenceOf(text)?.ticks ?? 0;
    else if (!isBlank && (isAfterBlank || isStart(lines, next) || (marker.start !== null && NUMBERED.test(line)))) break;
    isAfterBlank = isBlank;
    found.push(text);
  }
  return { lines: found, next };
}

/**
 * @param {string} line
 * @returns {Marker | null}
 */
function markerOf(line) {
  const [whole, blanks = "", number] = MARKER.exec(line) ?? [];
  if (whole === undefined) return null;
  const sign = whole.trim().length;
  const gap = whole.length - blanks.length - sign;
  const shown = gap >= GAP_MAX ? 1 : gap;
  const indent = indentOf(line);
  return { indent, content: indent + sign + Math.max(1, shown), length: blanks.length + sign + shown, start: number === undefined ? null : Number(number) };
}

/** How many columns of blanks `line` begins with. @param {string} line */
function indentOf(line) {
  let columns = 0;
  for (const letter of line) {
    if (letter !== " " && letter !== "\t") break;
    columns += letter === "\t" ? TAB_COLUMNS : 1;
  }
  return columns;
}

/**
 * `line` without as many of its first blanks as fill `columns`.
 *
 * @param {string} line
 * @param {number} columns
 */
function dedented(line, columns) {
  let from = 0;
  for (let left = columns; left > 0 && " \t".includes(line.charAt(from) || "x"); from += 1) left -= line.charAt(from) === "\t" ? TAB_COLUMNS : 1;
  return line.slice(from);
}
