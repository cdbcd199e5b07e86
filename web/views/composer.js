// @ts-check
/** Where one writes: the field, what it suggests, what the message is for and answers, and how it goes out. */

import { COMMANDS, readCommand } from "../commands.js";
import { begunAt, commanded, named } from "../completion.js";
import { element, fill } from "../dom.js";
import { AnswerToggle } from "./answer-toggle.js";
import { ComposerHint, TEXT_UNITS_MAX } from "./composer-hint.js";
import { Preview } from "./preview.js";
import { Replying } from "./replying.js";
import { Suggestions } from "./suggestions.js";
import { TypePicker } from "./type-picker.js";
import { WritingField } from "./writing-field.js";

/** @import { Command } from "../commands.js" */
/** @import { Option } from "../completion.js" */
/** @import { Message, Room, Unsent } from "../shapes.js" */

/**
 * @typedef {object} Actions
 * @property {(text: string, about: {replyTo: number | null, type: string, needReply: boolean}) => string | null} onSend why it was not taken,
 *   null when it was
 * @property {(unsent: Unsent) => void} onDraft what stands here now, to be kept
 * @property {(name: string) => void} onCommand `help`, and what only a host may: `brief`, `invite`, `close`
 * @property {(words: string) => void} [onFind] search; without it nobody is offered to
 */

export class Composer {
  /** @type {Room | null} */
  #room = null;
  /** @type {number | null} where the sign stands whose suggestions were sent away */
  #dismissed = null;
  #hint = new ComposerHint();
  #replying = new Replying({ onCancel: () => this.replyTo(null) });
  #picker = new TypePicker({ onChoose: () => this.#chosen() });
  #asks = new AnswerToggle({ onTurn: () => this.#chosen() });
  #preview = new Preview({ written: () => ({ text: this.#field.text, room: this.#room }) });
  #closed = element("p", { class: "shut" });
  #field;
  #suggestions;
  #form;

