// @ts-check
/** A stretch of text as spans: code, emphasis, links, and the names it calls. One pass, whatever the text is. Pure. */

import { codeSpans } from "./code.js";
import { nested, runAt } from "./emphasis.js";
import { isSaid, target, withoutTrailing, wordsOf } from "./links.js";

/** @import { Manner, Run } from "./emphasis.js" */
/** @import { Target } from "./links.js" */

/**
 * @typedef {{kind: "text" | "code" | "mention", text: string}} Words
 * @typedef {{kind: "link", href: string, host: string, spans: Span[]}} Link `host` is empty where the words say it
 * @typedef {Words | Link | {kind: Manner, spans: Span[]}} Span
 *
 * @typedef {object} Reading What a text is read with.
 * @property {ReadonlySet<string>} names the aliases that count as called
 * @property {number} left how many more nodes may be made; what is beyond stays text
 */

const ADDRESS = String.raw`(?:https?:\/\/|HTTPS?:\/\/|mailto:)(?:[^\s<>"'\x60\]]|\](?!\())+`;
const MARKS = [
  String.raw`\\[*_~\[\]|#]`, // an escaped mark is itself
  String.raw`\*+|_+|~+`,
  String.raw`!?\[|\]`,
  `<${ADDRESS}>`,
  String.raw`(?<![\p{L}\p{N}_])${ADDRESS}`,
  String.raw`(?<![\p{L}\p{N}_-])@[a-z0-9-]+(?![\p{L}\p{N}_])`,
];
const MARK = new RegExp(MARKS.join("|"), "gu");
const ADDRESS_UNITS_MAX = 2000;
const LINK_NODES = 4; // what a link weighs
const BRACKETS_MAX = 4; // within an address in brackets; a bound on how often a letter is looked at

/**
 * @param {string} text
 * @param {Reading} reading
 * @returns {Span[]}
 */
export const spans = (text, reading) => nested(tokens(text, reading, { mayLink: true }));

/** The name in `call`, without the hyphens that end it. @param {string} call */
export function nameIn(call) {
  let end = call.length;
  while (end > 2 && call.charAt(end - 1) === "-") end -= 1;
  return call.slice(1, end);
}

/**
 * @param {string} text
 * @param {Reading} reading
 * @param {{mayLink: boolean}} where not within the words of a link
 */
function tokens(text, reading, { mayLink }) {
  /** @type {(Span | Run)[]} */
  const found = [];
  /** @type {{place: number, from: number, to: number}[]} where the words of a link may have begun */
  let brackets = [];
  const next = marksOf(text);
  let position = 0; // all before is in a token
  let seen = 0; // all before was looked at
  /** @param {Span | Run} token @param {number} from @param {number} to */
  const put = (token, from, to) => {
    if (from > position) found.push({ kind: "text", text: text.slice(position, from) });
    found.push(token);
    seen = position = to;
  };
  for (let one = next(0); one && reading.left > 0; one = next(seen)) {
    const { from, mark, code } = one;
    const to = (seen = from + mark.length);
    reading.left -= 1;
    const first = mark.charAt(0);
    if (code !== undefined) put({ kind: "code", text: code }, from, to);
    else if (first === "\\") put({ kind: "text", text: mark.slice(1) }, from, to);
    else if ("*_~".includes(first)) put(runAt(text, from, mark.length), from, to);
    else if (first === "@") {
      const name = called(mark, reading.names);
      if (mayLink && name) put({ kind: "mention", text: `@${name}` }, from, from + 1 + name.length);
    } else if (mark.endsWith("[")) {
      put({ kind: "text", text: mark }, from, to);
      brackets.push({ place: found.length - 1, from, to });
    } else if (mark === "]") {
      const bracket = brackets.pop();
      const link = mayLink && bracket && linkAfter(text, to);
      if (!link) continue;
      reading.left -= LINK_NODES;
      const words = text.slice(bracket.to, from);
      found.length = bracket.place; // what was found within is read again, as words of a link
      position = bracket.from;
      put(linkTo(link.target, { words, reading }), bracket.from, link.to);
      brackets = []; // no link within a link
    } else if (mayLink) {
      reading.left -= LINK_NODES;
      const isAngled = first === "<";
      const written = isAngled ? mark.slice(1, -1) : withoutTrailing(mark);
      if (!isAngled) seen = from + written.length;
      const place = target(written);
      const words = place && wordsOf(written, place);
      if (place && words) put({ kind: "link", href: place.href, host: "", spans: [{ kind: "text", text: words }] }, from, isAngled ? to : from + written.length);
    }
  }
  if (position < text.length) found.push({ kind: "text", text: text.slice(position) });
  return found;
}

/**
 * Gives whatever comes next in `text` that may mean something. Nothing within code does.
 *
 * @param {string} text
 * @returns {(from: number) => {from: number, mark: string, code?: string} | null}
 */
function marksOf(text) {
  const codes = codeSpans(text);
  const pattern = new RegExp(MARK);
  let place = 0;
  let match = pattern.exec(text);
  return (from) => {
    if (match && match.index < from) {
      pattern.lastIndex = from;
      match = pattern.exec(text);
    }
    while ((codes[place]?.from ?? Infinity) < from) place += 1;
    const code = codes[place];
    if (code && (!match || code.from <= match.index)) return { from: code.from, mark: text.slice(code.from, code.to), code: code.text };
    return match && { from: match.index, mark: match[0] };
  };
}

/**
 * The address in round brackets that begins at `from`, and where it ends; a title in it is left out.
 *
 * @param {string} text
 * @param {number} from
 * @returns {{target: Target, to: number} | null}
 */
function linkAfter(text, from) {
  if (text.charAt(from) !== "(") return null;
  let open = 1;
  for (let at = from + 1; at < Math.min(text.length, from + ADDRESS_UNITS_MAX); at += 1) {
    const letter = text.charAt(at);
    if (letter === "\n" || letter === "`") return null;
    open += letter === "(" ? 1 : letter === ")" ? -1 : 0;
    if (open > BRACKETS_MAX) return null;
    if (open > 0) continue;
    const written = text.slice(from + 1, at).trim();
    const [address = "", title = ""] = split(written);
    const found = /^$|^["'].*["']$/.test(title) ? target(address.replace(/^<(.*)>$/, "$1")) : null;
    return found && { target: found, to: at + 1 };
  }
  return null;
}

/** An address, and what follows its first blank. @param {string} written */
function split(written) {
  const blank = written.search(/\s/);
  return blank < 0 ? [written] : [written.slice(0, blank), written.slice(blank).trim()];
}

/**
 * @param {Target} target
 * @param {{words: string, reading: Reading}} said
 * @returns {Span}
 */
function linkTo({ href, host }, { words, reading }) {
  const said = words.trim() ? nested(tokens(words, reading, { mayLink: false })) : [];
  if (!said.length) return { kind: "link", href, host: "", spans: [{ kind: "text", text: href }] };
  const [only] = said;
  const isPlain = said.length === 1 && only?.kind === "text";
  return { kind: "link", href, host: isPlain && isSaid(only.text, host) ? "" : host, spans: said };
}

/**
 * @param {string} call
 * @param {ReadonlySet<string>} names
 */
function called(call, names) {
  if (names.has(call.slice(1))) return call.slice(1);
  return names.has(nameIn(call)) ? nameIn(call) : null;
}
