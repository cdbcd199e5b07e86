// @ts-check
/** What changed from one brief to the next: the lines that went and came, with a line around each. */

import { element, fill } from "../dom.js";
import { lineDiff } from "../line-diff.js";

/** @import { Line } from "../line-diff.js" */

const AROUND_LINES = 1;
const SIGNS = { same: " ", added: "+", removed: "−" };
const TAGS = /** @type {const} */ ({ same: "span", added: "ins", removed: "del" });

export class BriefChanges {
  #body = element("div", { class: "diff", dir: "auto" });
  node = element("details", { class: "changes", hidden: true }, element("summary", {}, "What changed"), this.#body);

  /**
   * @param {string | null} before null when it is not known
   * @param {string} after
   */
  show(before, after) {
    this.node.hidden = before === null || before === after;
    if (before === null) return;
    const lines = lineDiff(before, after);
    const isShown = lines.map((_, index) => lines.slice(Math.max(0, index - AROUND_LINES), index + AROUND_LINES + 1).some((line) => line.kind !== "same"));
    fill(this.#body, ...lines.map((line, index) => (isShown[index] ? row(line) : isShown[index - 1] ? gap() : null)));
  }
}

/** @param {Line} line */
const row = ({ kind, text }) => element(TAGS[kind], { class: "line" }, element("span", { class: "sign" }, SIGNS[kind]), text);

const gap = () => element("span", { class: "line gap", "aria-hidden": "true" }, "⋯");
