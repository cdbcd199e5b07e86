// @ts-check
/** Where one writes: Enter sends, Shift+Enter breaks the line, and an input method's Enter is its own. */

import { element, fill } from "../dom.js";
import { distinctName } from "../names.js";
import { calls, plain } from "../prose.js";

/** @import { Message, Room, Unsent } from "../shapes.js" */

const QUOTE_UNITS_MAX = 80;

/**
 * @typedef {object} Actions
 * @property {(text: string, about: {replyTo: number | null, type: string}) => string | null} onSend why it was not taken,
 *   null when it was
 * @property {(unsent: Unsent) => void} onDraft what stands here now, to be kept
 */

export class Composer {
  /** @type {Unsent["replyTo"]} */
  #replyTo = null;
  /** @type {Room | null} */
  #room = null;
  #reply = element("div", { class: "replying", hidden: true });
  #hint = element("p", { class: "hint", role: "status" });
  #closed = element("p", { class: "shut" });
  #input;
  #form;

  /**
   * @param {Actions} actions
   * @param {Unsent} unsent what was written here before
   */
  constructor(actions, unsent) {
    this.actions = actions;
    this.#input = element("textarea", {
      id: "say",
      rows: 1,
      placeholder: "Write to the room…",
      autocomplete: "off",
      keydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
      input: () => this.#typed(),
    });
    this.#input.value = unsent.text;
    this.#replyTo = unsent.replyTo;
    const send = element("button", { class: "main send" }, "Send");
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#send();
    };
    const line = element("div", { class: "line" }, element("label", { for: "say", class: "unseen" }, "Your message"), this.#input, send);
    this.#form = element("form", { submit }, this.#reply, line, this.#hint);
    this.node = element("footer", { class: "composer" }, this.#form, this.#closed);
  }

  /**
   * @param {Room} room
   * @param {string | null} shut why nobody can write here, null when one can
   */
  show(room, shut) {
    this.#room = room;
    const isObserver = !room.mayPost;
    this.#form.hidden = shut !== null || isObserver;
    fill(this.#closed, shut ?? (isObserver ? "You are an observer here: you read everything, and cannot write." : null));
    this.#closed.hidden = shut === null && !isObserver;
    this.#warn();
  }

  /** @param {Unsent["replyTo"]} record */
  replyTo(record) {
    this.#replyTo = record;
    this.#reply.hidden = record === null;
    if (record && this.#room) {
      const cancel = element("button", { type: "button", class: "quiet", click: () => this.replyTo(null) }, "Cancel");
      const text = element("span", { class: "quoted", dir: "auto" }, plain(record.text, QUOTE_UNITS_MAX));
      fill(this.#reply, element("span", {}, "Replying to ", element("bdi", {}, distinctName(this.#room, record.from)), " "), text, cancel);
    }
    this.#input.focus();
  }

  /** @param {Unsent} unsent what is to be written anew */
  take(unsent) {
    this.#input.value = [this.#input.value, unsent.text].filter(Boolean).join("\n\n");
    this.replyTo(unsent.replyTo);
    this.#typed();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const isComposing = event.isComposing || event.keyCode === 229; // Safari ends a composition before its last key
    if (event.key === "Escape" && this.#replyTo) this.replyTo(null);
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    this.#send();
  }

  #send() {
    const text = this.#input.value;
    if (!text.trim()) return;
    const refusal = this.actions.onSend(text, { replyTo: this.#replyTo?.id ?? null, type: "message" });
    if (refusal !== null) return fill(this.#hint, refusal);
    this.#input.value = "";
    this.replyTo(null);
    this.#typed();
  }

  #typed() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight + 2}px`;
    this.actions.onDraft({ text: this.#input.value, type: "message", replyTo: this.#replyTo });
    this.#warn();
  }

  /** A name that nobody here has is sent all the same; who wrote it may have meant another. */
  #warn() {
    const unknown = calls(this.#input.value).filter((name) => !this.#room?.roster.has(name));
    fill(this.#hint, unknown.length > 0 && `Nobody here is called ${[...new Set(unknown)].map((name) => `@${name}`).join(", ")}.`);
  }
}
