// @ts-check
/**
 * What a screen reader is told of things that happen while its reader is elsewhere on the page: a new message, a lost
 * connection, the end of the room. The timeline itself announces nothing: history that is loaded is no news.
 */

import { element } from "../dom.js";

const LINES_KEPT = 5; // spoken once; the last few stay for whoever reads the page itself

export class Announcer {
  #polite = element("div", { "aria-live": "polite", "aria-relevant": "additions", "data-announced": "polite" });
  #urgent = element("div", { "aria-live": "assertive", "aria-relevant": "additions", "data-announced": "assertive" });
  /** Has to be on the page before the first word: a region that arrives with its text is read by nobody. */
  node = element("div", { class: "unseen announcer" }, this.#polite, this.#urgent);

  /**
   * When whoever listens has a moment.
   *
   * @param {string} text
   */
  say(text) {
    tell(this.#polite, text);
  }

  /**
   * At once, into whatever is being read.
   *
   * @param {string} text
   */
  alert(text) {
    tell(this.#urgent, text);
  }
}

/**
 * A line of its own each time: the same words twice are two events.
 *
 * @param {Element} region
 * @param {string} text
 */
function tell(region, text) {
  region.append(element("p", { dir: "auto" }, text));
  while (region.childElementCount > LINES_KEPT) region.firstElementChild?.remove();
}
