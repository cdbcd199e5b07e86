// @ts-check
/**
 * Calls somebody who looks elsewhere: by a notification of the system, and by a sound, as they chose. Never for what is
 * before their eyes, never twice for several tabs, and only if they asked for it.
 */

import { shownName } from "./fold.js";
import { isEvasive, visible } from "./invisible.js";
import { isKept } from "./invitation.js";
import { distinctName } from "./names.js";
import { ring } from "./tone.js";

/** @import { Session } from "./session.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Message } from "./shapes.js" */

/** @typedef {"off" | "mentions" | "everything"} Mode */
/** @typedef {"allowed" | "unasked" | "denied" | "sandboxed" | "insecure" | "missing"} Permission */

/** @type {readonly Mode[]} */
export const MODES = ["off", "mentions", "everything"];
const MOMENT_SECONDS = 1; // in which some tab may have it before the reader's eyes
const APART_MAX = 3; // what comes in one moment beyond these is told together
const NAME_UNITS_MAX = 40;
const BODY_UNITS_MAX = 140;
const SHOWN_MAX = 12; // at once: whoever comes back finds the newest, however often they were called

export class Notices {
  /** @type {Message[]} */
  #pending = [];
  /** @type {Map<number, Notification>} */
  #shown = new Map();
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;
  #isMissing = !("Notification" in globalThis);

  /**
   * @param {Session} session
   * @param {{settings: Settings, onOpen: (id: number) => void, onChange: () => void}} around `onOpen`: show that record
   */
  constructor(session, { settings, onOpen, onChange }) {
    this.session = session;
    this.settings = settings;
    this.onOpen = onOpen;
    this.onChange = onChange;
  }

  /** @returns {Permission} whether this browser shows notifications of this page */
  get permission() {
    if (!isKept) return "sandboxed";
    if (!isSecureContext) return "insecure";
    if (this.#isMissing) return "missing";
    return Notification.permission === "granted" ? "allowed" : Notification.permission === "denied" ? "denied" : "unasked";
  }

  /** @returns {Mode} of what there are notifications; of mentions, once they are allowed */
  get mode() {
    return this.permission === "allowed" ? (this.settings.of("notify", MODES) ?? "mentions") : "off";
  }

  get isSounding() {
    return this.settings.of("sound", ["on", "off"]) === "on";
  }

  get isMuted() {
    return this.settings.of("mute", ["on", "off"]) === "on";
  }

  /**
   * Has to be called by a click: only then does a browser ask whether a page may.
   *
   * @param {Mode} mode
   */
  async choose(mode) {
    this.settings.choose("notify", mode);
    if (mode !== "off" && this.permission === "unasked") await Notification.requestPermission();
    this.onChange();
  }

  /**
   * @param {"sound" | "mute"} name
   * @param {boolean} isOn
   */
  turn(name, isOn) {
    this.settings.choose(name, isOn ? "on" : "off");
    if (name === "sound" && isOn) ring(); // so that one knows what to listen for
    this.onChange();
  }

  /** @param {readonly Message[]} records that were heard just now */
  hear(records) {
    const { me } = this.session.room;
    const isTold = this.session.hearing.isLeading && !this.isMuted;
    if (isTold) this.#pending.push(...records.filter((record) => record.from !== me && record.from !== "system"));
    for (const { event } of records) if (event?.kind === "message.retracted") this.#takeBack(event.message_id);
    if (this.#pending.length) this.#timer ??= setTimeout(() => this.#tell(), MOMENT_SECONDS * 1000);
  }

  /** What was read since is no news any more. */
  settle() {
    for (const id of this.#shown.keys()) if (id <= this.session.reading.seenId) this.#close(id);
  }

  /** Nobody is shown any more what the message `id` said. @param {number} id */
  #takeBack(id) {
    this.#pending = this.#pending.filter((record) => record.id !== id);
    this.#close(id);
  }

  /** @param {number} id */
  #close(id) {
    this.#shown.get(id)?.close();
    this.#shown.delete(id);
  }

  #tell() {
    const { room, reading } = this.session;
    const isNews = (/** @type {Message} */ record) => record.id > reading.watchedId;
    const isCall = (/** @type {Message} */ record) => record.mentions.includes(room.me);
    const news = this.#pending.filter(isNews);
    const calls = news.filter(isCall);
    this.#pending = [];
    this.#timer = null;
    if (this.isSounding && calls.length) ring();
    this.#notify(this.mode === "off" ? [] : this.mode === "mentions" ? calls : news);
  }

  /** @param {readonly Message[]} records */
  #notify(records) {
    const { room } = this.session;
    const last = records.at(-1);
    if (last && records.length > APART_MAX) return this.#show(last, `${records.length} new messages in ${room.id}`, "");
    for (const record of records) {
      const whole = shownName(room, record.from);
      const name = plain(whole, NAME_UNITS_MAX) + distinctName(room, record.from).slice(whole.length); // whom it was, at any length
      const title = record.mentions.includes(room.me) ? `${name} calls you in ${room.id}` : `${name} in ${room.id}`;
      this.#show(record, title, plain(record.text, BODY_UNITS_MAX));
    }
  }

  /**
   * @param {Message} record
   * @param {string} title
   * @param {string} body
   */
  #show(record, title, body) {
    try {
      const notice = new Notification(title, { body, tag: `${location.pathname}#${record.id}`, silent: true });
      notice.onclick = () => {
        focus();
        notice.close();
        this.onOpen(record.id);
      };
      this.#shown.set(record.id, notice);
      for (const oldest of this.#shown.keys()) if (this.#shown.size > SHOWN_MAX) this.#close(oldest);
    } catch {
      this.#isMissing = true; // some phones have the name, and allow it to installed pages only
      this.onChange();
    }
  }
}

/**
 * `text` in one line, without what could turn it over or hide in it, and no longer than `most` UTF-16 units.
 *
 * @param {string} text
 * @param {number} most
 */
export function plain(text, most) {
  const line = text.slice(0, most * 8).replace(/\s+/gu, " ").trim();
  const shown = isEvasive(line) ? visible(line, { isCode: false }).map((part) => (typeof part === "string" ? part : "")).join("") : line;
  return shown.length <= most ? shown : `${shown.slice(0, most - 1).replace(/[\ud800-\udbff]$/u, "")}…`;
}
