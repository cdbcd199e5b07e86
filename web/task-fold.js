// @ts-check
/** The task board as a fold over the room's records, as the room's own (room/tasks/board.py). Pure. */

/** @import { Message, RoomEvent } from "./shapes.js" */

/**
 * @typedef {object} Task As GET /tasks tells it.
 * @property {number} id
 * @property {string} title
 * @property {"open" | "claimed" | "completed" | "cancelled"} status
 * @property {readonly number[]} depends_on
 * @property {string | null} assignee
 * @property {string | null} holder
 * @property {string | null} claimed_at
 * @property {string | null} due
 * @property {string} added_by
 * @property {string} added_at
 * @property {string | null} finished_by
 * @property {string | null} finished_at
 * @property {{holder: string, reason: string, at: string} | null} lapsed
 *
 * @typedef {object} TaskBoard Replaced, never changed.
 * @property {number} lastId of the newest record that it knows of
 * @property {ReadonlyMap<number, Task>} tasks by id
 */

const FREE = { status: /** @type {const} */ ("open"), holder: null, claimed_at: null };

/**
 * The board as the room told it.
 *
 * @param {readonly Task[]} tasks
 * @param {number} lastId the newest record that they know of
 * @returns {TaskBoard}
 */
export const opened = (tasks, lastId) => ({ lastId, tasks: new Map(tasks.map((task) => [task.id, task])) });

/**
 * `board` once `record` was heard. One that was heard before changes nothing.
 *
 * @param {TaskBoard} board
 * @param {Message} record
 * @returns {TaskBoard}
 */
export function heard(board, record) {
  if (record.id <= board.lastId) return board;
  const next = { ...board, lastId: record.id };
  const task = record.event?.kind.startsWith("task.") ? changed(board, record.event, record.ts) : null;
  return task ? { ...next, tasks: new Map([...board.tasks, [task.id, task]]) } : next;
}

/**
 * Those of a task's dependencies that are not completed. A cancelled one never will be.
 *
 * @param {TaskBoard} board
 * @param {Task} task
 */
export const blockedBy = ({ tasks }, task) => (isFinished(task) ? [] : task.depends_on.filter((id) => tasks.get(id)?.status !== "completed"));

/** @param {Task} task */
export const isFinished = ({ status }) => status === "completed" || status === "cancelled";

/**
 * The task that `event` changed, null when it changed none.
 *
 * @param {TaskBoard} board
 * @param {RoomEvent} event
 * @param {string} at when
 * @returns {Task | null}
 */
function changed(board, event, at) {
  const known = board.tasks.get(event.task);
  if (event.kind === "task.added") return known ? null : added(event, at);
  if (!known || isFinished(known)) return null;
  switch (event.kind) {
    case "task.claimed":
      return { ...known, status: "claimed", holder: event.by, claimed_at: at, lapsed: null };
    case "task.released":
      return { ...known, ...FREE };
    case "task.lapsed":
      return { ...known, ...FREE, lapsed: { holder: event.holder, reason: event.reason, at } };
    case "task.reassigned": {
      const isTakenAway = event.assignee !== null && known.holder !== null && known.holder !== event.assignee;
      return { ...known, assignee: event.assignee, ...(isTakenAway ? FREE : {}) };
    }
    case "task.edited":
      return { ...known, title: event.title, depends_on: event.depends_on, due: event.due };
    case "task.completed":
    case "task.cancelled": {
      const status = event.kind === "task.completed" ? "completed" : "cancelled";
      return { ...known, ...FREE, status, finished_by: event.by, finished_at: at, lapsed: null };
    }
    default:
      return null; // comes with a later version
  }
}

/**
 * @param {RoomEvent} event
 * @param {string} at
 * @returns {Task}
 */
const added = ({ task, title, depends_on, assignee, due, by }, at) => ({
  id: task,
  title,
  status: "open",
  depends_on,
  assignee,
  holder: null,
  claimed_at: null,
  due,
  added_by: by,
  added_at: at,
  finished_by: null,
  finished_at: null,
  lapsed: null,
});
