// @ts-check
/**
 * Keeps what the reader looks at where it is, whatever happens around it: pages that come in above, rows that grow, a
 * window that becomes narrower, a font that arrives.
 */

/** @import { Rows } from "./rows.js" */

export class ScrollAnchor {
  #id = 0;
  #offset = 0;
  #fraction = 0;
  #scrollTop = 0;
  #extent = "";
  /** Stands above all rows, for what a scroll position cannot hold: a browser scrolls by whole pixels of the screen. */
  pad = document.createElement("div");

  /**
   * @param {HTMLElement} scroller
   * @param {Rows} rows
   */
  constructor(scroller, rows) {
    this.scroller = scroller;
    this.rows = rows;
  }

  /** The record under the eye, 0 when there is none. */
  get id() {
    return this.#id;
  }

  /** How far below the top of the timeline its row begins, in pixels. */
  get offset() {
    return this.#offset;
  }

  /**
   * Remember what is under the eye: the first row that begins on screen, else the one that fills it.
   *
   * @param {number} [id] a row to hold instead, wherever it is
   */
  hold(id) {
    const top = this.#top();
    const row = id === undefined ? this.rows.underEye(top, top + this.scroller.clientHeight) : this.rows.get(id);
    this.#id = Number(row?.dataset.id ?? 0);
    this.#offset = row ? row.getBoundingClientRect().top - top : 0;
    this.#keep();
  }

  /** The same, if the reader scrolled since. Where all became longer or shorter, it has moved by itself: that is put back. */
  follow() {
    if (this.#id && this.#extent !== this.#extentNow()) this.restore();
    else if (!this.#id || this.#scrollTop !== this.scroller.scrollTop) this.hold();
  }

  /** Put it back to where it was. */
  restore() {
    const row = this.rows.nearest(this.#id);
    if (row) this.#shift(row.getBoundingClientRect().top - this.#top() - this.#offset);
    this.#keep();
  }

  /**
   * Put the row of `id` at `offset` pixels below the top, null: in the middle.
   *
   * @param {number} id
   * @param {number | null} offset
   */
  place(id, offset) {
    const row = this.rows.nearest(id);
    if (!row) return;
    const box = row.getBoundingClientRect();
    const middle = Math.max(0, (this.scroller.clientHeight - box.height) / 2);
    this.#shift(box.top - this.#top() - (offset ?? middle));
    this.hold();
  }

  /**
   * Do `change`, and keep `node`, which it leaves on the page, where it is.
   *
   * @param {Element} node
   * @param {() => void} change
   */
  keeping(node, change) {
    const before = node.getBoundingClientRect().top;
    change();
    this.#shift(node.getBoundingClientRect().top - before);
    this.hold();
  }

  #keep() {
    this.#scrollTop = this.scroller.scrollTop;
    this.#extent = this.#extentNow();
  }

  #extentNow = () => `${this.scroller.clientWidth} ${this.scroller.clientHeight} ${this.scroller.scrollHeight}`;

  #top = () => this.scroller.getBoundingClientRect().top;

  /** @param {number} pixels that everything is too low */
  #shift(pixels) {
    if (Math.abs(pixels) < 1 / 64) return; // the least that a layout knows
    const fraction = (((this.#fraction - pixels) % 1) + 1) % 1;
    const whole = Math.round(pixels + fraction - this.#fraction);
    this.#fraction = fraction;
    this.pad.style.blockSize = `${fraction}px`;
    this.scroller.scrollTop += whole;
  }
}
