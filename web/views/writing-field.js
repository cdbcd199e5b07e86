// @ts-check
/** The field itself: grows with its text, and what the page puts in can be undone like what was typed. */

import { element } from "../dom.js";

const EMPHASIS = new Map([
  ["b", ["**", "**"]],
  ["i", ["*", "*"]],
  ["k", ["[", "](https://)"]],
]);
const GROWS_BY_ITSELF = CSS.supports("field-sizing", "content");
const isTouched = matchMedia("(pointer: coarse)"); // a keyboard on glass has no Shift+Enter: there Enter breaks, the button sends

/**
 * @typedef {object} Actions
 * @property {() => void} onInput the text or the caret is another
 * @property {() => void} onSend
 * @property {(event: KeyboardEvent) => boolean} onKey whether the key was somebody else's
 */

export class WritingField {
  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.node = element("textarea", {
      id: "say",
      rows: 1,
      placeholder: "Write to the room…",
      autocomplete: "off",
      enterkeyhint: isTouched.matches ? "enter" : "send",
      "aria-describedby": "say-hint",
      keydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event),
      input: () => this.#changed(),
      click: () => actions.onInput(),
    });
  }

  get text() {
    return this.node.value;
  }

  get caret() {
    return this.node.selectionStart === this.node.selectionEnd ? this.node.selectionStart : -1;
  }

  /**
   * Another text than was here; there is nothing to undo.
   *
   * @param {string} text
   */
  become(text) {
    this.node.value = text;
    this.#changed();
  }

  /**
   * Put `text` where `from` to `to` was, with the caret after it.
   *
   * @param {string} text
   * @param {{from: number, to: number}} place
   */
  put(text, { from, to }) {
    const { node } = this;
    node.focus();
    node.setSelectionRange(from, to);
    const isDone = document.execCommand(text ? "insertText" : "delete", false, text); // the only way that undo knows of
    if (isDone) return;
    node.setRangeText(text, from, to, "end");
    this.#changed();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const isComposing = event.isComposing || event.keyCode === 229; // Safari ends a composition before its last key
    if (isComposing) return;
    if (this.actions.onKey(event)) return event.preventDefault();
    const isCommand = event.ctrlKey || event.metaKey;
    const marks = isCommand && !event.altKey && !event.shiftKey && EMPHASIS.get(event.key.toLowerCase());
    if (marks) {
      event.preventDefault();
      return this.#wrap(marks);
    }
    if (event.key !== "Enter" || event.shiftKey || event.altKey || (isTouched.matches && !isCommand)) return;
    event.preventDefault();
    this.actions.onSend();
  }

  /** @param {string[]} marks before and after what is selected */
  #wrap([before = "", after = ""]) {
    const { selectionStart: from, selectionEnd: to, value } = this.node;
    this.put(before + value.slice(from, to) + after, { from, to });
    this.node.setSelectionRange(from + before.length, to + before.length);
  }

  #changed() {
    if (!GROWS_BY_ITSELF) {
      this.node.style.height = "auto";
      this.node.style.height = `${this.node.scrollHeight + 2}px`;
    }
    this.actions.onInput();
  }
}
