// @ts-check
/** Finding in the room, as the page has it: what does it comes when it is first asked for, since most who come never ask. */

/** @import { Finding } from "./finding.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */

export class Find {
  /** @type {Finding | null} */
  #finding = null;
  /** @type {Promise<Finding> | null} */
  #coming = null;

  /**
   * @param {Session} session
   * @param {{goTo: (id: number) => Promise<unknown>, place: (node: HTMLElement) => void, tell: (text: string) => void}} page
   *   `place`: put the view where it belongs; `tell`: that it could not be loaded
   */
  constructor(session, page) {
    this.session = session;
    this.page = page;
  }

  /**
   * Let somebody find.
   *
   * @param {string} [line] what they look for, if they said it already
   */
  async open(line) {
    const typed = line === undefined && !this.#finding ? collectTyping() : null;
    try {
      this.#finding ??= await (this.#coming ??= this.#load());
      this.#finding.open(line);
      const begun = typed?.();
      if (begun) this.#finding.goOn(begun);
    } catch {
      typed?.();
      this.#coming = null;
      this.page.tell("The search could not be loaded: the room does not answer. Try again, or reload the page.");
    }
  }

  /** Make room for something else. Whether it was open. */
  leave = () => this.#finding?.leave() ?? false;

  /** @param {readonly Message[]} records */
  heard(records) {
    this.#finding?.heard(records);
  }

  async #load() {
    const { Finding } = await import("./finding.js");
    const finding = new Finding(this.session, this.page);
    this.page.place(finding.view.node);
    return finding;
  }
}

/**
 * Collect what is typed from now on: it is meant for a field that is still on its way.
 *
 * @returns {() => string | undefined} ends it, and answers what was typed
 */
function collectTyping() {
  let text = "";
  const take = (/** @type {KeyboardEvent} */ event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    text += event.key;
  };
  addEventListener("keydown", take, true);
  return () => {
    removeEventListener("keydown", take, true);
    return text || undefined;
  };
}
