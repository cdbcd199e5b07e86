// @ts-check
/** Messages that others answer, wherever in the log they stand: asked for one by one, a few at a time, until the room answers. */

import { Unreachable } from "./asking.js";

/** @import { Api } from "./api.js" */
/** @import { Message } from "./shapes.js" */

const KEPT_MAX = 500;
const ASKED_MAX = 4; // at once

export class Quotes {
  /** @type {Map<number, Message | null>} null: there is none, or it is on its way */
  #known = new Map();
  /** @type {number[]} */
  #wanted = [];
  #asked = 0;
  /** @type {Set<number>} taken back while they may be on their way */
  #gone = new Set();

  /**
   * @param {Api} api
   * @param {() => void} changed
   */
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
  }

  /**
   * The message `id`; null while it is not known, and then it is asked for.
   *
   * @param {number} id
   * @returns {Message | null}
   */
  get(id) {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    this.#known.set(id, null);
    for (const oldest of this.#known.keys()) if (this.#known.size > KEPT_MAX) this.#known.delete(oldest);
    this.#wanted.push(id);
    void this.#ask();
    return null;
  }

  /**
   * A message was taken back.
   *
   * @param {number} id
   */
  retract(id) {
    this.#gone.add(id);
    const known = this.#known.get(id);
    if (known) this.#known.set(id, blank(known));
  }

  async #ask() {
    if (this.#asked >= ASKED_MAX) return;
    this.#asked += 1;
    for (let id = this.#wanted.pop(); id !== undefined; id = this.#wanted.pop()) {
      const answer = await this.api.message(id).catch((error) => this.#failed(id, error));
      if (answer && this.#known.has(id)) this.#known.set(id, this.#gone.has(id) ? blank(answer.message) : answer.message);
      if (answer) this.changed();
    }
    this.#asked -= 1;
  }

  /**
   * A room that says no has no such message. From one that does not answer nothing more is asked, until they are drawn again.
   *
   * @param {number} id
   * @param {unknown} error
   * @returns {null}
   */
  #failed(id, error) {
    if (error instanceof Unreachable) for (const one of [id, ...this.#wanted.splice(0)]) this.#known.delete(one);
    return null;
  }
}

/** @param {Message} record @returns {Message} */
const blank = (record) => ({ ...record, text: "", retracted: true });
