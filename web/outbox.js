// @ts-check
/** Messages on their way: one after the other, in order, and never recorded twice however often they are sent. */

import { Refused } from "./api.js";

/** @import { Api } from "./api.js" */
/** @import { Draft, Message } from "./shapes.js" */

export class Outbox {
  /** @type {readonly Draft[]} */
  drafts = [];
  #isSending = false;

  /**
   * @param {Api} api
   * @param {{changed: () => void, lost: (error: Refused) => void}} listener `lost`: the seat itself was refused
   */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
  }

  /**
   * @param {string} text
   * @param {number | null} replyTo
   */
  put(text, replyTo) {
    this.#set([...this.drafts, { id: `web-${crypto.getRandomValues(new BigUint64Array(2)).join("-")}`, text, replyTo, state: "pending" }]);
    void this.#send();
  }

  /** Send what waited for the room to come back. */
  resume() {
    this.#set(this.drafts.map((draft) => (draft.state === "waiting" ? { ...draft, state: "pending" } : draft)));
    void this.#send();
  }

  /** @param {string} id */
  retry(id) {
    this.#replace(id, { state: "pending", reason: undefined });
    this.resume();
  }

  /** @param {string} id */
  discard(id) {
    this.#set(this.drafts.filter((draft) => draft.id !== id));
  }

  /**
   * Records were heard: those that `me` sent from here have arrived.
   *
   * @param {readonly Message[]} records
   * @param {string} me
   */
  settle(records, me) {
    const arrived = new Set(records.filter((record) => record.from === me).map((record) => record.client_msg_id));
    if (this.drafts.some((draft) => arrived.has(draft.id))) this.#set(this.drafts.filter((draft) => !arrived.has(draft.id)));
  }

  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let draft = this.#next(); draft; draft = this.#next()) await this.#sendOne(draft);
    this.#isSending = false;
  }

  /** @param {Draft} draft */
  async #sendOne(draft) {
    const reply = draft.replyTo === null ? {} : { reply_to: draft.replyTo };
    try {
      await this.api.say({ text: draft.text, client_msg_id: draft.id, ...reply });
      this.#replace(draft.id, { state: "sent" });
    } catch (error) {
      if (!(error instanceof Refused) || error.isOnTheWay) return this.#replace(draft.id, { state: "waiting", reason: "The room cannot be reached." });
      this.#replace(draft.id, { state: "failed", reason: error.message });
      if (error.isFinal) this.listener.lost(error);
    }
  }

  /** The next to go. While one waits for the room, those behind it wait too: what was said first is recorded first. */
  #next() {
    const first = this.drafts.find((draft) => draft.state === "pending" || draft.state === "waiting");
    return first?.state === "pending" ? first : undefined;
  }

  /**
   * @param {string} id
   * @param {Partial<Draft>} change
   */
  #replace(id, change) {
    this.#set(this.drafts.map((draft) => (draft.id === id ? { ...draft, ...change } : draft)));
  }

  /** @param {readonly Draft[]} drafts */
  #set(drafts) {
    this.drafts = drafts;
    this.listener.changed();
  }
}
