// @ts-check
/** Keeps hearing the room: by its stream, by waits where a proxy holds the stream back, again after every break. */

import { Refused } from "./api.js";
import { EventReader } from "./events.js";

/** @import { Api } from "./api.js" */
/** @import { Message } from "./shapes.js" */

const FIRST_SIGN_SECONDS = 6; // the room says `: here` at once; who hears nothing is behind something that collects
const SILENCE_SECONDS_MAX = 40; // the room gives a sign every 15 s
const RETRY_SECONDS_FIRST = 0.5;
const RETRY_SECONDS_MAX = 15;
const GOES_ON = new Set(["message", "heartbeat", "shutdown"]);

/** Nothing came of the stream, not even its beginning. */
class Withheld extends Error {}

/**
 * @typedef {object} Listener
 * @property {() => number} lastId what was heard so far
 * @property {(records: Message[]) => void} hear
 * @property {() => void} connected
 * @property {(retryAt: number, reason: string) => void} broken `retryAt` in milliseconds as Date.now() counts
 * @property {(reason: string, message: string) => void} ended closed, removed or unauthorized: there is nothing more to come
 */

export class Live {
  #isWithheld = false;
  #breaks = 0;
  #retry = () => {};

  /**
   * @param {Api} api
   * @param {Listener} listener
   */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
  }

  /** Hear the room until it is over. */
  async keep() {
    for (;;) {
      try {
        const reason = await (this.#isWithheld ? this.#wait() : this.#stream());
        if (!GOES_ON.has(reason)) return this.listener.ended(reason, "");
        if (reason === "shutdown") await this.#pause("the host is stopping or restarting the room", null);
      } catch (error) {
        if (error instanceof Refused && error.isFinal) return this.listener.ended(error.code, error.message);
        this.#isWithheld = error instanceof Withheld;
        if (this.#isWithheld) continue;
        await this.#pause(/** @type {Error} */ (error).message, error instanceof Refused ? error.retryAfterSeconds : null);
      }
    }
  }

  /** Try at once instead of at the end of the pause, if there is one. */
  retryNow() {
    this.#breaks = 0;
    this.#retry();
  }

  /** @returns {Promise<string>} why the stream ended */
  async #stream() {
    const abort = new AbortController();
    let lateness = setTimeout(() => abort.abort(), FIRST_SIGN_SECONDS * 1000);
    let hasSign = false;
    try {
      const stream = await this.api.events(this.listener.lastId(), abort.signal);
      const reader = new EventReader();
      const decoder = new TextDecoder();
      const pieces = stream.getReader();
      for (;;) {
        const { done, value } = await pieces.read();
        if (done) throw new Error("the connection ended");
        hasSign = true;
        this.#isHeard();
        clearTimeout(lateness);
        lateness = setTimeout(() => abort.abort(), SILENCE_SECONDS_MAX * 1000);
        const ending = this.#take(reader.feed(decoder.decode(value, { stream: true })));
        if (ending !== null) return ending;
      }
    } catch (error) {
      if (!hasSign && abort.signal.aborted) throw new Withheld();
      throw error;
    } finally {
      clearTimeout(lateness);
      abort.abort();
    }
  }

  /**
   * @param {import("./events.js").StreamEvent[]} events
   * @returns {string | null} why the room ended the stream, if it did
   */
  #take(events) {
    const records = events.filter((one) => one.event === "message").map((one) => JSON.parse(one.data));
    if (records.length) this.listener.hear(records);
    const closed = events.find((one) => one.event === "closed");
    return closed ? JSON.parse(closed.data).reason : null;
  }

  /** @returns {Promise<string>} why the wait ended */
  async #wait() {
    const answer = await this.api.wait(this.listener.lastId());
    this.#isHeard();
    if (answer.messages.length) this.listener.hear(answer.messages);
    return answer.reason === "closed" && answer.messages.length ? "message" : answer.reason;
  }

  #isHeard() {
    this.#breaks = 0;
    this.listener.connected();
  }

  /**
   * Half of the pause is chance, so that all who lost the same room do not come back in the same moment.
   *
   * @param {string} reason
   * @param {number | null} secondsAsked by the room
   */
  async #pause(reason, secondsAsked) {
    const most = Math.min(RETRY_SECONDS_MAX, RETRY_SECONDS_FIRST * 2 ** this.#breaks);
    const seconds = Math.max(secondsAsked ?? 0, most * (0.5 + Math.random() / 2));
    this.#breaks += 1;
    this.listener.broken(Date.now() + seconds * 1000, reason);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#retry = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    this.#retry = () => {};
  }
}
