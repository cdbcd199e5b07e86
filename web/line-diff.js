// @ts-check
/** What changed between two texts, line by line. Pure. */

/** @typedef {{kind: "same" | "added" | "removed", text: string}} Line */

const CELLS_MAX = 1_000_000; // some 10 ms; texts that differ in more are shown as one replaced by the other

/**
 * The lines of both texts in order: as few as possible are added or removed.
 *
 * @param {string} before
 * @param {string} after
 * @returns {Line[]}
 */
export function lineDiff(before, after) {
  const old = before.split("\n");
  const now = after.split("\n");
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const same = lines("same", old.slice(0, head));
  const middle = changed(old.slice(head, old.length - tail), now.slice(head, now.length - tail));
  return [...same, ...middle, ...lines("same", old.slice(old.length - tail))];
}

/**
 * @param {Line["kind"]} kind
 * @param {readonly string[]} texts
 * @returns {Line[]}
 */
const lines = (kind, texts) => texts.map((text) => ({ kind, text }));

/**
 * @param {readonly string[]} old
 * @param {readonly string[]} now
 * @returns {Line[]}
 */
function changed(old, now) {
  const width = now.length + 1;
  if ((old.length + 1) * width > CELLS_MAX) return [...lines("removed", old), ...lines("added", now)];
  const common = commonLengths(old, now);
  const at = (/** @type {number} */ i, /** @type {number} */ j) => common[i * width + j] ?? 0;
  /** @type {Line[]} */
  const found = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    const [gone, come] = [old[i], now[j]];
    if (gone !== undefined && gone === come) {
      found.push({ kind: "same", text: gone });
      i += 1;
      j += 1;
    } else if (come === undefined || (gone !== undefined && at(i + 1, j) >= at(i, j + 1))) {
      found.push({ kind: "removed", text: gone ?? "" });
      i += 1;
    } else {
      found.push({ kind: "added", text: come });
      j += 1;
    }
  }
  return found;
}

/**
 * How many lines the rests of both have in common, from each line of the one and each of the other on.
 *
 * @param {readonly string[]} old
 * @param {readonly string[]} now
 */
function commonLengths(old, now) {
  const width = now.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1) {
      const longer = Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
      common[i * width + j] = old[i] === now[j] ? (common[(i + 1) * width + j + 1] ?? 0) + 1 : longer;
    }
  return common;
}
