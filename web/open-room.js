// @ts-check
/** The open room on the page: gives what the session knows to the views, and does what they ask. */

import { Boards } from "./boards.js";
import { dialogs } from "./dialogs.js";
import { element } from "./dom.js";
import { Filtering } from "./filtering.js";
import { Find } from "./find.js";
import { Hosting } from "./hosting.js";
import { isKept } from "./invitation.js";
import { listenForKeys } from "./keys.js";
import { Notices } from "./notices.js";
import { Reader } from "./reader.js";
import { Session } from "./session.js";
import { Settings } from "./settings.js";
import { Announcer } from "./views/announcer.js";
import { Badge } from "./views/badge.js";
import { Banner } from "./views/banner.js";
import { Brief } from "./views/brief.js";
import { Composer } from "./views/composer.js";
import { Header } from "./views/header.js";
import { keeping } from "./views/keeping.js";
import { Noticing } from "./views/notices.js";
import { Paused } from "./views/paused.js";
import { Roster } from "./views/roster.js";
import { Toast } from "./views/toast.js";

/** @import { Api } from "./api.js" */
/** @import { Log } from "./log.js" */
/** @import { Message, Room } from "./shapes.js" */
/** @import { Ending } from "./session.js" */

const NARROW = matchMedia("(max-width: 820px)"); // as in the stylesheets: there the head has no room for every menu
/** @type {Record<Ending, string>} */
const ENDINGS = {
  closed: "This room is closed. Everything that was said stays readable here while its host serves it.",
  removed: "You were removed from this room. Ask the host if that surprises you.",
  token_expired: "Your invitation has run out. Ask the host for a new link.",
  unauthorized: "Your link was replaced and no longer opens this room. Ask the host for the new one.",
};

