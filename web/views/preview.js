// @ts-check
/** How the message will look to those who read it, while it is written. */

import { element, fill } from "../dom.js";
import { prose } from "./prose.js";

/** @import { Room } from "../shapes.js" */

const PAUSE_MS = 120; // of typing, before it is drawn anew

export class Preview {
  #timer = 0;
  #body = element("div", { class: "preview", role: "region", "aria-label": "Preview", tabindex: 0, hidden: true });
  node = this.#body;
  button = element("button", { type: "button", class: "quiet", "aria-pressed": "false", click: () => this.turn() }, "Preview");

  /** @param {{written: () => {text: string, room: Room | null}}} source */
  constructor({ written }) {
    this.written = written;
  }

  turn() {
    this.#body.hidden = !this.#body.hidden;
    this.button.setAttribute("aria-pressed", String(!this.#body.hidden));
    this.#draw();
  }

  close() {
    if (!this.#body.hidden) this.turn();
  }

  /** What is written is another. */
  changed() {
    if (this.#body.hidden) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), PAUSE_MS);
  }

  #draw() {
    const { text, room } = this.written();
    if (this.#body.hidden || !room) return fill(this.#body);
    const people = { names: new Set(room.roster.keys()), me: room.me };
    fill(this.#body, text.trim() ? prose(text, people) : element("p", { class: "empty" }, "Nothing is written yet."));
  }
}
