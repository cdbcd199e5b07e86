// @ts-check
/** The boards of the room, as the page has them: what shows them comes when they are first asked for. */

/** @import { Boarding } from "./boarding.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */

export class Boards {
  /** @type {Boarding | null} */
  #boarding = null;
  /** @type {Promise<Boarding> | null} */
  #coming = null;

  /**
   * @param {Session} session
   * @param {{place: (node: HTMLElement) => void, tell: (text: string) => void}} page `place`: put the panel where it belongs
   */
  constructor(session, page) {
    this.session = session;
    this.page = page;
  }

  /** Show them, or put them away. */
  async toggle() {
    try {
      this.#boarding ??= await (this.#coming ??= this.#load());
      this.#boarding.toggle();
    } catch {
      this.#coming = null;
      this.page.tell("The boards could not be loaded: the room does not answer. Try again, or reload the page.");
    }
  }

  /** @param {readonly Message[]} records */
  heard(records) {
    this.#boarding?.heard(records);
  }

  /** The room is known differently now. */
  show() {
    this.#boarding?.show();
  }

  async #load() {
    const { Boarding } = await import("./boarding.js");
    const boarding = new Boarding(this.session, this.page);
    this.page.place(boarding.view.node);
    return boarding;
  }
}
