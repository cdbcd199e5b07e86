// @ts-check
/** A seat in the room for as long as its tab is open: what is known, what is on its way, and how it ended. No nodes. */

import { Drafts } from "./drafts.js";
import { heard, withStatus } from "./fold.js";
import { Hearing } from "./hearing.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { keepAwake } from "./waking.js";

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
    this.reading = new Reading(api, { seen: (id, isWatched) => this.hearing.tellRead(id, isWatched), changed: () => listener.changed() });
    this.drafts = new Drafts(room);
    this.outbox = new Outbox(api, this.drafts, {
      changed: () => listener.changed(),
      lost: (error) => this.#end(error.code),
      isHeard: (id) => id <= this.room.lastId,
    });
    this.hearing = new Hearing(api, {
      lastId: () => this.room.lastId,
      hear: (records) => this.#hear(records),
      connected: () => this.#connected(),
      broken: (retryAt, reason) => listener.broken(retryAt, reason),
      ended: (reason) => this.#end(reason),
      read: (id, isWatched) => this.reading.seenElsewhere(id, isWatched),
    });
  }

  /** Hear the room, and look who is here, until it is over. */
  keep() {
    this.#learnRead();
    void this.outbox.send();
    setInterval(() => document.hidden || this.#isRefused || void this.look(), PRESENCE_SECONDS * 1000);
    keepAwake({ onWake: () => this.#wake(), onMove: () => this.hearing.reconnect() });
    return this.hearing.keep();
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
    if (!status) return;
    this.know(withStatus(this.room, status));
    this.#learnRead();
  }

  /** Whether the room answers this seat no more; a closed one still tells who is here. */
  get #isRefused() {
    return this.ending !== null && this.ending !== "closed";
  }

  /** The same seat may be read in another browser too. */
  #learnRead() {
    this.reading.seenElsewhere(this.room.roster.get(this.room.me)?.read_id ?? 0);
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
    if (this.ending) return;
    const isKnown = reason === "closed" || reason === "removed" || reason === "token_expired";
    this.ending = isKnown ? reason : "unauthorized";
    if (this.ending === "closed") this.room = { ...this.room, isOpen: false };
    this.listener.ended(this.ending);
    this.listener.changed();
    this.outbox.resume(); // what still waits learns from the room itself that nothing takes it any more
  }

  #wake() {
    if (this.ending) return;
    this.hearing.wake();
    if (!document.hidden) void this.look();
  }
}
