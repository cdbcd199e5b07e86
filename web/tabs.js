// @ts-check
/**
 * The tabs of one seat in one browser. One of them leads: the browser's lock says which, and gives it to the next as soon
 * as that tab is gone. A leader that is frozen still has the lock; one that does not answer loses it.
 */

const LOOK_SECONDS = 2;
const QUIET_SECONDS_MAX = 5; // without a word of the leader, before it is asked for one
const UNANSWERED_LOOKS_MAX = 2; // it answers from the background too, in milliseconds

/** Whether this browser lets the tabs of this page know one another. A sandboxed page is always alone. */
export const canGather = () => isSecureContext && origin !== "null" && "locks" in navigator && "BroadcastChannel" in globalThis;

/**
 * @typedef {object} Member
 * @property {(signal: AbortSignal) => Promise<void>} lead what only one tab does, until it is over or another tab leads
 * @property {() => object} state what a leader has to say for itself when it is asked
 * @property {(message: any) => void} told by another tab; also the state of the leader
 */

export class Tabs {
  isLeading = false;
  #waiting = new AbortController();
  #isTaking = false;
  #heardAt = Date.now();
  #unanswered = 0;

  /**
   * @param {string} name the same for all tabs of a seat, and for nobody else
   * @param {Member} member
   */
  constructor(name, member) {
    this.name = name;
    this.member = member;
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }) => this.#told(data);
  }

  /** Take part until what is led is over. */
  async keep() {
    this.#ask();
    const looking = setInterval(() => this.isLeading || this.#look(), LOOK_SECONDS * 1000);
    while (!(await this.#turn()));
    clearInterval(looking);
    this.isLeading = false;
  }

  /** @param {object} message for all other tabs */
  tell(message) {
    this.channel.postMessage({ message, isLeader: this.isLeading });
  }

  /** @returns {Promise<boolean>} whether what this tab led came to its end; it did not if another tab took over */
  async #turn() {
    const leading = new AbortController();
    this.#waiting = new AbortController();
    const how = this.#isTaking ? { steal: true } : { signal: this.#waiting.signal };
    this.#isTaking = false;
    try {
      await navigator.locks.request(this.name, how, () => {
        this.isLeading = true;
        return this.member.lead(leading.signal);
      });
      return true;
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "AbortError") throw error;
      this.isLeading = false;
      this.#heardFromLeader();
      leading.abort();
      return false;
    }
  }

  #look() {
    if (Date.now() - this.#heardAt < QUIET_SECONDS_MAX * 1000) return;
    if (this.#unanswered++ === 0) this.#ask();
    else if (this.#unanswered > UNANSWERED_LOOKS_MAX + 1) this.#take();
  }

  #ask() {
    this.channel.postMessage({ isQuestion: true });
  }

  #take() {
    this.#heardFromLeader();
    this.#isTaking = true;
    this.#waiting.abort();
  }

  #heardFromLeader() {
    this.#heardAt = Date.now();
    this.#unanswered = 0;
  }

  /** @param {{isQuestion?: boolean, isLeader?: boolean, message?: object}} said */
  #told({ isQuestion, isLeader, message }) {
    if (isQuestion) return this.isLeading && this.tell(this.member.state());
    if (isLeader) this.#heardFromLeader();
    this.member.told(message);
  }
}
