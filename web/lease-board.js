// @ts-check
/** The leases of the room: who works on which paths, until when, and their release before that. */

import { AskedAgain } from "./asked-again.js";
import { sentence } from "./sentence.js";
import { LeaseList } from "./views/lease-list.js";

/** @import { Page } from "./boarding.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */

/**
 * @typedef {object} Lease As GET /leases tells it.
 * @property {number} id
 * @property {string} holder
 * @property {readonly string[]} globs
 * @property {string} note
 * @property {number} seconds_left by the room's clock, when it was asked
 *
 * @typedef {Lease & {endsAt: number}} Held `endsAt` is by this page's own clock, in milliseconds
 */

const TICK_SECONDS = 15; // whose time is over is gone by then

/** The room knows which of them hold; the page asks it again once something happened to one, and lets their time run out itself. */
export class LeaseBoard {
  name = "leases";
  title = "Leases";
  /** @type {readonly Held[] | null} */
  #leases = null;
  #asked;

  /**
   * @param {Session} session
   * @param {Page} page
   */
  constructor(session, { tell }) {
    this.session = session;
    this.tell = tell;
    this.view = new LeaseList({ onRelease: (id) => void this.#release(id) });
    this.node = this.view.node;
    this.#asked = new AskedAgain({
      node: this.node,
      ask: () => this.#ask(),
      show: () => this.show(),
      refused: (error) => this.#refused(error),
    });
    setInterval(() => document.hidden || this.#draw(), TICK_SECONDS * 1000);
  }

  /** @param {readonly Message[]} records */
  heard(records) {
    if (records.some(({ event }) => event && (event.kind.startsWith("lease.") || event.kind === "room.closed"))) this.#asked.changed();
  }

  learn() {
    return this.#asked.learn();
  }

  show() {
    this.#asked.catchUp();
    this.#draw();
  }

  #draw() {
    const { room, ending } = this.session;
    const now = Date.now();
    const held = this.#leases?.filter(({ endsAt }) => endsAt > now);
    if (held) this.view.show(held, room, { now, mayWrite: room.isOpen && room.mayPost && !ending });
  }

  async #ask() {
    const { leases } = await this.session.api.leases();
    const now = Date.now();
    this.#leases = leases.map((lease) => ({ ...lease, endsAt: now + lease.seconds_left * 1000 }));
  }

  /** @param {number} id */
  async #release(id) {
    try {
      await this.session.api.releaseLease(id);
      this.tell(`Lease ${id} is over.`);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** @param {unknown} error */
  #refused(error) {
    this.tell(sentence(/** @type {Error} */ (error).message));
  }
}
