// @ts-check
/** One line across the room when something is not as it should be: not connected, or over. Shorter breaks are no news. */

import { element, fill } from "../dom.js";

/** @import { Announcer } from "./announcer.js" */

const PATIENCE_SECONDS = 5; // a shorter break is not worth a word
const RELIEF_SECONDS = 3; // for which a return is shown

export class Banner {
  #text = element("span");
  #retry;
  #announcer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #brokenSince = 0;

  /** @param {{onRetry: () => void, announcer: Announcer}} actions */
  constructor({ onRetry, announcer }) {
    this.#announcer = announcer;
    this.#retry = element("button", { type: "button", class: "quiet", click: onRetry }, "Retry now");
    this.node = element("section", { class: "banner", "aria-label": "Connection", hidden: true }, this.#text, " ", this.#retry);
  }

  /** All is well. */
  connected() {
    if (this.#brokenSince === 0) return;
    this.#brokenSince = 0;
    clearInterval(this.#timer);
    if (this.node.hidden) return;
    this.#show("connected", "Connected again.");
    this.#announcer.say("Connected again.");
    this.#timer = setTimeout(() => (this.node.hidden = true), RELIEF_SECONDS * 1000);
  }

  /**
   * @param {number} retryAt in milliseconds as Date.now() counts
   * @param {string} reason
   */
  broken(retryAt, reason) {
    this.#brokenSince ||= Date.now();
    clearInterval(this.#timer);
    const tell = () => {
      const isLong = Date.now() - this.#brokenSince >= PATIENCE_SECONDS * 1000;
      if (isLong) this.#showBroken(retryAt, reason);
      else this.node.hidden = true;
    };
    tell();
    this.#timer = setInterval(tell, 500);
  }

  /** @param {string} text */
  ended(text) {
    clearInterval(this.#timer);
    this.#show("ended", text);
    this.#announcer.alert(text);
  }

  /**
   * @param {number} retryAt
   * @param {string} reason
   */
  #showBroken(retryAt, reason) {
    const isNews = this.node.hidden;
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    this.#show("broken", `Not connected: ${reason}. ${seconds ? `Trying again in ${seconds} s.` : "Trying again…"}`);
    if (isNews) this.#announcer.say(`Not connected: ${reason}. The room is tried again until it answers.`);
  }

  /**
   * @param {"broken" | "connected" | "ended"} state
   * @param {string} text
   */
  #show(state, text) {
    this.node.dataset.state = state;
    fill(this.#text, text);
    this.#retry.hidden = state !== "broken";
    this.node.hidden = false;
  }
}
