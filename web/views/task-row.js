// @ts-check
/** One task in a line or three: what is to be done, how it stands, and what its reader can do about it. */

import { duration, fullTime } from "../clock.js";
import { element, write } from "../dom.js";
import { shownName } from "../fold.js";

/** @import { Room } from "../shapes.js" */
/** @import { Task } from "../task-fold.js" */
/** @import { Actions } from "./task-list.js" */

/** @type {Record<string, string>} */
const GONE = { left: "left", removed: "was removed", silent: "fell silent" };

export class TaskRow {
  #state = element("p", { class: "task-state" });
  #lapsed = element("p", { class: "task-lapsed" });
  #due = element("p", { class: "task-due" });

  /**
   * @param {number} id
   * @param {Actions} actions
   */
  constructor(id, actions) {
    const button = (/** @type {string} */ label, /** @type {(id: number) => void} */ onClick, look = "") =>
      element("button", { type: "button", class: look, "aria-describedby": `task-${id}`, click: () => onClick(id) }, label);
    this.title = element("button", { type: "button", class: "task-title", id: `task-${id}`, click: () => actions.onOpen(id) });
    this.claim = button("Claim", actions.onClaim);
    this.release = button("Release", actions.onRelease);
    this.complete = button("Complete…", actions.onComplete, "main");
    const choices = element("div", { class: "task-choices" }, this.claim, this.complete, this.release);
    this.node = element("li", { class: "task", "data-id": id }, this.title, this.#state, this.#lapsed, this.#due, choices);
  }

  /**
   * @param {Task} task
   * @param {{room: Room, blocked: readonly number[], mayWrite: boolean, mayClaim: boolean}} around
   */
  show(task, { room, blocked, mayWrite, mayClaim }) {
    const isMine = task.holder === room.me;
    this.node.dataset.status = blocked.length > 0 ? "blocked" : task.status;
    write(this.title, `#${task.id} ${task.title}`);
    tell(this.#state, stateOf(task, blocked, room));
    tell(this.#lapsed, task.lapsed ? `Free again: ${shownName(room, task.lapsed.holder)} ${GONE[task.lapsed.reason] ?? "is gone"}` : "");
    tell(this.#due, task.finished_at === null && task.due !== null ? dueOf(task.due) : "");
    this.#due.dataset.state = task.due !== null && Date.parse(task.due) < Date.now() ? "over" : "to-come";
    this.#due.title = task.due === null ? "" : fullTime(task.due);
    this.claim.hidden = !(mayWrite && mayClaim);
    this.complete.hidden = !(mayWrite && isMine);
    this.release.hidden = !(mayWrite && (isMine || (room.isHost && task.holder !== null)));
    write(this.release, isMine ? "Release" : "Take back");
  }
}

/**
 * @param {Task} task
 * @param {readonly number[]} blocked
 * @param {Room} room
 */
export function stateOf(task, blocked, room) {
  const meant = task.assignee === null ? "" : `, for ${shownName(room, task.assignee)}`;
  if (task.status === "claimed") return `claimed by ${shownName(room, task.holder ?? "")}`;
  if (task.finished_by !== null) return `${task.status} by ${shownName(room, task.finished_by)}`;
  return blocked.length > 0 ? `waits for ${blocked.map((id) => `#${id}`).join(", ")}${meant}` : `open${meant}`;
}

/** @param {string} due */
function dueOf(due) {
  const left = Date.parse(due) - Date.now();
  return left < 0 ? `was due ${duration(-left)} ago` : `due in ${duration(left)}`;
}

/**
 * @param {HTMLElement} node
 * @param {string} text nothing is nothing to see
 */
function tell(node, text) {
  write(node, text);
  node.hidden = text === "";
}
