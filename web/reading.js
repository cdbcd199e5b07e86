// @ts-check
/** Tells the room how far its reader has read: not at every line, and never of what was not on screen. */

/** @import { Api } from "./api.js" */

const PAUSE_SECONDS = 3; // between two tellings; the room takes 60 writes a minute from everybody

export class Reading {
  /** Everything through this record was seen: here, in another tab, or by the same reader somewhere else. */
  seenId = 0;
  /** Of that, what somebody saw who was at the page: it may lie on a screen beside the one they look at. */
  watchedId = 0;
  #toldId = 0;
  /** @type {ReturnType<typeof setTimeout> | null} */
  #timer = null;

  /**
   * @param {Api} api
   * @param {{seen: (id: number, isWatched: boolean) => void, changed: () => void}} listener `seen`: on this screen; `changed`: anywhere
   */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
  }

  /**
   * The reader has the record `id` and all before it on screen.
   *
   * @param {number} id
   */
  seen(id) {
    if (document.hidden || id <= this.seenId) return;
    this.seenId = id;
    if (document.hasFocus()) this.watchedId = id;
    this.#timer ??= setTimeout(() => void this.#tell(), PAUSE_SECONDS * 1000);
    this.listener.seen(id, document.hasFocus());
    this.listener.changed();
  }

  /**
   * The reader saw the record `id` and all before it on another screen, which tells the room itself.
   *
   * @param {number} id
   * @param {boolean} [isWatched]
   */
  seenElsewhere(id, isWatched = false) {
    if (isWatched) this.watchedId = Math.max(id, this.watchedId);
    if (id <= this.seenId) return;
    this.seenId = this.#toldId = id;
    this.listener.changed();
  }

  async #tell() {
    this.#timer = null;
    if (this.seenId <= this.#toldId) return;
    const id = this.seenId;
    await this.api.read(id).then(
      () => (this.#toldId = Math.max(id, this.#toldId)),
      () => {}, // a mark of presence: the next one tells it
    );
  }
}
