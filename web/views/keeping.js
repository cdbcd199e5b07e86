// @ts-check
/** What somebody has to know whose browser keeps nothing for this page. */

import { element } from "../dom.js";

/**
 * @param {boolean} isKept whether the browser keeps the seat
 * @returns {HTMLElement | null}
 */
export function keeping(isKept) {
  if (isKept) return null;
  return element(
    "p",
    { class: "keeping" },
    "Your browser remembers less here: rooms at this address are kept apart from one another, and nothing is stored for any. ",
    "Your whole link is your seat. It stays in the address bar: bookmark it, and show it to nobody.",
  );
}
