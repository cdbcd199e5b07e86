// @ts-check
/** The rows of messages that are still on their way, with what becomes of each. */

import { second } from "../clock.js";
import { arrange, element } from "../dom.js";
import { prose } from "./prose.js";

/** @import { Draft } from "../shapes.js" */

/**
 * @typedef {object} Actions
 * @property {(id: string) => void} onRetry
 * @property {(id: string) => void} onEdit take it back into the composer
 * @property {(id: string) => void} onDiscard
 */

export class DraftRows {
  /** @type {Map<Draft, HTMLElement>} */
  #rows = new Map();
  node = element("ol", { class: "rows drafts" });

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
  }

  /** @param {readonly Draft[]} drafts each replaced, never changed: a row is built anew only when its draft is another */
  show(drafts) {
    const kept = this.#rows;
    this.#rows = new Map(drafts.map((draft) => [draft, kept.get(draft) ?? draftRow(draft, this.actions)]));
    arrange(this.node, [...this.#rows.values()]);
  }
}

/**
 * @param {Draft} draft
 * @param {Actions} actions
 */
function draftRow(draft, { onRetry, onEdit, onDiscard }) {
  const { id, state } = draft;
  const isFailed = state === "failed";
  const button = (/** @type {string} */ label, /** @type {(id: string) => void} */ onPress) =>
    element("button", { type: "button", class: "quiet", click: () => onPress(id) }, label);
  return element(
    "li",
    { class: "message draft", "data-own": true, "data-state": state },
    element("span", { class: "face", "aria-hidden": "true" }, "…"),
    element(
      "div",
      { class: "said" },
      prose(draft.text, { names: new Set(), me: "" }),
      draft.needReply && element("p", { class: "wants-answer" }, "wants an answer"),
      element(
        "p",
        { class: "fate", role: isFailed ? "alert" : null },
        fate(draft),
        (isFailed || state === "waiting") && button("Retry", onRetry),
        isFailed && button("Edit", onEdit),
        isFailed && button("Discard", onDiscard),
      ),
    ),
  );
}

/** @param {Draft} draft */
function fate({ state, reason, retryAt }) {
  switch (state) {
    case "pending":
      return "Sending…";
    case "waiting":
      if (retryAt === undefined) return "Waiting for the room. It goes out by itself.";
      return `The room takes no more from you for a moment. It goes out by itself at ${second(retryAt)}.`;
    case "sent":
      return "Sent";
    default:
      return `Not sent: ${reason ?? "the room refused it"}. `;
  }
}
