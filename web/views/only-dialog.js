// @ts-check
/** Asks whose messages are to be shown. */

import { distinctName } from "../names.js";
import { formDialog } from "./form-dialog.js";
import { choiceField } from "./host/fields.js";

/** @import { Room } from "../shapes.js" */

/**
 * @param {Room} room
 * @param {{shown: string | null, onChoose: (alias: string) => Promise<void>}} asked `shown`: whose are shown already
 */
export function askOnly(room, { shown, onChoose }) {
  const options = [...room.roster.values()].map(({ alias, removed_at }) => ({
    value: alias,
    label: distinctName(room, alias),
    about: removed_at ? "removed" : alias === room.me ? "you" : "",
  }));
  const choice = choiceField("Whose messages", { name: "filter-only", value: shown ?? options[0]?.value ?? room.me, options });
  return formDialog({ title: "One participant", action: "Show", onDo: () => onChoose(choice.chosen()) }, choice.node);
}
