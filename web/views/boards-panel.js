// @ts-check
/** The panel of the boards: a tab for each, arrows move between them. Beside the room, or over it where that is narrow. */

import { element, fill } from "../dom.js";
import { sentence } from "../sentence.js";

/** @import { Board } from "../boarding.js" */

const OVER_THE_ROOM = matchMedia("(max-width: 820px)"); // as boards.css

export class BoardsPanel {
  /** @type {Element | null} */
  #opener = null;
  #at = 0;
  #status = element("p", { class: "status", role: "status" });
  #wrong = element("p", { class: "wrong", role: "alert" });

  /**
   * @param {readonly Board[]} boards
   * @param {{onChosen: (board: Board) => void}} actions
   */
  constructor(boards, { onChosen }) {
    this.boards = boards;
    this.onChosen = onChosen;
    this.tabs = boards.map(({ name, title }, at) =>
      element("button", { type: "button", role: "tab", id: `board-tab-${name}`, "aria-controls": `board-${name}`, click: () => this.#choose(at) }, title),
    );
    this.places = boards.map(({ name, node }) =>
      element("div", { role: "tabpanel", id: `board-${name}`, "aria-labelledby": `board-tab-${name}`, class: "board", hidden: true }, node),
    );
    const away = element("button", { type: "button", class: "quiet away-button", "aria-label": "Close", click: () => this.close() }, "✕");
    this.again = element("button", { type: "button", class: "quiet", hidden: true, click: () => this.#tryAgain() }, "Try again");
    const tablist = element(
      "div",
      { role: "tablist", "aria-label": "Boards", keydown: (/** @type {KeyboardEvent} */ event) => this.#pressedTab(event) },
      ...this.tabs,
    );
    this.node = element(
      "section",
      {
        class: "boards",
        "aria-label": "Boards",
        hidden: true,
        keydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
        focusout: (/** @type {FocusEvent} */ event) => this.#lostFocus(event),
      },
      element("div", { class: "boards-head" }, tablist, away),
      this.#status,
      element("div", { class: "trouble" }, this.#wrong, this.again),
      ...this.places,
    );
  }

  get isOpen() {
    return !this.node.hidden;
  }

  open() {
    this.#opener = document.activeElement;
    this.node.hidden = false;
    this.#choose(this.#at);
    this.tabs[this.#at]?.focus();
  }

  /** The focus goes back to where it was. */
  close() {
    if (!this.isOpen) return;
    this.node.hidden = true;
    if (this.#opener instanceof HTMLElement && this.#opener.isConnected) this.#opener.focus();
  }

  /** @param {Board} board that is asked for */
  wait(board) {
    if (this.boards[this.#at] === board) this.#tell("Loading…", "");
  }

  /** @param {Board} board */
  ready(board) {
    if (this.boards[this.#at] !== board) return;
    this.#tell("", "");
    this.places.forEach((place, at) => (place.hidden = at !== this.#at));
  }

  /**
   * @param {Board} board
   * @param {string} reason
   */
  fail(board, reason) {
    if (this.boards[this.#at] === board) this.#tell("", `${board.title} could not be loaded. ${sentence(reason)}`);
  }

  /**
   * @param {string} status
   * @param {string} wrong
   */
  #tell(status, wrong) {
    fill(this.#status, status);
    fill(this.#wrong, wrong);
    this.again.hidden = wrong === "";
  }

  /** The button goes, and leaves the focus to its tab. */
  #tryAgain() {
    this.tabs[this.#at]?.focus();
    this.#choose(this.#at);
  }

  /** @param {number} chosen */
  #choose(chosen) {
    this.#at = chosen;
    this.tabs.forEach((tab, at) => {
      tab.setAttribute("aria-selected", String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
    });
    for (const place of this.places) place.hidden = true;
    const board = this.boards[chosen];
    if (board) this.onChosen(board);
  }

  /** @param {KeyboardEvent} event */
  #pressedTab(event) {
    const count = this.tabs.length;
    const next = { ArrowRight: this.#at + 1, ArrowLeft: this.#at - 1 + count, Home: 0, End: count - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.#choose(next % count);
    this.tabs[this.#at]?.focus();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    this.close();
  }

  /** Over the room nothing that it covers has the focus. @param {FocusEvent} event */
  #lostFocus({ relatedTarget }) {
    const isElsewhere = relatedTarget instanceof Element && !this.node.contains(relatedTarget) && !relatedTarget.closest("dialog");
    if (OVER_THE_ROOM.matches && isElsewhere) this.node.hidden = true;
  }
}
