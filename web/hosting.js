// @ts-check
/** What the host does to seats, beside steering the room: asks what has to be asked, tells the room, says that it is done. */

import { hostDialogs } from "./dialogs.js";
import { distinctName } from "./names.js";
import { Steering } from "./steering.js";

/** @import { Session } from "./session.js" */
/** @import { Invitation, Seat } from "./shapes.js" */
/** @import { Item } from "./views/menu.js" */

export class Hosting {
  /**
   * @param {Session} session
   * @param {{onDone: (text: string) => void}} actions
   */
  constructor(session, { onDone }) {
    this.session = session;
    this.onDone = onDone;
    this.steering = new Steering(session, { onDone });
  }

  get #mayHost() {
    const { room, ending } = this.session;
    return room.isHost && room.isOpen && !ending;
  }

  /**
   * What the host may do to the room as it is, with what anybody may, `shared`, before the end of it all.
   *
   * @param {readonly Item[]} shared
   * @returns {Item[]}
   */
  items(shared) {
    if (!this.#mayHost) return [...shared];
    const { steering } = this;
    const invite = { label: "Invite somebody…", onChoose: () => void this.invite() };
    const close = { label: "Close room…", isFinal: true, onChoose: () => void steering.close() };
    return [invite, ...steering.items(), ...shared, close];
  }

  /**
   * What the host may do to `seat`; nothing for anybody else.
   *
   * @param {Seat} seat
   * @returns {Item[]}
   */
  seatItems(seat) {
    if (!this.#mayHost || seat.removed_at) return [];
    const labels = { label: "Labels…", onChoose: () => void this.label(seat.alias) };
    if (seat.is_host) return [labels];
    return [
      labels,
      { label: "New link…", onChoose: () => void this.rotate(seat.alias) },
      { label: "Remove…", isFinal: true, onChoose: () => void this.remove(seat.alias) },
    ];
  }

  async invite() {
    const dialogs = await hostDialogs(this.onDone);
    if (!dialogs) return;
    /** @type {Invitation | undefined} */
    let made;
    await dialogs.askInvitation({ onInvite: async (asked) => (made = await this.session.api.invite(asked)) });
    if (!made) return;
    await dialogs.handOver(made, { title: `${made.alias} is invited` });
    this.onDone(`${made.alias} is invited.`);
  }

  /** @param {string} alias */
  async label(alias) {
    const dialogs = await hostDialogs(this.onDone);
    const { api, room } = this.session;
    const name = distinctName(room, alias);
    const labels = room.roster.get(alias)?.labels ?? [];
    if (await dialogs?.askLabels({ name, labels, onSet: (given) => api.setLabels(alias, given) })) this.onDone(`The labels of ${name} are set.`);
  }

  /** @param {string} alias */
  async rotate(alias) {
    const dialogs = await hostDialogs(this.onDone); // before the old link ends: the new one has to be shown
    if (!dialogs) return;
    const { api, room } = this.session;
    const name = distinctName(room, alias);
    /** @type {Invitation | undefined} */
    let made;
    await dialogs.confirm({
      title: `A new link for ${name}?`,
      text: `The link they have stops working at once, and whatever listens for ${alias} is cut off until it has the new one.`,
      action: "Make a new link",
      onYes: async () => (made = await api.rotate(alias)),
    });
    if (!made) return;
    await dialogs.handOver(made, { title: `The new link for ${name}` });
    this.onDone(`${name} has a new link.`);
  }

  /** @param {string} alias */
  async remove(alias) {
    const dialogs = await hostDialogs(this.onDone);
    const { api, room } = this.session;
    const name = distinctName(room, alias);
    const isRemoved = await dialogs?.confirm({
      title: `Remove ${name}?`,
      text: `Their link stops working at once, and whatever listens for ${alias} is told to stop. What they said stays.`,
      action: "Remove",
      onYes: () => api.remove(alias),
    });
    if (isRemoved) this.onDone(`${name} was removed.`);
  }
}
