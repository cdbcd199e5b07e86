// @ts-check
/** A seat in the room for as long as its tab is open: what is known, what is on its way, and how it ended. No nodes. */

import { heard, withStatus } from "./fold.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";

/** @import { Api } from "./api.js" */
/** @import { Message, Room } from "./shapes.js" */

const PRESENCE_SECONDS = 15; // between looks at who is here, while somebody looks

/** @typedef {"closed" | "removed" | "token_expired" | "unauthorized"} Ending how it ended for this seat */

/**
 * @typedef {object} Listener
 * @property {() => void} changed something is not as it was; ask for it
 * @property {(records: readonly Message[]) => void} heard records came in; the room is already as they made it
 * @property {() => void} connected
 * @property {(retryAt: number, reason: string) => void} broken
 * @property {(ending: Ending) => void} ended
 */

export class Session {
  /** @type {Ending | null} */
  ending = null;

  /**
   * @param {Api} api
   * @param {Room} room
   * @param {Listener} listener
   */
  constructor(api, room, listener) {
    this.api = api;
    this.room = room;
    this.listener = listener;
    this.reading = new Reading(api);
    this.outbox = new Outbox(api, { changed: () => listener.changed(), lost: (error) => this.#end(error.code) });
    this.live = new Live(api, {
      lastId: () => this.room.lastId,
      hear: (records) => this.#hear(records),
      connected: () => this.#connected(),
      broken: (retryAt, reason) => listener.broken(retryAt, reason),
      ended: (reason) => this.#end(reason),
    });
  }

  /** Hear the room, and look who is here, until it is over. */
  keep() {
    setInterval(() => document.hidden || void this.look(), PRESENCE_SECONDS * 1000);
    addEventListener("online", () => this.live.retryNow());
    document.addEventListener("visibilitychange", () => this.#turned());
    return this.live.keep();
  }

  /**
   * The room is known differently now.
   *
   * @param {Room} room
   */
  know(room) {
    this.room = room;
    this.listener.changed();
  }

  /** See who is here. */
  async look() {
    const status = await this.api.status().catch(() => null); // whether we are connected is the stream's to say
    if (status) this.know(withStatus(this.room, status));
  }

  /** @param {readonly Message[]} records */
  #hear(records) {
    this.room = records.reduce(heard, this.room);
    this.outbox.settle(records, this.room.me);
    if (!this.room.isOpen) this.#end("closed");
    if (records.some((record) => record.event)) void this.look();
    this.listener.heard(records);
    this.listener.changed();
  }

  #connected() {
    if (this.ending) return;
    this.listener.connected();
    if (this.outbox.drafts.some((draft) => draft.state === "waiting")) this.outbox.resume();
  }

  /** @param {string} reason */
  #end(reason) {
    const isKnown = reason === "closed" || reason === "removed" || reason === "token_expired";
    this.ending = isKnown ? reason : "unauthorized";
    if (this.ending === "closed") this.room = { ...this.room, isOpen: false };
    this.listener.ended(this.ending);
    this.listener.changed();
  }

  #turned() {
    if (document.hidden) return;
    this.live.retryNow();
    void this.look();
  }
}
