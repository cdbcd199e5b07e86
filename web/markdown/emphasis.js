// @ts-check
/** Runs of `*`, `_` and `~` paired into emphasis, in one pass over the runs: CommonMark 0.31, 6.2, with a bound on depth. Pure. */

/** @import { Span } from "./spans.js" */
/** @typedef {"emphasis" | "strong" | "struck"} Manner */

/**
 * @typedef {object} Run
 * @property {"run"} kind
 * @property {string} letter
 * @property {number} length
 * @property {number} left how many of its letters are not yet paired
 * @property {boolean} mayOpen
 * @property {boolean} mayClose
 * @property {Manner[]} opens innermost first
 * @property {Manner[]} closes innermost first
 */

const DEPTH_MAX = 8;
const BLANK = /^\s?$/u;
const MARK = /[\p{P}\p{S}]/u;

/**
 * The run of one letter at `from` in `text`, and what it may do by what stands on its two sides.
 *
 * @param {string} text
 * @param {number} from
 * @param {number} length
 * @returns {Run}
 */
export function runAt(text, from, length) {
  const letter = text.charAt(from);
  const [before, after] = [text.charAt(from - 1), text.charAt(from + length)];
  const isLeft = !BLANK.test(after) && (!MARK.test(after) || BLANK.test(before) || MARK.test(before));
  const isRight = !BLANK.test(before) && (!MARK.test(before) || BLANK.test(after) || MARK.test(after));
  const isWord = letter === "_"; // snake_case is one word
  const isAny = letter !== "~" || length === 2;
  return {
    kind: "run",
    letter,
    length,
    left: length,
    mayOpen: isAny && isLeft && (!isWord || !isRight || MARK.test(before)),
    mayClose: isAny && isRight && (!isWord || !isLeft || MARK.test(after)),
    opens: [],
    closes: [],
  };
}

/**
 * @param {readonly (Span | Run)[]} tokens
 * @returns {Span[]} a tree; what was not paired is text
 */
export function nested(tokens) {
  pair(tokens);
  /** @type {Span[][]} */
  const open = [[]];
  let skipped = 0; // how many are open that are too deep to be shown
  const top = () => /** @type {Span[]} */ (open.at(-1));
  for (const token of tokens) {
    if (token.kind !== "run") {
      add(top(), token);
      continue;
    }
    for (const _ of token.closes) skipped ? (skipped -= 1) : open.pop();
    if (token.left) add(top(), { kind: "text", text: token.letter.repeat(token.left) });
    for (const kind of token.opens.reverse()) {
      if (open.length > DEPTH_MAX) skipped += 1;
      else {
        /** @type {Span[]} */
        const spans = [];
        top().push({ kind, spans });
        open.push(spans);
      }
    }
  }
  return open[0] ?? [];
}

/** Each pair uses letters up, and what lies open within it is given up: no run is looked at twice. @param {readonly (Span | Run)[]} tokens */
function pair(tokens) {
  /** @type {Record<string, {place: number, run: Run}[]>} */
  const openers = { "*": [], _: [], "~": [] };
  tokens.forEach((run, place) => {
    if (run.kind !== "run") return;
    const mine = openers[run.letter] ?? [];
    while (run.mayClose && run.left) {
      const opener = mine.at(-1);
      if (!opener || isUneven(opener.run, run)) break;
      for (const others of Object.values(openers)) while ((others.at(-1)?.place ?? -1) > opener.place) others.pop();
      const width = opener.run.left > 1 && run.left > 1 ? 2 : 1;
      const manner = run.letter === "~" ? "struck" : width === 2 ? "strong" : "emphasis";
      opener.run.opens.push(manner);
      run.closes.push(manner);
      opener.run.left -= width;
      run.left -= width;
      if (!opener.run.left) mine.pop();
    }
    if (run.mayOpen && run.left) mine.push({ place, run });
  });
}

/**
 * CommonMark's rule of three: `*a**b*` is one emphasis around two letters.
 *
 * @param {Run} opener
 * @param {Run} closer
 */
function isUneven(opener, closer) {
  if (!opener.mayClose && !closer.mayOpen) return false;
  return (opener.length + closer.length) % 3 === 0 && (opener.length % 3 !== 0 || closer.length % 3 !== 0);
}

/**
 * @param {Span[]} spans
 * @param {Span} span
 */
function add(spans, span) {
  const last = spans.at(-1);
  if (span.kind === "text" && last?.kind === "text") spans[spans.length - 1] = { kind: "text", text: last.text + span.text };
  else if (span.kind !== "text" || span.text) spans.push(span);
}
