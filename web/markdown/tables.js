// @ts-check
/** Tables: a row of heads, a row of dashes, rows of cells. Pure. */

const COLUMNS_MAX = 32; // more are no table that anybody reads

/** @typedef {"start" | "center" | "end" | ""} Align */

/**
 * The columns of a table that begins at `lines[at]`; null when none does.
 *
 * @param {readonly string[]} lines
 * @param {number} at
 * @returns {Align[] | null}
 */
export function columns(lines, at) {
  const [head = "", dashes = ""] = lines.slice(at, at + 2);
  if (!head.includes("|") || !/^[\s|:-]+$/.test(dashes)) return null;
  const found = cells(dashes);
  if (found.length > COLUMNS_MAX || !found.every((cell) => /^:?-+:?$/.test(cell)) || cells(head).length !== found.length) return null;
  return found.map((cell) => (cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "end") : cell.startsWith(":") ? "start" : ""));
}

/**
 * The cells of a row. `\|` is no border; what is beyond the last column belongs to it.
 *
 * @param {string} line
 * @param {number} [count]
 * @returns {string[]}
 */
export function cells(line, count) {
  const row = line.trim();
  /** @type {string[]} */
  const found = [];
  let from = row.startsWith("|") ? 1 : 0;
  for (let at = from; at < row.length; at += 1) {
    if (row.charAt(at) === "\\") at += 1;
    else if (row.charAt(at) === "|" && found.length + 1 !== count) {
      found.push(row.slice(from, at).trim());
      from = at + 1;
    }
  }
  const rest = row.slice(from).trim();
  if (rest && (rest !== "|" || !found.length)) found.push(count === found.length + 1 && rest.endsWith("|") ? rest.slice(0, -1).trim() : rest);
  return found;
}
