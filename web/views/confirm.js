// @ts-check
/** Asks before what cannot be undone. */

import { element } from "../dom.js";
import { formDialog } from "./form-dialog.js";

/**
 * Whether the person agreed and, if `onYes` does something, whether that was done: what was refused is said in the dialog.
 *
 * @param {{title: string, text: string, action: string, cancel?: string, onYes?: () => unknown}} asked
 * @returns {Promise<boolean>}
 */
export const confirm = ({ title, text, action, cancel, onYes = () => {} }) =>
  formDialog({ title, kind: "confirm", action, cancel, isFinal: true, onDo: onYes }, element("p", {}, text));
