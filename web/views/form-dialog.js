// @ts-check
/** A dialog that does something: it stays until that is done, and says inside what was refused. */

import { element, fill } from "../dom.js";
import { sentence } from "../sentence.js";
import { Dialog } from "./dialog.js";

/** @import { Child } from "../dom.js" */

const DONE = "done";

/**
 * Whether it was done. Pressing the button calls `onDo`; what that raises is said in the dialog, which stays.
 *
 * @param {{title: string, kind?: string, action: string, cancel?: string, isFinal?: boolean, onDo: () => unknown}} asked
 *   `isFinal`: it cannot be undone, so the focus begins where nothing happens
 * @param {...Child} content the fields, or what will happen
 * @returns {Promise<boolean>}
 */
export async function formDialog({ title, kind, action, cancel = "Cancel", isFinal = false, onDo }, ...content) {
  const refusal = element("p", { class: "wrong", role: "alert" });
  const go = element("button", { class: isFinal ? "danger main" : "main" }, action);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    fill(refusal);
    try {
      await onDo();
      dialog.close(DONE);
    } catch (error) {
      fill(refusal, sentence(/** @type {Error} */ (error).message));
    }
    go.disabled = false;
  };
  const leave = element("button", { type: "button", autofocus: isFinal, click: () => dialog.close() }, cancel);
  const form = element("form", { submit, novalidate: true }, ...content, refusal, element("div", { class: "choices" }, leave, go));
  const dialog = new Dialog({ title, kind, isAlert: isFinal }, form);
  return (await dialog.open()) === DONE;
}
