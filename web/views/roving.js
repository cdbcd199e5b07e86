// @ts-check
/** The timeline by keyboard: one tab stop however many rows there are, and keys that move from row to row. */

/** @import { Rows } from "./rows.js" */

const INNER = "a[href], button, summary, input, [tabindex]";

/**
 * @typedef {object} Actions
 * @property {() => void} onStart to the beginning of the room
 * @property {() => void} onEnd to its end
 * @property {() => void} onLeave back to where one writes
 * @property {(row: HTMLElement) => void} onMenu
 */

export class Roving {
  /** @type {HTMLElement | null} */
  #active = null;

  /**
   * @param {Rows} rows
   * @param {HTMLElement} scroller
   * @param {Actions} actions
   */
  constructor(rows, scroller, actions) {
    this.rows = rows;
    this.scroller = scroller;
    this.actions = actions;
    rows.node.addEventListener("keydown", (event) => this.#pressed(event));
    rows.node.addEventListener("focusin", (event) => this.#enter(rowOf(event.target)));
  }

  get hasFocus() {
    return this.rows.node.contains(document.activeElement);
  }

  /** The row that has the focus, or would get it. */
  get active() {
    return this.#active;
  }

  /**
   * Rows came or went: `fallback` is where Tab leads if the row where it led is gone, or is out of sight and without focus.
   *
   * @param {HTMLElement | null} fallback
   * @param {boolean} hadFocus
   */
  settle(fallback, hadFocus) {
    if (this.hasFocus) return;
    const same = this.rows.get(Number(this.#active?.dataset.id ?? 0));
    this.#enter(hadFocus ? (same ?? fallback) : (fallback ?? same));
    if (hadFocus) this.#active?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} row */
  focus(row) {
    this.#enter(row);
    row.focus({ preventScroll: true });
  }

  /** @param {HTMLElement | null} row */
  #enter(row) {
    if (!row || row === this.#active) return;
    if (this.#active) reach(this.#active, -1);
    this.#active = row;
    reach(row, 0);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rowOf(event.target);
    if (!row) return;
    if (event.key === "Escape") return event.target === row ? this.#done(event, this.actions.onLeave) : this.#done(event, () => this.focus(row));
    if (event.target !== row) return;
    if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) return this.#done(event, () => this.actions.onMenu(row));
    if (event.key === "Home") return this.#done(event, this.actions.onStart);
    if (event.key === "End") return this.#done(event, this.actions.onEnd);
    const next = this.#next(event.key, row);
    if (next) this.#done(event, () => this.#move(next));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {() => void} act
   */
  #done(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** @param {HTMLElement} row */
  #move(row) {
    this.focus(row);
    row.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {string} key
   * @param {HTMLElement} row
   */
  #next(key, row) {
    const { order } = this.rows;
    const place = order.indexOf(row);
    if (key === "ArrowDown") return order[place + 1];
    if (key === "ArrowUp") return order[place - 1];
    const screen = { PageDown: 1, PageUp: -1 }[key];
    if (screen === undefined) return undefined;
    const goal = row.offsetTop + screen * this.scroller.clientHeight;
    const inReach = screen > 0 ? order.slice(place + 1).filter((one) => one.offsetTop <= goal) : order.slice(0, place).filter((one) => one.offsetTop >= goal);
    return (screen > 0 ? inReach.at(-1) : inReach[0]) ?? order[place + screen];
  }
}

/** @param {EventTarget | null} target */
const rowOf = (target) => (target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest("[data-id]")) : null);

/**
 * Let Tab reach `row` and what is in it, or none of it.
 *
 * @param {HTMLElement} row
 * @param {0 | -1} tabIndex
 */
function reach(row, tabIndex) {
  row.tabIndex = tabIndex;
  for (const inner of row.querySelectorAll(INNER)) if (inner instanceof HTMLElement && !inner.closest("[role=menu]")) inner.tabIndex = tabIndex;
}

/**
 * Take what is in a new row out of the way of Tab.
 *
 * @param {HTMLElement} row
 */
export const unreach = (row) => reach(row, -1);
