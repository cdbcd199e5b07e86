// @ts-check
/** The host's dialogs, all at once: they come when the first of them is opened, since most who come host nothing. */

export { confirm } from "../confirm.js";
export { BriefEditor } from "./brief-editor.js";
export { askExtension } from "./extending.js";
export { handOver } from "./handing.js";
export { askInvitation } from "./inviting.js";
export { askLabels } from "./labels.js";
export { askPolicy } from "./policy.js";
