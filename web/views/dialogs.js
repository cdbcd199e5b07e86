// @ts-check
/** The dialogs that anybody may open, all at once. */

export { exportRoom } from "../exporting.js";
export { aboutRoom } from "./about-room.js";
export { confirm } from "./confirm.js";
export { deliveryDialog } from "./delivery-dialog.js";
export { keysDialog } from "./keys.js";
export { linkDialog } from "./link-dialog.js";
export { askOnly } from "./only-dialog.js";
export { Participant } from "./participant.js";
export { readersDialog } from "./readers-dialog.js";
