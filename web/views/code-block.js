// @ts-check
/** Fenced code: its language, a button that copies it as it was written, and its first lines when it is long. */

import { element, fill } from "../dom.js";
import { highlighted } from "../highlight.js";
import { marked } from "./marked.js";

/** @import { Piece } from "../highlight.js" */
/** @import { Code } from "../markdown/blocks.js" */

const LINES_MAX = 24; // more are folded
const TOLD_SECONDS = 2; // how long a button says what it did

/**
 * @param {Code} code
 * @param {{isFolded: boolean}} showing
 */
export function codeBlock({ language, text }, { isFolded }) {
  const lineCount = text.split("\n").length;
  const isLong = isFolded && lineCount > LINES_MAX;
  const body = element("code", {}, ...highlighted(text, language).flatMap(pieceNodes));
  const pre = element("pre", { tabindex: 0, role: "group", "aria-label": language ? `Code, ${language}` : "Code" }, body);
  const head = element("div", { class: "code-head" }, element("span", {}, language || "text"), copyButton(text, body));
  const block = element("div", { class: "code-block", dir: "ltr", "data-folded": isLong }, head, pre);
  if (isLong) block.append(unfoldButton(block, lineCount));
  return block;
}

/** @param {Piece} piece */
function pieceNodes({ kind, text }) {
  const nodes = marked(text, { isCode: true });
  return kind ? [element("span", { "data-code": kind }, ...nodes)] : nodes;
}

/**
 * @param {HTMLElement} block
 * @param {number} lineCount
 */
function unfoldButton(block, lineCount) {
  const button = element("button", { type: "button", class: "unfold", "aria-expanded": "false" }, `Show all ${lineCount} lines`);
  button.addEventListener("click", () => {
    const isFolded = block.toggleAttribute("data-folded");
    button.setAttribute("aria-expanded", String(!isFolded));
    fill(button, isFolded ? `Show all ${lineCount} lines` : "Show fewer lines");
  });
  return button;
}

/**
 * Copies `text`. A browser that lets this page copy nothing, as in a sandbox, has it selected instead.
 *
 * @param {string} text
 * @param {HTMLElement} body where it is shown
 */
function copyButton(text, body) {
  const told = element("span", { role: "status" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const tell = (/** @type {string} */ words) => {
    fill(told, words);
    clearTimeout(timer);
    timer = setTimeout(() => fill(told), TOLD_SECONDS * 1000);
  };
  const copy = () =>
    copied(text).then(
      () => tell("Copied"),
      () => {
        getSelection()?.selectAllChildren(body);
        tell(`Press ${/Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl+"}C`);
      },
    );
  return element("span", { class: "copy" }, told, element("button", { type: "button", click: () => void copy() }, "Copy"));
}

/** @param {string} text */
async function copied(text) {
  await navigator.clipboard.writeText(text); // absent outside a secure context: that fails as a refusal does
}
