// @ts-check
/** What is asked and told of a task: a new one, what came of one, and all of one. */

import { fullTime } from "../clock.js";
import { element } from "../dom.js";
import { shownName } from "../fold.js";
import { Dialog } from "./dialog.js";
import { formDialog } from "./form-dialog.js";
import { lineField } from "./host/fields.js";
import { prose } from "./prose.js";
import { stateOf } from "./task-row.js";

/** @import { Room } from "../shapes.js" */
/** @import { Task } from "../task-fold.js" */

const TITLE_MAX = 200;
const TEXT_MAX = 4_000;

/** @typedef {{title: string, description: string, depends_on: readonly number[], assignee: string | null}} NewTask */
/** @typedef {Task & {description: string, result: string}} WholeTask */

/**
 * Whether a task was added.
 *
 * @param {{room: Room, onAdd: (task: NewTask) => Promise<unknown>}} asked
 */
export function askNewTask({ room, onAdd }) {
  const title = lineField("What is to be done", { id: "task-title", maxlength: TITLE_MAX, autofocus: true });
  const about = longField("The rest of it", { id: "task-about" });
  const after = lineField("After", { id: "task-after", inputmode: "numeric", hint: "The numbers of tasks that have to be completed first: 1, 2.", placeholder: "none" });
  const seats = [...room.roster.values()].filter((seat) => !seat.removed_at && seat.role !== "observer");
  const whom = element(
    "select",
    { id: "task-for" },
    element("option", { value: "" }, "everybody"),
    ...seats.map(({ alias }) => element("option", { value: alias }, shownName(room, alias))),
  );
  const meant = element("div", { class: "field" }, element("label", { for: "task-for" }, "Who may take it"), whom);
  const onDo = () =>
    onAdd({
      title: title.input.value,
      description: about.input.value,
      depends_on: numbersIn(after.input.value),
      assignee: whom.value || null,
    });
  return formDialog({ title: "Add a task", action: "Add", onDo }, title.node, about.node, after.node, meant);
}

/**
 * Whether the task was completed.
 *
 * @param {{task: Task, onComplete: (result: string) => Promise<unknown>}} asked
 */
export function askResult({ task, onComplete }) {
  const result = longField("What came of it", { id: "task-result", autofocus: true });
  const title = `Complete #${task.id}`;
  return formDialog({ title, action: "Complete", onDo: () => onComplete(result.input.value) }, element("p", {}, task.title), result.node);
}

/**
 * Show all of a task; whether it was cancelled there.
 *
 * @param {{task: WholeTask, blocked: readonly number[], room: Room, onCancel: ((reason: string) => Promise<unknown>) | null}} of
 */
export async function showTask({ task, blocked, room, onCancel }) {
  const names = new Set(room.roster.keys());
  const text = (/** @type {string} */ body) => prose(body, { names, me: room.me });
  const facts = element("dl", { class: "facts" });
  for (const [name, value] of [
    ["State", stateOf(task, blocked, room)],
    ["After", task.depends_on.map((id) => `#${id}`).join(", ")],
    ["Due", task.due && fullTime(task.due)],
    ["Added", `by ${shownName(room, task.added_by)}, ${fullTime(task.added_at)}`],
    ["Claimed", task.claimed_at && fullTime(task.claimed_at)],
    ["Finished", task.finished_at && fullTime(task.finished_at)],
  ])
    if (name && value) facts.append(element("dt", {}, name), element("dd", {}, value));
  const result = task.result && element("div", {}, element("h3", {}, task.status === "cancelled" ? "Why" : "Result"), text(task.result));
  const cancel =
    onCancel && task.finished_at === null
      ? element("div", { class: "choices" }, element("button", { type: "button", class: "danger", click: () => dialog.close("cancel") }, "Cancel this task…"))
      : null;
  const dialog = new Dialog({ title: `#${task.id} ${task.title}` }, facts, task.description && text(task.description), result, cancel);
  if ((await dialog.open()) !== "cancel" || !onCancel) return false;
  const why = longField("Why", { id: "task-why" });
  const warning = element("p", {}, "It cannot be taken up again. What depends on it stays blocked until that is edited.");
  return formDialog(
    { title: `Cancel #${task.id}?`, action: "Cancel the task", cancel: "Keep it", isFinal: true, onDo: () => onCancel(why.input.value) },
    warning,
    why.node,
  );
}

/**
 * Several lines of text.
 *
 * @param {string} label
 * @param {{id: string} & Record<string, any>} about the rest are attributes of the field
 */
function longField(label, { id, ...attributes }) {
  const input = element("textarea", { id, rows: 4, maxlength: TEXT_MAX, ...attributes });
  return { input, node: element("div", { class: "field" }, element("label", { for: id }, label), input) };
}

/** @param {string} text */
const numbersIn = (text) => [...text.matchAll(/\d+/g)].map(([number]) => Number(number));
