// @ts-check
/** What can be done with a message beside answering it. One menu for all rows: it stands in the row that is looked at. */

import { Menu } from "./menu.js";

/** @import { Message, Room } from "../shapes.js" */
/** @import { Rows } from "./rows.js" */

/**
 * @typedef {object} Actions
 * @property {(record: Message) => void} onCopyLink
 * @property {(record: Message) => void} onReaders
 * @property {(record: Message) => void} onDelivery
 * @property {(record: Message) => void} onRetract
 */

export class MessageMenu {
  #menu = new Menu("More");
  /** @type {Room | null} */
  #room = null;

  /**
   * @param {Rows} rows
   * @param {Actions} actions
   */
  constructor(rows, actions) {
    this.rows = rows;
    this.actions = actions;
    this.#menu.button.classList.add("more");
    for (const kind of /** @type {const} */ (["pointerover", "focusin"])) {
      rows.node.addEventListener(kind, ({ target }) => {
        const row = target instanceof Element ? target.closest(".message") : null;
        if (row instanceof HTMLElement) this.#stand(row);
      });
    }
  }

  /** @param {Room} room */
  show(room) {
    this.#room = room;
  }

  /** @param {HTMLElement} row */
  open(row) {
    if (!row.matches(".message")) return;
    this.#stand(row);
    this.#menu.open();
  }

  /** @param {HTMLElement} row */
  #stand(row) {
    const record = this.rows.record(Number(row.dataset.id));
    if (!record || this.#menu.isOpen || row.contains(this.#menu.node)) return;
    const box = row.getBoundingClientRect();
    this.#menu.node.toggleAttribute("data-up", box.top > innerHeight / 2); // where there is more room for what opens
    this.#menu.button.tabIndex = row.tabIndex;
    this.#menu.offer(this.#items(record));
    row.querySelector(".acts")?.append(this.#menu.node);
  }

  /** @param {Message} record */
  #items(record) {
    const { onCopyLink, onReaders, onDelivery, onRetract } = this.actions;
    const room = this.#room;
    const mayRetract = room?.isOpen && !record.retracted && (room.isHost || (record.from === room.me && room.mayPost));
    const isForSomebody = record.mentions.some((alias) => alias !== record.from);
    const maySee = isForSomebody && (room?.isHost || record.from === room?.me);
    return [
      { label: "Copy link", onChoose: () => onCopyLink(record) },
      { label: "Seen by…", onChoose: () => onReaders(record) },
      ...(maySee ? [{ label: "What became of it…", onChoose: () => onDelivery(record) }] : []),
      ...(mayRetract ? [{ label: "Take back…", isFinal: true, onChoose: () => onRetract(record) }] : []),
    ];
  }
}
