// @ts-check
/** Says for a moment that something was done; also to whoever hears the page instead of seeing it. */

import { element, fill } from "../dom.js";

const SHOWN_SECONDS = 6; // time to read a line twice

export class Toast {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  node = element("div", { class: "toast", role: "status" });

  /** @param {string} text */
  say(text) {
    clearTimeout(this.#timer);
    fill(this.node, element("span", {}, text));
    this.#timer = setTimeout(() => fill(this.node), SHOWN_SECONDS * 1000);
  }
}
