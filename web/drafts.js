// @ts-check
/**
 * What was written in this tab and has not reached the room, kept through a reload and a crash where the browser keeps anything.
 * A seat finds its own and nobody else's: another person's link in this tab sends nothing of the one before.
 */

import { recall, remember } from "./invitation.js";

/** @import { Draft, Room, Unsent } from "./shapes.js" */

/** @type {Unsent} */
export const NOTHING = { text: "", type: "message", needReply: false, replyTo: null };

export class Drafts {
  #key;

  /** @param {Pick<Room, "id" | "me">} room */
  constructor({ id, me }) {
    this.#key = `${location.pathname}:${id}:${me}`;
  }

  /** What stands in the composer. */
  get unsent() {
    return /** @type {Unsent} */ ({ ...NOTHING, ...this.#recall("draft") });
  }

  set unsent(unsent) {
    this.#remember("draft", unsent);
  }

  /** What was sent from here and may not have arrived. */
  get queue() {
    const kept = this.#recall("outbox");
    return /** @type {readonly Draft[]} */ (Array.isArray(kept) ? kept : []);
  }

  set queue(queue) {
    this.#remember("outbox", queue);
  }

  /**
   * @param {string} kind
   * @param {unknown} value
   */
  #remember(kind, value) {
    remember(`agentgather:${kind}:${this.#key}`, JSON.stringify(value));
  }

  /** @param {string} kind */
  #recall(kind) {
    try {
      return JSON.parse(recall(`agentgather:${kind}:${this.#key}`) ?? "null");
    } catch {
      return null; // not ours, or of another version
    }
  }
}
