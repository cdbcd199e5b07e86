// @ts-check
/** All that is known of one task, and what its reader may change of it. */

import { fullTime } from "../clock.js";
import { element } from "../dom.js";
import { shownName } from "../fold.js";
import { Dialog } from "./dialog.js";
import { prose } from "./prose.js";
import { stateOf } from "./task-row.js";

/** @import { Room } from "../shapes.js" */
/** @import { Task } from "../task-fold.js" */

/** @typedef {Task & {description: string, result: string}} WholeTask */
/** @typedef {"edit" | "reassign" | "cancel"} Step */

/** @type {Record<Step, string>} */
const LABELS = { edit: "Edit…", reassign: "Reassign…", cancel: "Cancel this task…" };

/**
 * Show it; the step of `steps` that was chosen, if one was.
 *
 * @param {{task: WholeTask, blocked: readonly number[], room: Room, steps: readonly Step[]}} of
 */
export async function showTask({ task, blocked, room, steps }) {
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
  const buttons = steps.map((step) =>
    element("button", { type: "button", class: step === "cancel" ? "danger" : null, click: () => dialog.close(step) }, LABELS[step]),
  );
  const choices = buttons.length > 0 && element("div", { class: "choices" }, ...buttons);
  const dialog = new Dialog({ title: `#${task.id} ${task.title}` }, facts, task.description && text(task.description), result, choices);
  const chosen = await dialog.open();
  return steps.find((step) => step === chosen);
}
