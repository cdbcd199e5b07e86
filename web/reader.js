// @ts-check
/** What the reader of a room does: goes through its log, follows links and answers, takes a message back, sees who has read it. */

import { Deliveries } from "./deliveries.js";
import { dialogs } from "./dialogs.js";
import { linkTo, linkedMessage } from "./invitation.js";
import { distinctName } from "./names.js";
import { Places } from "./places.js";
import { plain } from "./prose.js";
import { Quotes } from "./quotes.js";
import { Timeline } from "./views/timeline.js";

/** @import { Log, Side } from "./log.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */
/** @import { Announcer } from "./views/announcer.js" */

const TOLD_UNITS_MAX = 240; // of a message, aloud
const TOLD_MAX = 3; // at once; of more only how many

/**
 * @typedef {object} Page what of the page the reader's actions lead to
 * @property {() => void} draw at once
 * @property {(record: Message) => void} reply
 * @property {(id: string) => void} edit a message that was refused
 * @property {() => void} write the focus goes to where one writes
 * @property {(text: string) => void} tell that something was done, or refused
 * @property {Announcer} announcer
 * @property {() => boolean} hidesMessages what is not shown is not read
 * @property {() => Promise<void>} showAll
 */

export class Reader {
  /**
   * @param {Session} session
   * @param {Log} log
   * @param {Page} page
   */
  constructor(session, log, page) {
    this.session = session;
    this.log = log;
    this.page = page;
    this.quotes = new Quotes(session.api, page.draw);
    this.deliveries = new Deliveries(session, {
      records: () => log.span.records,
      isInSight: (id) => this.timeline.marks.isInSight(id),
      changed: page.draw,
    });
    log.changed = page.draw;
    const { outbox, reading, room } = session;
    this.timeline = new Timeline(
      {
        onReply: page.reply,
        onLeave: page.write,
        onCopyLink: (record) => void this.#backAfter(record, this.#copyLink(record)),
        onReaders: (record) => void this.#backAfter(record, this.#showReaders(record)),
        onDelivery: (record) => void this.#backAfter(record, this.#showDelivery(record)),
        onRetract: (record) => void this.#backAfter(record, this.#retract(record)),
        onRetry: (id) => outbox.retry(id),
        onEdit: page.edit,
        onDiscard: (id) => outbox.discard(id),
        onSeen: (id) => page.hidesMessages() || reading.seen(id),
        seenId: () => reading.seenId,
        onReach: (side, eyeId) => void log.extend(side, eyeId),
        onFind: (id) => this.#find(id),
        onFar: (side) => this.#far(side),
        onJumped: (from, id) => this.places.jumped(from, id),
        onEnded: () => this.places.ended(),
        quoted: (id) => this.quotes.get(id),
        deliveries: () => this.deliveries.known,
      },
      { readId: room.roster.get(room.me)?.read_id ?? 0, me: room.me },
    );
    this.places = new Places({
      onReturn: (place) => void this.timeline.returnTo(place),
      onLink: (id) => void this.#followLink(id),
    });
  }

  /** The page is drawn: begin where its reader was, or came for. */
  begin() {
    this.session.outbox.settle(this.log.span.records, this.session.room.me); // what arrived before a reload
    this.timeline.begin(linkedMessage());
    this.places.keep();
    this.deliveries.begin();
  }

  /** The message `id`, if the page has it. @param {number} id */
  known = (id) => this.timeline.rows.record(id) ?? this.quotes.get(id);

  /** @param {readonly Message[]} records */
  heard(records) {
    const before = this.log.heardId;
    this.log.hear(records);
    for (const { event } of records) if (event?.kind === "message.retracted") this.quotes.retract(event.message_id);
    this.timeline.heard(records, before);
    this.deliveries.heard(records);
    this.#announce(records.filter((record) => record.type !== "system" && record.from !== this.session.room.me));
  }

