// @ts-check
/** The contracts of the room: what is known of them, and what is asked of the room when somebody takes a step. */

import { AskedAgain } from "./asked-again.js";
import { showContract } from "./views/contract-dialog.js";
import { ContractList } from "./views/contract-list.js";
import { sentence } from "./sentence.js";

/** @import { Page } from "./boarding.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */

/** @typedef {"consumer" | "producer"} Side */
/** @typedef {"compatible" | "unknown" | "breaking"} Verdict */
/** @typedef {{consumer: Verdict, producer: Verdict, count: number}} Change */
/** @typedef {{path: string, kind: string, was: string | null, now: string | null, consumer: Verdict, producer: Verdict}} Difference */
/**
 * @typedef {object} Contract As GET /contracts tells it.
 * @property {string} name
 * @property {number} version
 * @property {string} note
 * @property {string} put_by
 * @property {string} put_at
 * @property {Change | null} change
 * @property {readonly {alias: string, side: Side}[]} subscribers
 * @property {readonly {version: number, aliases: readonly string[]}[]} pending
 */

/** The room compares and keeps; the page asks it again once something happened to a contract. */
export class ContractBoard {
  name = "contracts";
  title = "Contracts";
  /** @type {readonly Contract[] | null} */
  #contracts = null;
  #isOpening = false;
  #asked;

  /**
   * @param {Session} session
   * @param {Page} page
   */
  constructor(session, { tell }) {
    this.session = session;
    this.tell = tell;
    this.view = new ContractList({
      onOpen: (name) => void this.#open(name),
      onSubscribe: (name, side) => void this.#step(name, "subscribe", { side }, `You are a ${side} of ${name} now.`),
      onUnsubscribe: (name) => void this.#step(name, "unsubscribe", {}, `You depend on ${name} no longer.`),
      onAcknowledge: (name, version) => void this.#step(name, "ack", { version }, `The room knows that you know of ${name} v${version}.`),
    });
    this.node = this.view.node;
    this.#asked = new AskedAgain({
      node: this.node,
      ask: async () => {
        this.#contracts = (await this.session.api.contracts()).contracts;
      },
      show: () => this.show(),
      refused: (error) => this.#refused(error),
    });
  }

  /** @param {readonly Message[]} records */
  heard(records) {
    const isAbout = records.some(({ event }) => event && (event.kind.startsWith("contract.") || event.kind === "participant.removed"));
    if (isAbout) this.#asked.changed();
  }

  learn() {
    return this.#asked.learn();
  }

  show() {
    const { room, ending } = this.session;
    this.#asked.catchUp();
    if (this.#contracts) this.view.show(this.#contracts, room, { mayWrite: room.isOpen && room.mayPost && !ending });
  }

  /** @param {string} name */
  async #open(name) {
    if (this.#isOpening) return; // a second press before the dialog is there asks for the same
    this.#isOpening = true;
    try {
      await showContract({ name, api: this.session.api, room: this.session.room });
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#isOpening = false;
    }
  }

  /**
   * @param {string} name
   * @param {"subscribe" | "unsubscribe" | "ack"} step
   * @param {object} body
   * @param {string} done
   */
  async #step(name, step, body, done) {
    try {
      await this.session.api.stepContract(name, step, body);
      this.tell(done);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** @param {unknown} error */
  #refused(error) {
    this.tell(sentence(/** @type {Error} */ (error).message));
  }
}
