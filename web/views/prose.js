// @ts-check
/** A message's text as nodes: code, links that say where they lead, and the names it calls. */

import { element } from "../dom.js";
import { parts } from "../prose.js";

/** @import { Part } from "../prose.js" */

/**
 * @param {string} text
 * @param {{names: ReadonlySet<string>, me: string}} people `names`: the aliases that the text calls
 */
export function prose(text, { names, me }) {
  return element("div", { class: "prose", dir: "auto" }, ...parts(text, names).map((part) => node(part, me)));
}

/**
 * @param {Part} part
 * @param {string} me
 */
function node(part, me) {
  switch (part.kind) {
    case "block":
      return element("pre", { dir: "ltr", tabindex: 0 }, element("code", {}, part.text));
    case "code":
      return element("code", { dir: "ltr" }, part.text);
    case "link":
      return element("a", { href: part.href, target: "_blank", rel: "noopener noreferrer nofollow", dir: "ltr" }, part.text);
    case "mention":
      return element("span", { class: part.text === `@${me}` ? "call me" : "call" }, part.text);
    default:
      return part.text;
  }
}
