// @ts-check
/** The open room: holds what is known, gives it to the views, and does what they ask. */

import { element } from "./dom.js";
import { PAGE_RECORDS } from "./entrance.js";
import { heard, withEarlier, withLast, withStatus } from "./fold.js";
import { isKept, recall, remember } from "./invitation.js";
import { Live } from "./live.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { Banner } from "./views/banner.js";
import { Brief } from "./views/brief.js";
import { Composer } from "./views/composer.js";
import { confirm } from "./views/confirm.js";
import { Header } from "./views/header.js";
import { keeping } from "./views/keeping.js";
import { Roster } from "./views/roster.js";
import { Timeline } from "./views/timeline.js";

/** @import { Api } from "./api.js" */
/** @import { Message, Room } from "./shapes.js" */

const PRESENCE_SECONDS = 15; // between looks at who is here, while somebody looks
const RECORDS_KEPT = 1000; // in the page of a reader at the end; the rest can be asked for again
const DRAFT = `agentgather:draft:${location.pathname}`;
const ENDINGS = new Map([
  ["closed", "This room is closed. Everything that was said stays readable here while its host serves it."],
  ["removed", "You were removed from this room. Ask the host if that surprises you."],
  ["token_expired", "Your invitation has run out. Ask the host for a new link."],
  ["unauthorized", "Your link was replaced and no longer opens this room. Ask the host for the new one."],
]);

export class OpenRoom {
  /** @type {string | null} how it ended for this seat: a key of ENDINGS */
  #ending = null;
  #isSideOpen = false;
  #unseenCount = 0;
  #isDrawing = false;

  /**
   * @param {Api} api
   * @param {Room} room
   */
  constructor(api, room) {
    this.api = api;
    this.room = room;
    this.reading = new Reading(api);
    this.outbox = new Outbox(api, { changed: () => this.#draw(), lost: (error) => this.#end(error.code) });
    this.live = new Live(api, {
      lastId: () => this.room.lastId,
      hear: (records) => this.#hear(records),
      connected: () => this.#connected(),
      broken: (retryAt, reason) => this.banner.broken(retryAt, reason),
      ended: (reason) => this.#end(reason),
    });
    this.banner = new Banner({ onRetry: () => this.live.retryNow() });
    this.header = new Header({ onPeople: () => this.#toggleSide(), onClose: () => void this.#close() });
    this.timeline = new Timeline({
      onReply: (record) => this.composer.replyTo(record),
      onEarlier: () => this.#loadEarlier(),
      onRetry: (id) => this.outbox.retry(id),
      onDiscard: (id) => this.outbox.discard(id),
      onSeen: (id) => this.reading.seen(id),
    });
    this.composer = new Composer(
      { onSend: (text, replyTo) => this.#send(text, replyTo), onDraft: (text) => remember(DRAFT, text) },
      recall(DRAFT) ?? "",
    );
    this.brief = new Brief();
    this.roster = new Roster();
    const away = element("button", { type: "button", class: "quiet away", click: () => this.#toggleSide() }, "Back to the room");
    const about = [away, this.brief.node, this.roster.node, keeping(isKept)];
    const side = element("aside", { id: "side", class: "side", "aria-label": "People and brief" }, ...about);
    const { header, banner, timeline, composer } = this;
    this.node = element("div", { class: "room" }, header.node, banner.node, timeline.node, composer.node, side);
  }

  /** Begin to listen. Nothing of this page outlives the tab. */
  begin() {
    this.#drawNow();
    this.timeline.toEnd();
    void this.live.keep();
    setInterval(() => document.hidden || void this.#look(), PRESENCE_SECONDS * 1000);
    addEventListener("online", () => this.live.retryNow());
    document.addEventListener("visibilitychange", () => this.#turned());
    addEventListener("beforeunload", (event) => this.#isUnsaid() && event.preventDefault());
    addEventListener("keydown", (event) => event.key === "Escape" && this.#isSideOpen && this.#toggleSide());
  }

  /** @param {readonly Message[]} records */
  #hear(records) {
    this.room = records.reduce(heard, this.room);
    if (this.timeline.isFollowing) this.room = withLast(this.room, RECORDS_KEPT);
    if (document.hidden) this.#unseenCount += records.filter((record) => record.type !== "system").length;
    this.outbox.settle(records, this.room.me);
    if (!this.room.isOpen) this.#end("closed");
    if (records.some((record) => record.event)) void this.#look();
    this.#draw();
  }

  #connected() {
    if (this.#ending) return;
    this.banner.clear();
    if (this.outbox.drafts.some((draft) => draft.state === "waiting")) this.outbox.resume();
  }

  /** @param {string} reason */
  #end(reason) {
    this.#ending = ENDINGS.has(reason) ? reason : "unauthorized";
    if (this.#ending === "closed") this.room = { ...this.room, isOpen: false };
    this.banner.ended(ENDINGS.get(this.#ending) ?? "");
    this.#draw();
  }

  /**
   * @param {string} text
   * @param {number | null} replyTo
   */
  #send(text, replyTo) {
    this.timeline.isFollowing = true;
    this.outbox.put(text, replyTo);
  }

  async #loadEarlier() {
    const firstId = this.room.records[0]?.id ?? this.room.lastId + 1;
    const page = await this.api.before(firstId, PAGE_RECORDS).catch(() => null);
    if (!page) return;
    this.room = withEarlier(this.room, page.messages);
    this.timeline.isFollowing = false;
    this.#drawNow();
  }

  /** See who is here. */
  async #look() {
    const status = await this.api.status().catch(() => null); // whether we are connected is the stream's to say
    if (!status) return;
    this.room = withStatus(this.room, status);
    this.#draw();
  }

  async #close() {
    const text = "Nobody can write here any more, and nobody can open it again. What was said stays with you, the host.";
    if (!(await confirm({ title: `Close ${this.room.id}?`, text, action: "Close for good" }))) return;
    await this.api.close().catch((error) => this.banner.broken(Date.now(), error.message));
  }

  /** Whether something was written here that would be lost with the page. */
  #isUnsaid() {
    return this.outbox.drafts.some((draft) => draft.state !== "sent") || (!isKept && Boolean(recall(DRAFT)));
  }

  #toggleSide() {
    this.#isSideOpen = !this.#isSideOpen;
    this.node.dataset.side = this.#isSideOpen ? "open" : "shut";
    this.#draw();
  }

  #turned() {
    if (document.hidden) return;
    this.#unseenCount = 0;
    this.live.retryNow();
    void this.#look();
  }

  /** Draw once for everything that happens in one turn, also in a tab that is not on screen. */
  #draw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    queueMicrotask(() => this.#drawNow());
  }

  #drawNow() {
    this.#isDrawing = false;
    const shut = this.#ending ?? (this.room.isOpen ? null : "closed");
    this.header.show(this.room, this.#isSideOpen);
    this.timeline.show(this.room, this.outbox.drafts);
    this.composer.show(this.room, shut === null ? null : shut === "closed" ? "The room is closed." : "You can no longer write here.");
    this.brief.show(this.room);
    this.roster.show(this.room);
    document.title = `${this.#unseenCount ? `(${this.#unseenCount}) ` : ""}${this.room.id} · Agent Gather`;
  }
}
