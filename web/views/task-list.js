// @ts-check
/** The task board as a list: one's own first, what can be taken, what others are at, what waits, and what is done. */

import { arrange, element, write } from "../dom.js";
import { blockedBy, isFinished } from "../task-fold.js";
import { TaskRow } from "./task-row.js";

/** @import { Room } from "../shapes.js" */
/** @import { Task, TaskBoard } from "../task-fold.js" */

/**
 * @typedef {object} Actions
 * @property {() => void} onAdd
 * @property {(id: number) => void} onOpen
 * @property {(id: number) => void} onClaim
 * @property {(id: number) => void} onRelease
 * @property {(id: number) => void} onComplete
 */

/** @typedef {"mine" | "ready" | "claimed" | "waiting" | "done"} GroupName */

const DONE_SHOWN = 50; // of what is finished, the newest

export class TaskList {
  /** @type {Map<number, TaskRow>} */
  #rows = new Map();
  #empty = element("p", { class: "empty" }, "Nothing is to be done yet.");
  /** @type {Record<GroupName, Group>} */
  #groups = {
    mine: new Group("Yours"),
    ready: new Group("To be taken"),
    claimed: new Group("Others are at it"),
    waiting: new Group("Waiting"),
    done: new Group("Done", { isFolded: true }),
  };

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.add = element("button", { type: "button", class: "add", click: actions.onAdd }, "Add a task");
    this.node = element("div", { class: "tasks" }, this.add, this.#empty, ...Object.values(this.#groups).map(({ node }) => node));
  }

  /**
   * @param {TaskBoard} board
   * @param {Room} room
   * @param {{mayWrite: boolean}} reader
   */
  show(board, room, { mayWrite }) {
    this.add.hidden = !mayWrite;
    this.#empty.hidden = board.tasks.size > 0;
    /** @type {Record<GroupName, Task[]>} */
    const sorted = { mine: [], ready: [], claimed: [], waiting: [], done: [] };
    for (const task of board.tasks.values()) sorted[groupOf(board, task, room)].push(task);
    sorted.done.sort((one, other) => Date.parse(other.finished_at ?? "") - Date.parse(one.finished_at ?? ""));
    const kept = this.#rows;
    this.#rows = new Map();
    const focused = document.activeElement;
    for (const name of /** @type {GroupName[]} */ (Object.keys(sorted))) {
      const tasks = name === "done" ? sorted.done.slice(0, DONE_SHOWN) : sorted[name];
      const rows = tasks.map((task) => {
        const row = kept.get(task.id) ?? new TaskRow(task.id, this.actions);
        row.show(task, { room, blocked: blockedBy(board, task), mayWrite, mayClaim: name === "ready" });
        this.#rows.set(task.id, row);
        return row.node;
      });
      this.#groups[name].show(rows, sorted[name].length);
    }
    this.#refocus(focused);
  }

  /** What had the focus and moved or went has it again, or its row. @param {Element | null} focused */
  #refocus(focused) {
    if (!(focused instanceof HTMLElement) || focused === document.activeElement) return;
    const row = [...this.#rows.values()].find(({ node }) => node === focused.closest(".task") || node.contains(focused));
    if (row) (focused.isConnected && !focused.hidden ? focused : row.title).focus();
  }
}

/**
 * @param {TaskBoard} board
 * @param {Task} task
 * @param {Room} room
 * @returns {GroupName}
 */
function groupOf(board, task, room) {
  if (isFinished(task)) return "done";
  if (task.holder !== null) return task.holder === room.me ? "mine" : "claimed";
  if (blockedBy(board, task).length > 0) return "waiting";
  const isMeant = task.assignee === null || task.assignee === room.me || Boolean(room.roster.get(task.assignee)?.removed_at);
  return isMeant ? "ready" : "waiting";
}

/** Some of the tasks, with their number. */
class Group {
  #count = element("span", { class: "count" });
  #list = element("ul", { class: "task-rows", role: "list" });

  /**
   * @param {string} title
   * @param {{isFolded?: boolean}} [about]
   */
  constructor(title, { isFolded = false } = {}) {
    const head = element("h2", {}, `${title} `, this.#count);
    this.node = isFolded
      ? element("details", { class: "group" }, element("summary", {}, head), this.#list)
      : element("div", { class: "group" }, head, this.#list);
  }

  /**
   * @param {readonly Element[]} rows
   * @param {number} count how many there are, shown or not
   */
  show(rows, count) {
    this.node.hidden = count === 0;
    write(this.#count, count > rows.length ? `newest ${rows.length} of ${count}` : String(count));
    arrange(this.#list, rows);
  }
}