  /** @param {readonly Message[]} said by others */
  #announce(said) {
    const { room } = this.session;
    for (const record of said.length > TOLD_MAX ? [] : said) {
      const who = `${distinctName(room, record.from)}, ${room.roster.get(record.from)?.kind ?? "agent"}`;
      const text = plain(record.text, TOLD_UNITS_MAX);
      if (record.mentions.includes(room.me)) this.page.announcer.alert(`${who}, mentions you: ${text}`);
      else this.page.announcer.say(`${who}: ${text}`);
    }
    if (said.length <= TOLD_MAX) return;
    const callsMe = said.some((record) => record.mentions.includes(room.me));
    if (callsMe) this.page.announcer.alert(`${said.length} new messages, and you are mentioned`);
    else this.page.announcer.say(`${said.length} new messages`);
  }

  /**
   * Show only what `keeps` keeps, null for all, and stay where the reader is.
   *
   * @param {((record: Message) => boolean) | null} keeps
   */
  sift(keeps) {
    const { id } = this.timeline.place();
    return this.#load(() => this.log.sift(keeps, id || null));
  }

  /** @param {number} id */
  #find = async (id) => {
    const isThere = await this.#load(() => this.log.around(id));
    if (isThere && !this.log.shows(id)) await this.page.showAll(); // whoever goes to a message wants to see it
    return isThere && this.#load(() => this.log.around(id));
  };

  /** @param {Side} side */
  async #far(side) {
    const isThere = side === "start" ? this.log.span.isFirst : this.log.span.isLast;
    return isThere || this.#load(() => (side === "start" ? this.log.first() : this.log.latest()));
  }

  /**
   * Whether it was loaded; if not, why not is said.
   *
   * @param {() => Promise<boolean | void>} load
   */
  async #load(load) {
    try {
      const isThere = await load();
      if (isThere === false) this.page.tell("There is no such message in this room.");
      this.page.draw();
      return isThere !== false;
    } catch (error) {
      this.page.tell(`Could not load that: ${/** @type {Error} */ (error).message}.`);
      return false;
    }
  }

  /** @param {number} id */
  async #followLink(id) {
    if (await this.#find(id)) await this.timeline.returnTo({ id, offset: null });
  }

  /**
   * @param {Message} record
   * @param {Promise<void>} done what was chosen for it, whose dialog, if there was one, is closed by then
   */
  async #backAfter({ id }, done) {
    await done;
    this.timeline.takeBackFocus(id);
  }

  /** @param {Message} record */
  async #copyLink({ id }) {
    const link = linkTo(id);
    try {
      await navigator.clipboard.writeText(link);
      this.page.tell("The link is copied. It opens for whoever has a seat here.");
    } catch {
      await (await dialogs(this.page.tell))?.linkDialog(link); // a page without an origin of its own may not write there
    }
  }

  /** @param {Message} record */
  async #showReaders(record) {
    const [views] = await Promise.all([dialogs(this.page.tell), this.session.look()]);
    await views?.readersDialog(record, this.session.room);
  }

  /** @param {Message} record */
  async #showDelivery(record) {
    const [views, told] = await Promise.all([dialogs(this.page.tell), this.session.api.delivery(record.id).catch(() => null)]);
    if (told) await views?.deliveryDialog(told, this.session.room);
    else if (views) this.page.tell("The room could not be asked; try again.");
  }

  /** @param {Message} record */
  async #retract(record) {
    const isOwn = record.from === this.session.room.me;
    const whose = isOwn ? "your message" : `this message of ${distinctName(this.session.room, record.from)}`;
    const views = await dialogs(this.page.tell);
    const isDone = await views?.confirm({
      title: `Take back ${whose}?`,
      text: "Everybody sees that there was a message, and nobody what it said. Who has read it has read it.",
      action: "Take it back",
      cancel: "Leave it",
      onYes: () => this.session.api.retract(record.id),
    });
    if (isDone) this.page.tell("The message was taken back.");
  }
}
