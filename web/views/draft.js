// @ts-check
/** The row of a message that is still on its way, with what becomes of it. */

import { element } from "../dom.js";
import { prose } from "./prose.js";

/** @import { Draft } from "../shapes.js" */

/**
 * @param {Draft} draft
 * @param {{onRetry: (id: string) => void, onDiscard: (id: string) => void}} actions
 */
export function draftRow(draft, { onRetry, onDiscard }) {
  const told = { pending: "Sending…", waiting: "Waiting for the room. It goes out by itself.", sent: "Sent", failed: "Not sent. " }[draft.state];
  const isStuck = draft.state === "failed" || draft.state === "waiting";
  return element(
    "li",
    { class: "message draft", "data-own": true, "data-state": draft.state },
    element("span", { class: "face", "aria-hidden": "true" }, "…"),
    element(
      "div",
      { class: "said" },
      prose(draft.text, { names: new Set(), me: "" }),
      element(
        "p",
        { class: "fate", role: draft.state === "failed" ? "alert" : null },
        `${told}${draft.state === "failed" ? (draft.reason ?? "") : ""}`,
        isStuck && element("button", { type: "button", class: "quiet", click: () => onRetry(draft.id) }, "Retry"),
        draft.state === "failed" && element("button", { type: "button", class: "quiet", click: () => onDiscard(draft.id) }, "Discard"),
      ),
    ),
  );
}
