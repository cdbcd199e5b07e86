// @ts-check
/** What a message's text consists of: plain text, code, links and the names it calls. Pure. */

/**
 * @typedef {object} Part
 * @property {"text" | "code" | "block" | "link" | "mention"} kind
 * @property {string} text as it is shown
 * @property {string} [href] of a link
 */

const FENCE = /^\s*(`{3,})([^`]*)$/;
const CODE_SPAN = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g;
const LINK_OR_CALL = /\bhttps?:\/\/[^\s<>"'`]+|\bmailto:[^\s<>"'`]+|(?<![\w-])@[a-z0-9-]+(?!\w)/g;
const TRAILING = ".,;:!?)]}"; // belongs to the sentence, not to the link

/**
 * @param {string} text
 * @param {ReadonlySet<string>} names the aliases that count as called
 * @returns {Part[]}
 */
export function parts(text, names) {
  return blocks(text).flatMap((block) => (block.kind === "block" ? [block] : spans(block.text, names)));
}

/**
 * The names that `text` calls outside code, whether or not anybody has them.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function calls(text) {
  const prose = blocks(text).filter((block) => block.kind === "text");
  const lines = prose.map((block) => block.text.replace(CODE_SPAN, " ")).join("\n");
  return [...lines.matchAll(LINK_OR_CALL)].map(([found]) => found).filter((found) => found.startsWith("@")).map(nameOf);
}

/** @param {string} call */
const nameOf = (call) => withoutTrailing(call.slice(1), "-") || call.slice(1);

/**
 * `text` without the `characters` at its end. A loop: a pattern would take its time over hostile text.
 *
 * @param {string} text
 * @param {string} characters
 */
function withoutTrailing(text, characters) {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/**
 * Fenced blocks, and what is between them. A fence that nothing closes runs to the end.
 *
 * @param {string} text
 * @returns {Part[]}
 */
function blocks(text) {
  /** @type {Part[]} */
  const found = [];
  /** @type {string[]} */
  let lines = [];
  let fence = 0;
  const end = (/** @type {"text" | "block"} */ kind) => {
    if (lines.length) found.push({ kind, text: lines.join("\n") });
    lines = [];
  };
  for (const line of text.split("\n")) {
    const [, ticks = "", word = ""] = FENCE.exec(line) ?? [];
    if (fence && ticks.length >= fence && !word.trim()) {
      end("block");
      fence = 0;
    } else if (!fence && ticks) {
      end("text");
      fence = ticks.length;
    } else lines.push(line);
  }
  end(fence ? "block" : "text");
  return found;
}

/**
 * @param {string} text
 * @param {ReadonlySet<string>} names
 * @returns {Part[]}
 */
function spans(text, names) {
  return split(text, CODE_SPAN, (match) => ({ kind: "code", text: match[2] ?? "" })).flatMap((part) =>
    part.kind === "code" ? [part] : split(part.text, LINK_OR_CALL, (match) => linkOrCall(match[0], names)),
  );
}

/**
 * @param {string} found
 * @param {ReadonlySet<string>} names
 * @returns {Part}
 */
function linkOrCall(found, names) {
  if (found.startsWith("@")) {
    const name = names.has(found.slice(1)) ? found.slice(1) : nameOf(found);
    return names.has(name) ? { kind: "mention", text: `@${name}` } : { kind: "text", text: found };
  }
  const shown = withoutTrailing(found, TRAILING);
  return URL.canParse(shown) ? { kind: "link", text: shown, href: shown } : { kind: "text", text: found };
}

/**
 * `text` cut at every match, the matches turned into parts and what lies between kept as text.
 *
 * @param {string} text
 * @param {RegExp} pattern
 * @param {(match: RegExpMatchArray) => Part} read
 * @returns {Part[]}
 */
function split(text, pattern, read) {
  /** @type {Part[]} */
  const found = [];
  let position = 0;
  for (const match of text.matchAll(pattern)) {
    const part = read(match);
    const isWhole = part.kind === "code";
    found.push({ kind: "text", text: text.slice(position, match.index) }, part);
    position = match.index + (isWhole ? match[0].length : part.text.length);
  }
  found.push({ kind: "text", text: text.slice(position) });
  return found.filter((part) => part.text !== "");
}
