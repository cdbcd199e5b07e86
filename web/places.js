// @ts-check
/** Where the reader was: a jump to a message is a step in the browser's history, and Back returns to what was on screen. */

import { addressOf, isOpenedLink, linkedMessage } from "./invitation.js";

/**
 * @typedef {object} Place
 * @property {number | null} id of the record that was under the eye; null at the end of the room
 * @property {number | null} offset in pixels from the top of the timeline; null for a message that was jumped to
 */

export class Places {
  /** @param {{onReturn: (place: Place) => void, onLink: (id: number) => void}} actions */
  constructor(actions) {
    this.actions = actions;
  }

  /** Listen for Back, Forward, and links to a message that are opened in this tab. */
  keep() {
    addEventListener("popstate", ({ state }) => {
      const linked = linkedMessage();
      if (state?.place) this.actions.onReturn(state.place);
      else if (linked !== null && !isOpenedLink()) this.#opened(linked);
    });
  }

  /**
   * @param {Place} from
   * @param {number} id
   */
  jumped(from, id) {
    history.replaceState({ place: from }, "");
    history.pushState({ place: { id, offset: null } }, "", addressOf(id));
  }

  /**
   * The address was changed to a message's, as by hand. It becomes a place of this tab's own: where nothing else keeps the
   * token, it holds it again.
   *
   * @param {number} id
   */
  #opened(id) {
    history.replaceState({ place: { id, offset: null } }, "", addressOf(id));
    this.actions.onLink(id);
  }

  /** The reader is at the end again: a reload should not lead back to a message they have long left. */
  ended() {
    if (linkedMessage() !== null) history.replaceState({ place: { id: null, offset: null } }, "", addressOf(null));
  }
}
