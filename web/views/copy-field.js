// @ts-check
/** A text to be taken along: shown whole, copied by a button. */

import { copied } from "../copying.js";
import { element, fill } from "../dom.js";

const KEYS = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘C" : "Ctrl+C";

/**
 * @param {string} label
 * @param {{text: string, id: string, isLong?: boolean, isFirst?: boolean}} about `isFirst`: its button has the focus
 */
export function copyField(label, { text, id, isLong = false, isFirst = false }) {
  const attributes = { id, readonly: true, spellcheck: "false", dir: "ltr" };
  const field = isLong ? element("textarea", { ...attributes, rows: 4 }) : element("input", { ...attributes, type: "text" });
  field.value = text;
  field.addEventListener("focus", () => field.select());
  const told = element("span", { class: "told", role: "status" });
  const copy = async () => fill(told, (await copied(field)) ? "Copied" : `It is selected: press ${KEYS}`);
  const button = element("button", { type: "button", autofocus: isFirst, "aria-label": `Copy: ${label}`, click: () => void copy() }, "Copy");
  return element(
    "div",
    { class: "field copy-field" },
    element("label", { for: id }, label),
    element("div", { class: "copy-line" }, field, button),
    told,
  );
}
