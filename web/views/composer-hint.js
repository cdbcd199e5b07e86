// @ts-check
/** What there is to say of a text while it is written: how much more fits, whom it calls in vain, why it did not go out. */

import { element, fill, write } from "../dom.js";
import { calls } from "../prose.js";

/** @import { Room } from "../shapes.js" */

export const TEXT_UNITS_MAX = 24_000; // UTF-16 units of one message (docs/protocol.md); a room may take less, and says so
const COUNTED_FROM = 0.8; // of it: before, nobody needs to know
const PAUSE_MS = 150; // of typing, before the names are looked at: a long text takes its time
const NUMBER = new Intl.NumberFormat();

export class ComposerHint {
  #timer = 0;
  #said = element("p", { id: "say-hint", class: "hint", role: "status" });
  #count = element("span", { class: "count" });
  node = element("div", { class: "hints" }, this.#said, this.#count);

  /**
   * The text is another: whatever was said of the one before no longer holds.
   *
   * @param {string} text
   * @param {Room | null} room
   * @param {{isOn: boolean}} asks whether those whom it calls are asked to answer
   */
  changed(text, room, asks) {
    const left = TEXT_UNITS_MAX - text.length;
    this.#count.dataset.state = left < 0 ? "over" : "near";
    fill(this.#count, text.length >= TEXT_UNITS_MAX * COUNTED_FROM && (left < 0 ? `${NUMBER.format(-left)} too many` : `${NUMBER.format(left)} left`));
    clearTimeout(this.#timer);
    if (left < 0) return this.say(`Too long to send: a message holds ${NUMBER.format(TEXT_UNITS_MAX)} characters.`);
    this.#timer = setTimeout(() => this.#warn(text, room, asks.isOn), PAUSE_MS);
  }

  /** @param {string} text */
  say(text) {
    clearTimeout(this.#timer);
    write(this.#said, text);
  }

  /**
   * A name that nobody here has is sent all the same; who wrote it may have meant another.
   *
   * @param {string} text
   * @param {Room | null} room
   * @param {boolean} asks
   */
  #warn(text, room, asks) {
    const called = text.includes("@") ? calls(text) : [];
    const unknown = called.filter((name) => !room?.roster.has(name));
    if (unknown.length) return this.say(`Nobody here is called ${[...new Set(unknown)].map((name) => `@${name}`).join(", ")}.`);
    this.say(asks && called.length === 0 ? "An answer is asked of those you name with @, and so far that is nobody." : "");
  }
}
