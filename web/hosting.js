// @ts-check
/** What the host does to the room: asks what has to be asked, tells the room, and says that it is done. */

import { confirm } from "./views/confirm.js";

/** @import { Session } from "./session.js" */
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
