// @ts-check
/** A message's text as nodes: every kind of block and span is made here and nowhere else, and words go in as text. */

import { element } from "../dom.js";
import { blocks } from "../markdown/blocks.js";
import { codeBlock } from "./code-block.js";
import { marked } from "./marked.js";

/** @import { Block } from "../markdown/blocks.js" */
/** @import { Link, Span } from "../markdown/spans.js" */
/** @typedef {{me: string, isFolded: boolean}} Showing */

const TAGS = /** @type {const} */ ({ emphasis: "em", strong: "strong", struck: "s" });

/**
 * @param {string} text
 * @param {{names: ReadonlySet<string>, me: string, folded?: boolean}} people `names`: the aliases that the text calls; `folded`:
 *   whether long code shows its beginning only, until it is asked for
 */
export function prose(text, { names, me, folded = true }) {
  return element("div", { class: "prose", dir: "auto" }, ...blocks(text, names).map((block) => blockNode(block, { me, isFolded: folded })));
}

/**
 * @param {Block} block
 * @param {Showing} showing
 * @returns {HTMLElement}
 */
function blockNode(block, showing) {
  switch (block.kind) {
    case "code":
      return codeBlock(block, showing);
    case "rule":
      return element("hr");
    case "quote":
      return element("blockquote", {}, ...block.blocks.map((one) => blockNode(one, showing)));
    case "list":
      return listNode(block, showing);
    case "table":
      return tableNode(block, showing);
    default:
      return element("p", { class: block.kind === "heading" ? "heading" : null }, ...spanNodes(block.spans, showing));
  }
}

/**
 * @param {Extract<Block, {kind: "list"}>} list
 * @param {Showing} showing
 */
function listNode({ start, items }, showing) {
  const rows = items.map(({ isDone, blocks: inner }) => {
    const box = isDone !== null && element("span", { class: "task", role: "img", "aria-label": isDone ? "done" : "to do" }, isDone ? "☑" : "☐");
    return element("li", { "data-task": isDone === null ? null : isDone ? "done" : "open" }, box, ...inner.map((one) => blockNode(one, showing)));
  });
  return start === null ? element("ul", {}, ...rows) : element("ol", { start }, ...rows);
}

/**
 * @param {Extract<Block, {kind: "table"}>} table
 * @param {Showing} showing
 */
function tableNode({ aligns, head, rows }, showing) {
  /** @param {"th" | "td"} tag @param {Span[][]} cells */
  const row = (tag, cells) =>
    element("tr", {}, ...cells.map((cell, place) => element(tag, { "data-align": aligns[place] || null }, ...spanNodes(cell, showing))));
  const table = element("table", {}, element("thead", {}, row("th", head)), element("tbody", {}, ...rows.map((cells) => row("td", cells))));
  return element("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Table" }, table);
}

/**
 * @param {readonly Span[]} spans
 * @param {Showing} showing
 * @returns {(Node | string)[]}
 */
const spanNodes = (spans, showing) => spans.flatMap((span) => spanNode(span, showing));

/**
 * @param {Span} span
 * @param {Showing} showing
 * @returns {(Node | string)[]}
 */
function spanNode(span, showing) {
  switch (span.kind) {
    case "text":
      return marked(span.text, { isCode: false });
    case "code":
      return [element("code", { dir: "ltr" }, ...marked(span.text, { isCode: true }))];
    case "link":
      return [linkNode(span, showing)];
    case "mention":
      return [element("span", { class: span.text === `@${showing.me}` ? "call me" : "call", dir: "ltr" }, span.text)];
    default:
      return [element(TAGS[span.kind], {}, ...spanNodes(span.spans, showing))];
  }
}

/**
 * @param {Link} link
 * @param {Showing} showing
 */
function linkNode({ href, host, spans }, showing) {
  return element(
    "a",
    { href, target: "_blank", rel: "noopener noreferrer nofollow", referrerpolicy: "no-referrer", dir: host ? "auto" : "ltr" },
    ...spanNodes(spans, showing),
    host && " ",
    host && element("span", { class: "host", dir: "ltr" }, `(${host})`),
  );
}
