// @ts-check
/**
 * Hears the room for this tab: by a stream of its own, or through the tab that has one for all tabs of this seat. What a tab
 * misses, it asks the room for: the other tabs are never trusted to be complete.
 */

import { Live } from "./live.js";
import { Tabs, canGather } from "./tabs.js";

/** @import { Api } from "./api.js" */
/** @import { Listener } from "./live.js" */
/** @import { Message } from "./shapes.js" */

const PAGE_RECORDS = 1000; // as many as the room hands out at once

/**
 * @typedef {{kind: "records", after: number, records: Message[]} | {kind: "connected", lastId: number}
 *   | {kind: "broken", retryAt: number, reason: string} | {kind: "retry"} | {kind: "read", id: number, isWatched: boolean}} Word from tab to tab
 */

export class Hearing {
  /** @type {Tabs | null} */
  #tabs = null;
  /** @type {Word} */
  #state = { kind: "connected", lastId: 0 };
  #isCatchingUp = false;
  #live;

  /**
   * @param {Api} api
   * @param {Listener & {read: (id: number, isWatched: boolean) => void}} listener `read`: the reader saw everything through a record in another tab
   */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
    this.#live = new Live(api, {
      lastId: () => listener.lastId(),
      hear: (records) => this.#hear(records),
      connected: () => this.#connected(),
      broken: (retryAt, reason) => this.#broken(retryAt, reason),
      ended: (reason) => listener.ended(reason), // every tab is told by the room itself, in its turn
    });
  }

  /** Hear the room until it is over. */
  async keep() {
    if (!canGather()) return this.#live.keep(new AbortController().signal);
    const name = `agentgather:${location.pathname}:${await this.api.seatDigest()}`;
    this.#tabs = new Tabs(name, {
      lead: (signal) => this.#live.keep(signal),
      state: () => this.#state,
      told: (word) => this.#told(word),
    });
    await this.#tabs.keep();
  }

  /** Whether this tab is the one that does what has to be done once. */
  get isLeading() {
    return this.#tabs === null || this.#tabs.isLeading;
  }

  /** Try at once to reach the room. */
  retryNow() {
    if (this.isLeading) this.#live.retryNow();
    else this.#tabs?.tell({ kind: "retry" });
  }

  /** This page comes back from somewhere, and may have missed something. */
  wake() {
    if (this.isLeading) return this.#live.wake();
    this.retryNow();
    void this.#catchUp();
  }

  /** The network is another one, or gone; every tab notices that for itself. */
  reconnect() {
    if (this.isLeading) this.#live.reconnect();
  }

  /**
   * Let the other tabs know that the reader saw everything through record `id`.
   *
   * @param {number} id
   * @param {boolean} isWatched whether they are at this page
   */
  tellRead(id, isWatched) {
    this.#tabs?.tell({ kind: "read", id, isWatched });
  }

  /** @param {Message[]} records */
  #hear(records) {
    const after = this.listener.lastId();
    this.listener.hear(records);
    this.#tabs?.tell({ kind: "records", after, records });
  }

  #connected() {
    this.#state = { kind: "connected", lastId: this.listener.lastId() };
    this.#tabs?.tell(this.#state);
    this.listener.connected();
  }

  /**
   * @param {number} retryAt
   * @param {string} reason
   */
  #broken(retryAt, reason) {
    this.#state = { kind: "broken", retryAt, reason };
    this.#tabs?.tell(this.#state);
    this.listener.broken(retryAt, reason);
  }

  /** @param {Word} word */
  #told(word) {
    switch (word.kind) {
      case "records":
        if (word.after > this.listener.lastId()) return void this.#catchUp();
        return this.#take(word.records);
      case "connected":
        this.listener.connected();
        if (word.lastId > this.listener.lastId()) void this.#catchUp();
        return;
      case "broken":
        return this.listener.broken(word.retryAt, word.reason);
      case "retry":
        return this.isLeading ? this.#live.retryNow() : undefined;
      case "read":
        return this.listener.read(word.id, word.isWatched);
    }
  }

  /** Ask the room for what this tab has not heard. A failure is no matter: the leader's next sign asks again. */
  async #catchUp() {
    if (this.#isCatchingUp) return;
    this.#isCatchingUp = true;
    try {
      for (let hasMore = true; hasMore; ) {
        const page = await this.api.since(this.listener.lastId(), PAGE_RECORDS);
        this.#take(page.messages);
        hasMore = page.has_more && page.messages.length > 0;
      }
    } catch {
      // whether the room can be reached is the leader's to say
    } finally {
      this.#isCatchingUp = false;
    }
  }

  /** @param {Message[]} records */
  #take(records) {
    const news = records.filter((record) => record.id > this.listener.lastId());
    if (news.length) this.listener.hear(news);
  }
}
