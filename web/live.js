// @ts-check
/** Keeps hearing the room: by its stream, by waits where a proxy holds the stream back, again after every break. */

import { Refused } from "./asking.js";
import { EventReader } from "./events.js";

/** @import { Api } from "./api.js" */
/** @import { Message } from "./shapes.js" */

const FIRST_SIGN_SECONDS = 6; // the room says `: here` at once; who hears nothing is behind something that collects
const SIGN_SECONDS = 15; // the room gives a sign at least so often
const SILENCE_SECONDS_MAX = 40;
const RETRY_SECONDS_FIRST = 0.5;
const RETRY_SECONDS_MAX = 15;
const LOOK_SECONDS = 4; // between looks of a tab for which the room has no place to wait
const LOOK_RECORDS = 1000; // as many as the room hands out at once
const BROKEN = "the connection broke";
const LATE = "late"; // why a request was cut
const AGAIN = "again";
const UNAUTHORIZED = "unauthorized"; // why a stream ended
const GOES_ON = new Set(["message", "heartbeat", "shutdown"]);

/** Nothing came of the stream, not even its beginning. */
class Withheld extends Error {}

/**
 * @typedef {object} Listener
 * @property {() => number} lastId what was heard so far
 * @property {(records: Message[]) => void} hear
 * @property {() => void} connected there was a sign of the room
 * @property {(retryAt: number, reason: string) => void} broken `retryAt` in milliseconds as Date.now() counts
 * @property {(reason: string) => void} ended closed, removed, token_expired or unauthorized: there is nothing more to come
 */

export class Live {
  /** @type {"stream" | "wait" | "look"} */
  #way = "stream";
  #breaks = 0;
  #signAt = 0;
  #cut = new AbortController(); // of the request that is held
  #retry = () => {};

  /**
   * @param {Api} api
   * @param {Listener} listener
   */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
  }

  /**
   * Hear the room until it is over, or until `signal`.
   *
   * @param {AbortSignal} signal
   */
  async keep(signal) {
    signal.addEventListener("abort", () => this.reconnect());
    while (!signal.aborted) {
      this.#cut = new AbortController();
      try {
        const reason = await this.#hear(this.#cut);
        if (reason === UNAUTHORIZED) await this.api.status(); // is refused, and why: the token was replaced, or its time is over
        else if (!GOES_ON.has(reason)) return this.listener.ended(reason);
        if (reason === "shutdown") await this.#pause("the host is stopping or restarting the room", null);
      } catch (error) {
        if (this.#cut.signal.reason === AGAIN) continue;
        if (error instanceof Refused && error.isFinal) return this.listener.ended(error.code);
        await this.#failed(/** @type {Error} */ (error));
      }
    }
  }

  /** Try at once instead of at the end of the pause, if there is one. */
  retryNow() {
    this.#breaks = 0;
    this.#retry();
  }

  /** The machine or the page slept: a connection that missed a sign meanwhile is taken for dead. */
  wake() {
    if (Date.now() - this.#signAt > (SIGN_SECONDS + 5) * 1000) this.reconnect();
  }

  /** What is held is of no use any more: try at once. */
  reconnect() {
    this.#cut.abort(AGAIN);
    this.retryNow();
  }

  /**
   * @param {AbortController} cut
   * @returns {Promise<string>} why what was held ended
   */
  #hear(cut) {
    if (this.#way === "look") return this.#look();
    return this.#way === "wait" ? this.#wait(cut.signal) : this.#stream(cut);
  }

  /**
   * @param {AbortController} cut
   * @returns {Promise<string>} why the stream ended
   */
  async #stream(cut) {
    let hasSign = false;
    let lateness = setTimeout(() => cut.abort(LATE), FIRST_SIGN_SECONDS * 1000);
    try {
      const stream = await this.api.events(this.listener.lastId(), cut.signal);
      const reader = new EventReader();
      const decoder = new TextDecoder();
      const pieces = stream.getReader();
      for (;;) {
        const { done, value } = await pieces.read();
        if (done) throw new Error(BROKEN);
        hasSign = true;
        clearTimeout(lateness);
        lateness = setTimeout(() => cut.abort(LATE), SILENCE_SECONDS_MAX * 1000);
        const ending = this.#take(reader.feed(decoder.decode(value, { stream: true })));
        this.#isHeard();
        if (ending !== null) return ending;
      }
    } catch (error) {
      if (!hasSign && cut.signal.reason === LATE) throw new Withheld();
      throw hasSign ? new Error(BROKEN) : error; // a browser's own words for it help nobody
    } finally {
      clearTimeout(lateness);
      cut.abort();
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

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<string>} why the wait ended
   */
  async #wait(signal) {
    const answer = await this.api.wait(this.listener.lastId(), signal);
    if (answer.messages.length) this.listener.hear(answer.messages);
    this.#isHeard();
    return answer.reason === "closed" && answer.messages.length ? "message" : answer.reason;
  }

  /**
   * Too many tabs hear the room with this seat already: look what is new, and try for a place again.
   *
   * @returns {Promise<string>}
   */
  async #look() {
    const { messages } = await this.api.since(this.listener.lastId(), LOOK_RECORDS);
    if (messages.length) this.listener.hear(messages);
    this.#isHeard();
    await this.#sleep(LOOK_SECONDS);
    this.#way = "stream";
    return "heartbeat";
  }

  #isHeard() {
    this.#breaks = 0;
    this.#signAt = Date.now();
    this.listener.connected();
  }

  /** @param {Error} error */
  async #failed(error) {
    const isCrowded = error instanceof Refused && error.code === "wait_limit";
    this.#way = isCrowded ? "look" : error instanceof Withheld ? "wait" : "stream";
    if (this.#way === "stream") await this.#pause(error.message, error instanceof Refused ? error.retryAfterSeconds : null);
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
    await this.#sleep(seconds);
  }

  /** @param {number} seconds at most: `retryNow` ends it */
  async #sleep(seconds) {
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
