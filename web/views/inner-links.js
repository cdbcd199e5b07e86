// @ts-check
/** Links in what was said that lead to a message of this very room: followed here, where their reader has a seat. */

import { messageAt } from "../invitation.js";

/**
 * Listen for them in `node`. Whoever asks their browser for another tab or a file gets it.
 *
 * @param {HTMLElement} node
 * @param {(id: number) => void} onJump
 */
export function followInnerLinks(node, onJump) {
  node.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const id = link ? messageAt(link.href) : null;
    if (id === null) return;
    event.preventDefault();
    onJump(id);
  });
}
