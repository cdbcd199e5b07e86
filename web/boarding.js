// @ts-check
/** The boards that a room has, each a tab of one panel. A new one is a line in BOARDS and a class like TaskBoard. */

import { ContractBoard } from "./contract-board.js";
import { LeaseBoard } from "./lease-board.js";
import { TaskBoard } from "./task-board.js";
import { BoardsPanel } from "./views/boards-panel.js";

/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */

/**
 * @typedef {object} Board One kind of thing that the room keeps, live by the same records as everything else.
 * @property {string} name one word, for the ids of its nodes
 * @property {string} title
 * @property {HTMLElement} node
 * @property {() => Promise<unknown>} learn ask the room what is on it; raises what the room answers. Called before it is first shown
 * @property {(records: readonly Message[]) => void} heard also while it learns
 * @property {() => void} show draw what is known, now that the room is known differently
 *
 * @typedef {{tell: (text: string) => void}} Page `tell`: say in a line that something was done
 */

/** @type {readonly ((session: Session, page: Page) => Board)[]} */
const BOARDS = [
  (session, page) => new TaskBoard(session, page),
  (session, page) => new ContractBoard(session, page),
  (session, page) => new LeaseBoard(session, page),
];

export class Boarding {
  /** @type {Set<Board>} */
  #known = new Set();
  /** @type {Map<Board, Promise<unknown>>} those that the room is asked for, until it answers */
  #coming = new Map();

  /**
   * @param {Session} session
   * @param {Page} page
   */
  constructor(session, page) {
    this.boards = BOARDS.map((make) => make(session, page));
    this.view = new BoardsPanel(this.boards, { onChosen: (board) => void this.#learn(board) });
  }

  /** @param {{areHidden: boolean}} now */
  toggle({ areHidden }) {
    if (this.view.isOpen && !areHidden) this.view.close();
    else this.view.open();
  }

  /** @param {readonly Message[]} records */
  heard(records) {
    for (const board of this.boards) board.heard(records);
  }

  show() {
    if (this.view.isOpen) for (const board of this.#known) board.show();
  }

  /** @param {Board} board */
  async #learn(board) {
    if (!this.#known.has(board)) {
      this.view.wait(board);
      try {
        await this.#answer(board);
      } catch (error) {
        return this.view.fail(board, /** @type {Error} */ (error).message);
      }
      this.#known.add(board);
    }
    board.show();
    this.view.ready(board);
  }

  /** What the room says of `board`: asked for once, however often its tab is chosen meanwhile. @param {Board} board */
  #answer(board) {
    const coming = this.#coming.get(board) ?? board.learn().finally(() => this.#coming.delete(board));
    this.#coming.set(board, coming);
    return coming;
  }
}