export class OpenRoom {
  #isSideOpen = false;
  #badge = new Badge();
  #isDrawing = false;
  /** @type {HTMLElement[]} */
  #parts = []; // that F6 goes through
  #shared = [
    { label: "Find…", onChoose: () => void this.find.open() },
    { label: "Boards…", onChoose: () => this.#toggleBoards() },
    { label: "About this room…", onChoose: () => void this.#about() },
    { label: "Export…", onChoose: () => void this.#download() },
  ];

  /**
   * @param {Api} api
   * @param {Room} room
   * @param {Log} log
   */
  constructor(api, room, log) {
    this.session = new Session(api, room, {
      changed: () => this.#draw(),
      heard: (records) => this.#heard(records),
      connected: () => this.banner.connected(),
      broken: (retryAt, reason) => this.banner.broken(retryAt, reason),
      ended: (ending) => this.banner.ended(ENDINGS[ending]),
    });
    const { drafts, hearing } = this.session;
    const changed = () => this.#draw();
    const onOpen = (/** @type {number} */ id) => void this.timeline.goTo(id);
    this.notices = new Notices(this.session, { settings: new Settings(changed), onOpen, onChange: changed });
    this.noticing = new Noticing(this.notices);
    this.announcer = new Announcer();
    this.banner = new Banner({ onRetry: () => hearing.retryNow(), announcer: this.announcer });
    this.toast = new Toast();
    this.hosting = new Hosting(this.session, { onDone: (text) => this.toast.say(text) });
    this.filtering = new Filtering(this.session, {
      sift: (keeps) => {
        if (this.#isSideOpen) this.#toggleSide(); // it may have been asked for there
        return this.reader.sift(keeps);
      },
      back: () => this.timeline.roving.active?.focus(),
      tell: (text) => this.toast.say(text),
    });
    this.header = new Header({
      menus: [this.filtering.menu.node],
      onPeople: () => this.#toggleSide(),
      onInvite: () => void this.hosting.invite(),
      onFind: () => void this.find.open(),
      onBoards: () => this.#toggleBoards(),
    });
    this.reader = new Reader(this.session, log, {
      draw: () => this.#drawNow(),
      reply: (record) => this.composer.replyTo(record),
      edit: (id) => this.#edit(id),
      write: () => document.getElementById("say")?.focus(),
      tell: (text) => this.toast.say(text),
      announcer: this.announcer,
      hidesMessages: () => this.filtering.hidesMessages,
      showAll: () => this.filtering.end(),
    });
    this.timeline = this.reader.timeline;
    this.find = new Find(this.session, {
      goTo: (id) => this.timeline.goTo(id),
      place: (node) => {
        this.side.after(node);
        this.#parts.splice(-1, 0, node);
      },
      tell: (text) => this.toast.say(text),
    });
    this.boards = new Boards(this.session, {
      place: (node) => {
        this.side.after(node);
        this.#parts.splice(-1, 0, node);
      },
      tell: (text) => this.toast.say(text),
    });
    this.composer = new Composer(
      {
        onSend: (text, about) => this.#send(text, about),
        onDraft: (unsent) => (drafts.unsent = unsent),
        onCommand: (name) => this.#command(name),
        onFind: (words) => void this.find.open(words || undefined),
      },
      drafts.unsent,
    );
    this.paused = new Paused({ onContinue: () => void this.hosting.steering.goOn() });
    this.brief = new Brief({ onChanged: (told) => this.toast.say(told) });
    this.roster = new Roster({ itemsOf: (seat) => [...this.filtering.seatItems(seat), ...this.hosting.seatItems(seat)], dialogs: this.#dialogs });
    const away = element("button", { type: "button", class: "quiet away", click: () => this.#toggleSide() }, "Back to the room");
    const about = [away, this.roster.node, this.brief.node, this.noticing.node, keeping(isKept)];
    this.side = element("aside", { id: "side", class: "side", "aria-label": "People and brief" }, ...about);
    const { header, banner, timeline, composer, toast, announcer } = this;
    const foot = element("div", { class: "foot" }, this.paused.node, composer.node);
    timeline.node.prepend(this.filtering.bar.node);
    this.node = element("div", { class: "room" }, header.node, banner.node, timeline.node, foot, this.side, toast.node, announcer.node);
  }

  /** Begin to listen. Nothing of this page outlives the tab. */
  begin() {
    this.#drawNow();
    this.reader.begin();
    void this.session.keep();
    document.addEventListener("visibilitychange", () => this.#draw());
    NARROW.addEventListener("change", () => this.#draw());
    addEventListener("beforeunload", (event) => this.#isUnsaid() && event.preventDefault());
    addEventListener("keydown", (event) => event.key === "Escape" && this.#isSideOpen && this.#toggleSide());
    this.#parts.push(this.timeline.node, this.composer.node, this.side, this.header.node);
    const shortcuts = [
      { key: "/", does: () => void this.find.open() },
      { key: "?", does: () => void this.#keys() },
    ];
    listenForKeys({ parts: this.#parts, shortcuts });
  }

  /** @param {readonly Message[]} records */
  #heard(records) {
    this.notices.hear(records);
    this.reader.heard(records);
    this.find.heard(records);
    this.boards.heard(records);
  }

  /**
   * @param {string} text
   * @param {{replyTo: number | null, type: string, needReply: boolean}} about
   * @returns {string | null} why it was not taken
   */
  #send(text, about) {
    const { outbox } = this.session;
    if (outbox.isFull) return `${outbox.drafts.length} messages wait to be sent already; this one stays here.`;
    outbox.put(text, about);
    this.filtering.wrote();
    this.timeline.wrote();
    return null;
  }

  /** @param {string} name of what was asked for behind a slash */
  #command(name) {
    if (name === "help") void this.#keys();
    if (name === "invite") void this.hosting.invite();
    if (name === "brief") void this.hosting.steering.editBrief();
    if (name === "close") void this.hosting.steering.close();
  }

  /**
   * What was refused goes back to where it was written.
   *
   * @param {string} id
   */
  #edit(id) {
    const draft = this.session.outbox.discard(id);
    if (!draft) return;
    const answered = draft.replyTo === null ? null : this.reader.known(draft.replyTo);
    this.composer.take({ ...draft, replyTo: answered });
  }

  #dialogs = () => dialogs((text) => this.toast.say(text));

  #about = async () => (await this.#dialogs())?.aboutRoom(this.session.room);

  #keys = async () => (await this.#dialogs())?.keysDialog().open();

  async #download() {
    const { api, room } = this.session;
    if (await (await this.#dialogs())?.exportRoom(api, room.id)) this.toast.say("The file is in your downloads.");
  }

  /** Whether something was written here that would be lost with the page. */
  #isUnsaid() {
    const { outbox, drafts } = this.session;
    return this.hosting.steering.isUnsaved || outbox.isUnsent || drafts.unsent.text.trim() !== "";
  }

  #toggleSide() {
    this.#isSideOpen = !this.#isSideOpen;
    this.node.dataset.side = this.#isSideOpen ? "open" : "shut";
    this.#draw();
  }

  /** What is found stands in the place of the boards, and makes room for them. */
  #toggleBoards() {
    void this.boards.toggle({ areHidden: this.find.leave() });
  }

  /** Draw once for everything that happens in one turn, also in a tab that is not on screen. */
  #draw() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    queueMicrotask(() => this.#drawNow());
  }

  #drawNow() {
    this.#isDrawing = false;
    const { room, outbox, ending } = this.session;
    const shut = ending ?? (room.isOpen ? null : "closed");
    this.header.show(room, { isSideOpen: this.#isSideOpen, items: this.hosting.items([...this.#shared, ...(NARROW.matches ? this.filtering.items : [])]) });
    this.filtering.show(room);
    this.timeline.show(room, outbox.drafts, this.reader.log);
    this.composer.show(room, shut === null ? null : shut === "closed" ? "The room is closed." : "You can no longer write here.");
    this.brief.show(room, this.reader.log.span.records);
    this.roster.show(room);
    this.boards.show();
    this.paused.show(room);
    this.hosting.steering.changed();
    this.notices.settle();
    this.noticing.show();
    this.#badge.show({ room: room.id, unreadCount: this.timeline.unreadCount });
  }
}