  /**
   * @param {Actions} actions
   * @param {Unsent} unsent what was written here before
   */
  constructor(actions, unsent) {
    this.actions = actions;
    this.unsent = unsent;
    this.#field = new WritingField({ onInput: () => this.#typed(), onSend: () => this.#send(), onKey: (event) => this.#pressed(event) });
    this.#field.node.addEventListener("blur", () => this.#suggestions.close());
    this.#suggestions = new Suggestions(this.#field.node, { onTake: (option) => this.#take(option) });
    const send = element("button", { class: "main send" }, "Send");
    const label = element("label", { for: "say", class: "unseen" }, "Your message");
    const line = element("div", { class: "line" }, this.#picker.node, label, this.#field.node, this.#preview.button, this.#asks.node, send);
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#send();
    };
    this.#form = element("form", { submit }, this.#replying.node, this.#preview.node, this.#suggestions.node, line, this.#hint.node);
    this.node = element("footer", { class: "composer" }, this.#form, this.#closed);
  }

  /**
   * @param {Room} room
   * @param {string | null} shut why nobody can write here, null when one can
   */
  show(room, shut) {
    const before = this.#room;
    this.#room = room;
    const isObserver = !room.mayPost;
    this.#form.hidden = shut !== null || isObserver;
    fill(this.#closed, shut ?? (isObserver ? "You are an observer here: you read everything, and cannot write." : null));
    this.#closed.hidden = !this.#form.hidden;
    if (before === null) this.#restore(this.unsent);
    else if (before.roster !== room.roster) this.#look();
  }

  focus() {
    this.#field.node.focus();
  }

  /** @param {Unsent["replyTo"]} record */
  replyTo(record) {
    if (this.#room) this.#replying.show(record, this.#room);
    this.#keep();
    this.focus();
  }

  /** @param {Unsent} unsent what is to be written anew, behind what is written */
  take(unsent) {
    this.#restore({ ...unsent, text: [this.#field.text, unsent.text].filter(Boolean).join("\n\n") });
    this.focus();
  }

  /** @param {Unsent} unsent */
  #restore({ text, type, replyTo, needReply = false }) {
    if (this.#room) this.#replying.show(replyTo, this.#room);
    this.#picker.type = type;
    this.#asks.isOn = needReply;
    this.#field.become(text);
  }

  /** The commands that this person is offered. */
  get #offered() {
    const { onFind } = this.actions;
    return COMMANDS.filter(({ name, isHosts }) => (!isHosts || this.#room?.isHost) && (name !== "find" || onFind));
  }

  #typed() {
    this.#keep();
    this.#look();
    this.#preview.changed();
  }

  #keep() {
    this.actions.onDraft({ text: this.#field.text, type: this.#picker.type, needReply: this.#asks.isOn, replyTo: this.#replying.record });
  }

  /** See what is begun, and whom the text calls. */
  #look() {
    const { text, caret, node } = this.#field;
    this.#hint.changed(text, this.#room, this.#asks);
    const begun = caret >= 0 && document.activeElement === node ? begunAt(text, caret) : null;
    if (begun?.from !== this.#dismissed) this.#dismissed = null;
    if (!begun || !this.#room || this.#dismissed !== null) return this.#suggestions.close();
    const isName = begun.kind === "name";
    const options = isName ? named(this.#room, begun.query) : commanded(this.#offered, begun.query);
    const isTyped = options[0]?.value.trim().slice(1) === begun.query;
    this.#suggestions.offer(options, { label: isName ? "People and agents" : "Commands", isTyped });
    if (this.#suggestions.isOpen && this.#field.text.length <= TEXT_UNITS_MAX) this.#hint.say(""); // a name that is being typed is nobody's yet
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (this.#suggestions.pressed(event)) return true;
    if (event.key !== "Escape") return false;
    if (this.#suggestions.isOpen) {
      this.#dismissed = begunAt(this.#field.text, this.#field.caret)?.from ?? null;
      this.#suggestions.close();
      this.#hint.changed(this.#field.text, this.#room, this.#asks);
    } else if (this.#replying.record) this.replyTo(null);
    else return false;
    event.stopPropagation();
    return true;
  }

  /** @param {Option} option */
  #take({ value, command }) {
    const { text, caret } = this.#field;
    const begun = begunAt(text, caret);
    if (!begun) return;
    const place = { from: begun.from, to: text[caret] === " " ? caret + 1 : caret };
    if (!command || command.name === "find") return this.#field.put(value, place);
    this.#field.put("", place);
    this.#run(command);
  }

  #send() {
    const reading = readCommand(this.#field.text, this.#offered);
    if (reading.kind === "unknown") return this.#hint.say(`There is no command /${reading.name}. Begin with // to say it as it is.`);
    if (reading.kind === "text") return this.#say(reading.text, this.#picker.type);
    const { command, rest } = reading;
    if (command.type && rest.trim()) return this.#say(rest, command.type);
    if (command.name === "find") this.actions.onFind?.(rest.trim());
    this.#field.become(command.name === "find" ? "" : rest);
    if (command.name !== "find") this.#run(command);
  }

  /** @param {Command} command */
  #run({ name, type }) {
    if (type) this.#picker.type = type;
    else if (name === "preview") this.#preview.turn();
    else this.actions.onCommand(name);
    this.#keep();
  }

  /**
   * @param {string} text
   * @param {string} type
   */
  #say(text, type) {
    if (!text.trim() || text.length > TEXT_UNITS_MAX) return;
    const refusal = this.actions.onSend(text, { replyTo: this.#replying.record?.id ?? null, type, needReply: this.#asks.isOn });
    if (refusal !== null) return this.#hint.say(refusal);
    this.#preview.close();
    this.#restore({ text: "", type: "message", replyTo: null });
    this.focus();
  }

  #chosen() {
    this.#keep();
    this.focus();
    this.#look();
  }
}
