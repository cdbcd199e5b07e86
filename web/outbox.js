// @ts-check
/** Messages on their way: one after the other, in order, and never recorded twice however often they are sent. */

import { Refused } from "./asking.js";
import { spoken } from "./message-types.js";

/** @import { Api } from "./api.js" */
/** @import { Drafts } from "./drafts.js" */
/** @import { Draft, Message } from "./shapes.js" */

const DRAFTS_MAX = 50; // of 24,000 units at most: what a tab's storage holds with ease

/**
 * @typedef {object} Listener
 * @property {() => void} changed
 * @property {(error: Refused) => void} lost the seat itself was refused
 * @property {(id: number) => boolean} isHeard whether the record `id` was heard already
 */

export class Outbox {
  /** @type {readonly Draft[]} */
  drafts;
  #isSending = false;
  #timer = 0;

  /**
   * @param {Api} api
   * @param {Drafts} kept what this seat had on its way before the page was loaded; it goes out with the ids it had then
   * @param {Listener} listener
   */
  constructor(api, kept, listener) {
    this.api = api;
    this.kept = kept;
    this.listener = listener;
    this.drafts = kept.queue.map((draft) => (draft.state === "failed" ? draft : again(draft)));
  }

  /** Whether there is room for one more. */
  get isFull() {
    return this.drafts.length >= DRAFTS_MAX;
  }

  /** Whether something here has not reached the room. */
  get isUnsent() {
    return this.drafts.some((draft) => draft.state !== "sent");
  }

  /**
   * @param {string} text
   * @param {{replyTo: number | null, type: string, needReply: boolean}} about
   */
  put(text, { replyTo, type, needReply }) {
    const id = `web-${crypto.getRandomValues(new BigUint64Array(2)).join("-")}`;
    this.#set([...this.drafts, { id, text, type, replyTo, needReply, state: "pending" }]);
    void this.send();
  }

  /** Send what waited for the room to come back; what the room itself told to wait goes on waiting. */
  resume() {
    const isDue = (/** @type {Draft} */ draft) => draft.state === "waiting" && (draft.retryAt ?? 0) <= Date.now();
    if (this.drafts.some(isDue)) this.#set(this.drafts.map((draft) => (isDue(draft) ? again(draft) : draft)));
    void this.send();
  }

  /** @param {string} id */
  retry(id) {
    this.#set(this.drafts.map((draft) => (draft.id === id ? again(draft) : draft)));
    this.resume();
  }

  /**
   * Give up on the draft `id`.
   *
   * @param {string} id
   * @returns {Draft | undefined} the draft that is no longer here
   */
  discard(id) {
    const draft = this.drafts.find((one) => one.id === id);
    this.#set(this.drafts.filter((one) => one.id !== id));
    return draft;
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

  /** Send what is to be sent, until nothing is or one has to wait. */
  async send() {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let draft = this.#next(); draft; draft = this.#next()) await this.#sendOne(draft);
    this.#isSending = false;
  }

  /** @param {Draft} draft */
  async #sendOne(draft) {
    const { id, text, type, replyTo, needReply } = draft;
    const reply = { ...(replyTo !== null && { reply_to: replyTo }), ...(needReply && { need_reply: true }) };
    try {
      const { message } = await this.api.say({ text, type: spoken(type, replyTo), client_msg_id: id, ...reply });
      if (this.listener.isHeard(message.id)) this.discard(id);
      else this.#replace(id, { state: "sent" });
    } catch (error) {
      if (!(error instanceof Refused) || error.isOnTheWay) return this.#replace(id, { state: "waiting", retryAt: undefined });
      if (error.retryAfterSeconds !== null) return this.#wait(id, error.retryAfterSeconds);
      this.#replace(id, { state: "failed", reason: error.message });
      if (error.isFinal) this.listener.lost(error);
    }
  }

  /**
   * The room takes nothing for so many seconds.
   *
   * @param {string} id
   * @param {number} seconds
   */
  #wait(id, seconds) {
    this.#replace(id, { state: "waiting", retryAt: Date.now() + seconds * 1000 });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.resume(), seconds * 1000 + 1);
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
    this.kept.queue = drafts.filter((draft) => draft.state !== "sent");
    this.listener.changed();
  }
}

/**
 * `draft` on its way once more.
 *
 * @param {Draft} draft
 * @returns {Draft}
 */
const again = (draft) => ({ ...draft, state: "pending", reason: undefined, retryAt: undefined });
