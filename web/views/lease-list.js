// @ts-check
/** The leases as a list: the paths, who holds them, for how long, and what for. */

import { duration } from "../clock.js";
import { arrange, element, fill, write } from "../dom.js";
import { shownName } from "../fold.js";
import { shown } from "../names.js";

/** @import { Held } from "../lease-board.js" */
/** @import { Room } from "../shapes.js" */

/** @typedef {{onRelease: (id: number) => void}} Actions */

export class LeaseList {
  /** @type {Map<number, LeaseRow>} */
  #rows = new Map();
  #empty = element("p", { class: "empty" }, "Nobody holds any path. A lease is taken by agentgather lease take, or by an agent.");
  #list = element("ul", { class: "lease-rows", role: "list" });

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.node = element("div", { class: "leases", tabindex: -1 }, this.#empty, this.#list);
  }

  /**
   * @param {readonly Held[]} leases
   * @param {Room} room
   * @param {{now: number, mayWrite: boolean}} reader
   */
  show(leases, room, { now, mayWrite }) {
    this.#empty.hidden = leases.length > 0;
    const hadFocus = this.#list.contains(document.activeElement);
    const kept = this.#rows;
    this.#rows = new Map(leases.map(({ id }) => [id, kept.get(id) ?? new LeaseRow(id, this.actions)]));
    for (const lease of leases) this.#rows.get(lease.id)?.show(lease, room, { now, mayWrite });
    arrange(
      this.#list,
      [...this.#rows.values()].map(({ node }) => node),
    );
    if (hadFocus && !this.#list.contains(document.activeElement)) this.node.focus(); // its row is gone
  }
}

class LeaseRow {
  #globs = element("p", { class: "lease-globs" });
  #state = element("p", { class: "lease-state" });
  #note = element("p", { class: "lease-note" });

  /**
   * @param {number} id
   * @param {Actions} actions
   */
  constructor(id, actions) {
    this.#globs.id = `lease-${id}`;
    this.release = element("button", { type: "button", "aria-describedby": `lease-${id}`, click: () => actions.onRelease(id) });
    this.node = element("li", { class: "lease", "data-id": id }, this.#globs, this.#state, this.#note, this.release);
  }

  /**
   * @param {Held} lease
   * @param {Room} room
   * @param {{now: number, mayWrite: boolean}} reader
   */
  show({ holder, globs, note, endsAt }, room, { now, mayWrite }) {
    const isMine = holder === room.me;
    if (this.#globs.textContent !== globs.join(" ")) fill(this.#globs, ...globs.flatMap((glob, at) => [at ? " " : "", element("code", {}, glob)]));
    write(this.#state, `${isMine ? "yours" : `held by ${shownName(room, holder)}`} for ${duration(endsAt - now)} more`);
    write(this.#note, shown(note));
    this.#note.hidden = this.#note.textContent === "";
    write(this.release, isMine ? "Release" : "Take back");
    this.release.hidden = !(mayWrite && (isMine || room.isHost));
  }
}
