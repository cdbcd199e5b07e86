// @ts-check
/** Asks what the host expects of attendance. */

import { element } from "../../dom.js";
import { POLICIES } from "../../policies.js";
import { formDialog } from "../form-dialog.js";
import { choiceField } from "./fields.js";

/**
 * Whether a policy was set.
 *
 * @param {{policy: string, onSet: (policy: string) => Promise<unknown>}} asked `policy`: that which holds
 */
export function askPolicy({ policy, onSet }) {
  const choice = choiceField("What you expect of everybody here", { name: "policy", value: policy, options: POLICIES });
  const aside = element("p", { class: "aside" }, "Everybody is told. It is on each agent's card, and the roster shows who is expected and not there; it blocks nothing.");
  return formDialog({ title: "Attendance", action: "Set policy", onDo: () => onSet(choice.chosen()) }, choice.node, aside);
}
