// @ts-check
/** An end of what is loaded, when the room goes on behind it: a page is on its way, or could not be had. */

import { element, fill } from "../dom.js";

/** @import { Edge as EdgeState } from "../log.js" */

export class Edge {
  #state = "";

  /**
   * @param {string} what is loaded here
   * @param {() => void} onRetry
   */
  constructor(what, onRetry) {
    this.what = what;
    this.onRetry = onRetry;
    this.node = element("div", { class: "edge", hidden: true });
  }

  /**
   * @param {EdgeState} state
   * @param {boolean} isEnd of the room: there is nothing behind it
   */
  show(state, isEnd) {
    this.node.hidden = isEnd;
    if (this.#state === state) return;
    this.#state = state;
    this.node.dataset.state = state;
    if (state !== "failed") return fill(this.node, element("span", { class: "loading" }, `Loading ${this.what} messages…`));
    const retry = element("button", { type: "button", class: "quiet", click: this.onRetry }, "Retry");
    fill(this.node, element("span", { role: "alert" }, `The ${this.what} messages could not be loaded. `), retry);
  }
}
