// @ts-check
/** What the host does to the room: asks what has to be asked, tells the room, and says that it is done. */

import { shownName } from "./fold.js";
import { confirm } from "./views/confirm.js";

/** @import { Session } from "./session.js" */
/** @import { Seat } from "./shapes.js" */
/** @import { Item } from "./views/menu.js" */

export class Hosting {
  /**
   * @param {Session} session
   * @param {{onDone: (text: string) => void}} actions
   */
  constructor(session, { onDone }) {
    this.session = session;
    this.onDone = onDone;
  }

  /**
   * What the host may do to the room as it is; nothing for anybody else.
   *
   * @returns {Item[]}
   */
  items() {
    const { room, ending } = this.session;
    if (!room.isHost || !room.isOpen || ending) return [];
    return [{ label: "Close room…", isFinal: true, onChoose: () => void this.close() }];
  }

  /**
   * What the host may do to `seat`; nothing for anybody else.
   *
   * @param {Seat} seat
   * @returns {Item[]}
   */
  seatItems(seat) {
    const { room, ending } = this.session;
    if (!room.isHost || !room.isOpen || ending || seat.is_host || seat.removed_at) return [];
    return [{ label: "Remove…", isFinal: true, onChoose: () => void this.remove(seat.alias) }];
  }

  /** @param {string} alias */
  async remove(alias) {
    const { api, room } = this.session;
    const name = shownName(room, alias);
    const isRemoved = await confirm({
      title: `Remove ${name}?`,
      text: `Their link stops working at once, and whatever listens for ${alias} is told to stop. What they said stays.`,
      action: "Remove",
      onYes: () => api.remove(alias),
    });
    if (isRemoved) this.onDone(`${name} was removed.`);
  }

  async close() {
    const { api, room } = this.session;
    const isClosed = await confirm({
      title: `Close ${room.id}?`,
      text: "Nobody can write here any more, and nobody can open it again. What was said stays with you, the host.",
      action: "Close for good",
      cancel: "Keep it open",
      onYes: () => api.close(),
    });
    if (isClosed) this.onDone("The room is closed.");
  }
}
