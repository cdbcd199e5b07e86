// @ts-check
/** Text as nodes: what in it cannot be seen is shown. */

import { element } from "../dom.js";
import { visible } from "../invisible.js";

/**
 * `text` as nodes, with marks for what in it cannot be seen.
 *
 * @param {string} text
 * @param {{isCode: boolean}} of
 * @returns {(Node | string)[]}
 */
export function marked(text, { isCode }) {
  return visible(text, { isCode }).map((part) =>
    typeof part === "string" ? part : element("span", { class: "invisible", dir: "ltr", title: part.title }, part.mark),
  );
}
