// @ts-check
/** Asks for role labels: what somebody does here, so that others can write to whoever does it. */

import { element } from "../../dom.js";
import { formDialog } from "../form-dialog.js";
import { lineField } from "./fields.js";

/**
 * A line of labels.
 *
 * @param {string} label
 * @param {{id: string} & Record<string, any>} about the rest are attributes of the input
 */
export function labelsField(label, about) {
  const hint = "As in reviewer docs: lowercase letters, digits and hyphens. They permit nothing; others write to role:reviewer.";
  const line = lineField(label, { hint, autocapitalize: "none", ...about });
  return { ...line, chosen: () => line.input.value.split(/[\s,]+/).filter(Boolean) };
}

/**
 * Whether labels were given.
 *
 * @param {{name: string, labels: readonly string[], onSet: (labels: readonly string[]) => Promise<unknown>}} asked
 */
export function askLabels({ name, labels, onSet }) {
  const field = labelsField("Labels", { id: "seat-labels", autofocus: true });
  field.input.value = labels.join(" ");
  const aside = element("p", { class: "aside" }, "These are all that they have from now on. Everybody is told.");
  return formDialog({ title: `What does ${name} do here?`, action: "Set labels", onDo: () => onSet(field.chosen()) }, field.node, aside);
}
