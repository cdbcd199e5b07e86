// @ts-check
/** Reads `text/event-stream` (WHATWG HTML 9.2.6) out of text that arrives in pieces. Pure. */

/** @typedef {{id: string, event: string, data: string}} StreamEvent */

export class EventReader {
  #rest = "";
  #id = "";
  #event = "";
  /** @type {string[]} */
  #data = [];

  /**
   * The events that `piece` completes.
   *
   * @param {string} piece
   * @returns {StreamEvent[]}
   */
  feed(piece) {
    const lines = (this.#rest + piece).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line));
  }

  /**
   * @param {string} line
   * @returns {StreamEvent[]}
   */
  #line(line) {
    if (line === "") return this.#dispatch();
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "id") this.#id = value ?? "";
    if (field === "event") this.#event = value ?? "";
    if (field === "data") this.#data.push(value ?? "");
    return []; // a line that begins with a colon is a comment: somebody is there
  }

  /** @returns {StreamEvent[]} */
  #dispatch() {
    const complete = { id: this.#id, event: this.#event || "message", data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    return isEmpty ? [] : [complete];
  }
}
