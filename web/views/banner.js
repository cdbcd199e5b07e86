// @ts-check
/** One line across the room when something is not as it should be: not connected, or over. */

import { element, fill } from "../dom.js";

const PATIENCE_SECONDS = 3; // a shorter break is not worth a word

export class Banner {
  #text = element("span");
  #retry;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #brokenSince = 0;

  /** @param {{onRetry: () => void}} actions */
  constructor({ onRetry }) {
    this.#retry = element("button", { type: "button", class: "quiet", click: onRetry }, "Retry now");
    this.node = element("div", { class: "banner", role: "status", hidden: true }, this.#text, " ", this.#retry);
  }

  /** All is well. */
  clear() {
    clearInterval(this.#timer);
    this.#brokenSince = 0;
    this.node.hidden = true;
  }

  /**
   * @param {number} retryAt in milliseconds as Date.now() counts
   * @param {string} reason
   */
  broken(retryAt, reason) {
    this.#brokenSince ||= Date.now();
    clearInterval(this.#timer);
    const tell = () => {
      const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
      fill(this.#text, `Not connected: ${reason}. ${seconds ? `Trying again in ${seconds} s.` : "Trying again…"}`);
      this.node.dataset.state = "broken";
      this.#retry.hidden = false;
      this.node.hidden = Date.now() - this.#brokenSince < PATIENCE_SECONDS * 1000;
    };
    tell();
    this.#timer = setInterval(tell, 500);
  }

  /** @param {string} text */
  ended(text) {
    this.clear();
    fill(this.#text, text);
    this.node.dataset.state = "ended";
    this.#retry.hidden = true;
    this.node.hidden = false;
  }
}
