// @ts-check
/** The boards of the room, as the page has them: what shows them comes when they are first asked for. */

/** @import { Boarding } from "./boarding.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */

export class Boards {
  /** @type {Boarding | null} */
  #boarding = null;
  #isComing = false;

  /**
   * @param {Session} session
   * @param {{place: (node: HTMLElement) => void, tell: (text: string) => void}} page `place`: put the panel where it belongs
   */
  constructor(session, page) {
    this.session = session;
    this.page = page;
  }

  /**
   * Show them, or put them away.
   *
   * @param {{areHidden: boolean}} now `areHidden`: something else stands in their place
   */
  async toggle({ areHidden }) {
    if (this.#isComing) return; // a second press before they are there asks for the same
    this.#isComing = true;
    try {
      this.#boarding ??= await this.#load();
      this.#boarding.toggle({ areHidden });
    } catch {
      this.page.tell("The boards could not be loaded: the room does not answer. Try again, or reload the page.");
    } finally {
      this.#isComing = false;
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
