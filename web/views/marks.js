// @ts-check
/** What became of one's own messages, beside each of them in a word or two; all of it when pressed. */

import { element, fill } from "../dom.js";

/** @import { Message, MessageDelivery } from "../shapes.js" */
/** @import { Rows } from "./rows.js" */

/** From the farthest that a message comes to the least. */
const STATES = ["done", "answered", "in_context", "fetched", "recorded"];

export class Marks {
  /** @type {Map<number, HTMLButtonElement>} */
  #marks = new Map();

  /**
   * @param {Rows} rows
   * @param {HTMLElement} scroller
   * @param {{onDelivery: (record: Message) => void}} actions
   */
  constructor(rows, scroller, { onDelivery }) {
    this.rows = rows;
    this.scroller = scroller;
    this.onDelivery = onDelivery;
  }

  /** The rows are as they are now: put the marks to them. @param {ReadonlyMap<number, MessageDelivery>} deliveries by message */
  show(deliveries) {
    const kept = this.#marks;
    this.#marks = new Map();
    for (const [id, told] of deliveries) {
      const row = this.rows.get(id);
      if (!row || this.rows.record(id)?.retracted) continue;
      const mark = kept.get(id) ?? element("button", { type: "button", class: "mark", "aria-haspopup": "dialog", click: () => this.#open(id) });
      kept.delete(id);
      this.#marks.set(id, mark);
      write(mark, told);
      if (row.contains(mark)) continue;
      mark.tabIndex = row.tabIndex;
      row.querySelector(".said")?.append(mark);
    }
    for (const mark of kept.values()) mark.remove();
  }

  /** @param {number} id */
  isInSight(id) {
    const row = this.rows.get(id)?.getBoundingClientRect();
    const window = this.scroller.getBoundingClientRect();
    return row !== undefined && row.bottom > window.top && row.top < window.bottom;
  }

  /** @param {number} id */
  #open(id) {
    const record = this.rows.record(id);
    if (record) this.onDelivery(record);
  }
}

/**
 * @param {HTMLElement} mark
 * @param {MessageDelivery} told
 */
function write(mark, { recipients }) {
  const counts = STATES.map((state) => ({ state, count: recipients.filter((one) => one.state === state).length })).filter(({ count }) => count > 0);
  const words = counts.map(({ state, count }) => [recipients.length > 1 && count, state.replace("_", " ")].filter(Boolean).join(" ")).join(", ");
  if (mark.title === words) return;
  mark.title = words;
  mark.dataset.state = counts.at(-1)?.state ?? ""; // no more is claimed than holds for all
  fill(mark, element("span", { class: "unseen" }, "What became of it: "), words);
}
