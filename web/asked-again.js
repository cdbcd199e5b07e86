// @ts-check
/** What the room keeps and the page asks for again once something happened to it, rather than fold what it heard. */

/** Never asked for twice at once, and once more when something happened meanwhile. */
export class AskedAgain {
  #isKnown = false;
  #isAsking = false;
  #isBehind = false;

  /**
   * @param {object} told
   * @param {HTMLElement} told.node where it is shown
   * @param {() => Promise<void>} told.ask
   * @param {() => void} told.show
   * @param {(error: unknown) => void} told.refused
   */
  constructor({ node, ask, show, refused }) {
    this.node = node;
    this.ask = ask;
    this.show = show;
    this.refused = refused;
  }

  async learn() {
    this.#isAsking = true;
    try {
      do {
        this.#isBehind = false;
        await this.ask();
      } while (this.#isBehind);
      this.#isKnown = true;
    } catch (error) {
      this.#isBehind = true; // what happened is still not known here: who shows it next asks again
      throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  /** Something happened to it: whoever looks at it sees that at once. */
  changed() {
    this.#isBehind = true;
    if (this.#isKnown && this.node.checkVisibility()) this.catchUp();
  }

  /** Ask for what happened since it was asked for last, if anything did. */
  catchUp() {
    if (this.#isBehind && !this.#isAsking) void this.#ask();
  }

  async #ask() {
    try {
      await this.learn();
    } catch (error) {
      return this.refused(error);
    }
    this.show();
  }
}
