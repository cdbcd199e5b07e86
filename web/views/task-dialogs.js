// @ts-check
/** What is asked of a task: a new one, what of it is another, who may take it, what came of it, why it is cancelled. */

import { element } from "../dom.js";
import { shownName } from "../fold.js";
import { formDialog } from "./form-dialog.js";
import { assigneeField, longField, taskFields } from "./task-fields.js";

/** @import { Room } from "../shapes.js" */
/** @import { Task } from "../task-fold.js" */
/** @import { WholeTask } from "./whole-task.js" */

/** @typedef {{title: string, description: string, depends_on: readonly number[], due: string | null, assignee: string | null}} NewTask */

/**
 * Whether a task was added.
 *
 * @param {{room: Room, onAdd: (task: NewTask) => Promise<unknown>}} asked
 */
export function askNewTask({ room, onAdd }) {
  const fields = taskFields();
  const whom = assigneeField(room, null);
  const onDo = () => onAdd({ ...fields.written(), assignee: whom.chosen() });
  return formDialog({ title: "Add a task", action: "Add", onDo }, ...fields.nodes, whom.node);
}

/**
 * Whether anything of the task is another now.
 *
 * @param {{task: WholeTask, onEdit: (changes: object) => Promise<unknown>}} asked `onEdit` is handed what was changed
 */
export async function askEdit({ task, onEdit }) {
  const fields = taskFields(task);
  let isOther = false;
  const onDo = async () => {
    const changes = fields.changed();
    isOther = Object.keys(changes).length > 0;
    if (isOther) await onEdit(changes);
  };
  return (await formDialog({ title: `Edit #${task.id}`, action: "Save", onDo }, ...fields.nodes)) && isOther;
}

/**
 * Whether the task was given to whoever was chosen.
 *
 * @param {{task: Task, room: Room, onAssign: (assignee: string | null) => Promise<unknown>}} asked
 */
export function askAssignee({ task, room, onAssign }) {
  const whom = assigneeField(room, task.assignee);
  const warning = task.holder !== null && element("p", {}, `${shownName(room, task.holder)} is at it. Meant for somebody else, it is theirs no longer.`);
  return formDialog({ title: `Who takes #${task.id}?`, action: "Reassign", onDo: () => onAssign(whom.chosen()) }, element("p", {}, task.title), whom.node, warning);
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
 * Whether the task was cancelled.
 *
 * @param {{task: Task, onCancel: (reason: string) => Promise<unknown>}} asked
 */
export function askWhyNot({ task, onCancel }) {
  const why = longField("Why", { id: "task-why" });
  const warning = element("p", {}, "It cannot be taken up again. What depends on it stays blocked until that is edited.");
  return formDialog(
    { title: `Cancel #${task.id}?`, action: "Cancel the task", cancel: "Keep it", isFinal: true, onDo: () => onCancel(why.input.value) },
    warning,
    why.node,
  );
}
