// @ts-check
/** Asks whom the host invites, as what, and for how long. */

import { element } from "../../dom.js";
import { formDialog } from "../form-dialog.js";
import { choiceField, lengthField, lineField } from "./fields.js";
import { labelsField } from "./labels.js";

/** @typedef {{alias: string, kind: string, role: string, labels?: string[], requested_mode?: string, ttl?: string, rotate?: boolean}} Asked */

/** How the host wishes that an agent is reached; what it then declares may be less. */
const MODES = [
  { value: "", label: "as it can be" },
  { value: "foreground_attended", label: "it listens all the time" },
  { value: "wake_on_event", label: "what concerns it wakes it" },
  { value: "heartbeat", label: "it looks now and then" },
  { value: "manual", label: "a person prompts it" },
];

/**
 * Whether somebody was invited.
 *
 * @param {{onInvite: (asked: Asked) => Promise<unknown>}} actions
 */
export function askInvitation({ onInvite }) {
  const alias = lineField("Alias", {
    id: "invite-alias",
    hint: "How others call them: lowercase letters, digits and hyphens.",
    autofocus: true,
    autocapitalize: "none",
    maxlength: 64,
  });
  const kind = choiceField("Who comes", {
    name: "invite-kind",
    value: "human",
    options: [
      { value: "human", label: "A person", about: "opens a link in a browser" },
      { value: "agent", label: "An agent", about: "fetches its card by a command" },
    ],
  });
  const role = choiceField("What they may do", {
    name: "invite-role",
    value: "guest",
    options: [
      { value: "guest", label: "Read and write" },
      { value: "observer", label: "Read only" },
    ],
  });
  const ttl = lengthField("The link works for", {
    id: "invite-ttl",
    value: "",
    options: [
      { value: "", label: "as long as the room" },
      { value: "1h", label: "1 hour" },
      { value: "24h", label: "1 day" },
      { value: "7d", label: "7 days" },
    ],
  });
  const labels = labelsField("What they do", { id: "invite-labels" });
  const wished = element("select", { id: "invite-mode" }, ...MODES.map(({ value, label }) => element("option", { value }, label)));
  const mode = element("div", { class: "field", hidden: true }, element("label", { for: "invite-mode" }, "How you wish it is reached"), wished);
  kind.node.addEventListener("change", () => (mode.hidden = kind.chosen() !== "agent"));
  const rotate = element("input", { type: "checkbox", id: "invite-rotate" });
  const again = element("label", { class: "choice", hidden: true }, rotate, element("span", {}, "Give this seat a new link. An old one stops working at once."));
  alias.input.addEventListener("input", () => {
    again.hidden = true;
    rotate.checked = false;
  });
  const invite = async () => {
    const length = ttl.chosen();
    const does = labels.chosen();
    const asked = {
      alias: alias.input.value.trim(),
      kind: kind.chosen(),
      role: role.chosen(),
      ...(does.length > 0 && { labels: does }),
      ...(!mode.hidden && wished.value && { requested_mode: wished.value }),
      ...(length && { ttl: length }),
      rotate: rotate.checked,
    };
    await onInvite(asked).catch((error) => {
      if (error.code === "alias_taken") again.hidden = false;
      throw error;
    });
  };
  return formDialog({ title: "Invite somebody", action: "Invite", onDo: invite }, alias.node, kind.node, mode, role.node, labels.node, ttl.node, again);
}
