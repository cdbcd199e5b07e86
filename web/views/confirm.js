// @ts-check
/** Asks before what cannot be undone. */

import { element } from "../dom.js";

/**
 * Whether the person agrees. The focus goes back to where it was.
 *
 * @param {{title: string, text: string, action: string}} asked
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, action }) {
  const dialog = element(
    "dialog",
    { class: "confirm", "aria-labelledby": "confirm-title" },
    element("h2", { id: "confirm-title" }, title),
    element("p", {}, text),
    element(
      "div",
      { class: "choices" },
      element("button", { type: "button", click: () => dialog.close() }, "Keep it open"),
      element("button", { type: "button", class: "danger", click: () => dialog.close("yes") }, action),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
