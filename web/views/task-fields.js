// @ts-check
/** What a task is made of, as a person fills it in. */

import { element } from "../dom.js";
import { shownName } from "../fold.js";
import { lineField } from "./host/fields.js";

/** @import { Room } from "../shapes.js" */
/** @import { WholeTask } from "./whole-task.js" */

/**
 * The fields of a new task, or of `task` as it is.
 *
 * @param {WholeTask} [task]
 */
export function taskFields(task) {
  const title = lineField("What is to be done", { id: "task-title", autofocus: true });
  const about = longField("The rest of it", { id: "task-about" });
  const after = lineField("After", { id: "task-after", inputmode: "numeric", hint: "The numbers of tasks that have to be completed first: 1, 2.", placeholder: "none" });
  const due = lineField("Due", { id: "task-due", type: "datetime-local" });
  title.input.value = task?.title ?? "";
  about.input.value = task?.description ?? "";
  after.input.value = task?.depends_on.join(", ") ?? "";
  due.input.value = task?.due ? localMinute(task.due) : "";
  const inputs = { title: title.input, description: about.input, depends_on: after.input, due: due.input };
  const before = texts(inputs);
  const written = () => ({
    title: inputs.title.value,
    description: inputs.description.value,
    depends_on: [...inputs.depends_on.value.matchAll(/\d+/g)].map(([number]) => Number(number)),
    due: momentIn(inputs.due),
  });
  /** Of these only what is another than before: what somebody else changes meanwhile stays. */
  const changed = () => Object.fromEntries(Object.entries(written()).filter((_, place) => texts(inputs)[place] !== before[place]));
  return { nodes: [title.node, about.node, after.node, due.node], written, changed };
}

/**
 * Who alone may take a task: everybody, or one who may.
 *
 * @param {Room} room
 * @param {string | null} assignee
 */
export function assigneeField(room, assignee) {
  const seats = [...room.roster.values()].filter((seat) => !seat.removed_at && seat.role !== "observer");
  const whom = element(
    "select",
    { id: "task-for" },
    element("option", { value: "" }, "everybody"),
    ...seats.map(({ alias }) => element("option", { value: alias, selected: alias === assignee }, shownName(room, alias))),
  );
  const node = element("div", { class: "field" }, element("label", { for: "task-for" }, "Who may take it"), whom);
  return { node, chosen: () => whom.value || null };
}

/**
 * Several lines of text. How long it may be is the room's to say: a browser would cut off what is pasted, and say nothing.
 *
 * @param {string} label
 * @param {{id: string} & Record<string, any>} about the rest are attributes of the field
 */
export function longField(label, { id, ...attributes }) {
  const input = element("textarea", { id, rows: 4, ...attributes });
  return { input, node: element("div", { class: "field" }, element("label", { for: id }, label), input) };
}

/** @param {Record<string, {value: string}>} inputs */
const texts = (inputs) => Object.values(inputs).map(({ value }) => value);

/**
 * @param {HTMLInputElement} input
 * @returns {string | null} UTC
 */
function momentIn({ value, validity }) {
  if (validity.badInput) throw new Error("due is a day and a time, or empty");
  return value ? new Date(value).toISOString() : null;
}

/** @param {string} moment UTC; as a field for a moment of the reader's own day has it */
function localMinute(moment) {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
