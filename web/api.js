// @ts-check
/** The room's public API as this page uses it. The token is in a header and nowhere else. */

import { Asking, Unreachable } from "./asking.js";

/** @import { Change, Contract } from "./contract-board.js" */
/** @import { Version as ContractVersion } from "./views/contract-dialog.js" */
/** @import { Lease } from "./lease-board.js" */
/** @import { SearchQuery } from "./search-query.js" */
/** @import { Brief, Invitation, Message, MessageDelivery, Status } from "./shapes.js" */
/** @import { Task } from "./task-fold.js" */

const HOLD_SECONDS = 25;

export class Api extends Asking {
  /** What is the same for this seat wherever it is opened, and does not give its token away. Needs a secure context. */
  async seatDigest() {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`tabs of ${this.headers.Authorization}`));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** @returns {Promise<Status>} */
  status = () => this.ask("GET", "status");

  /** @returns {Promise<{brief: Brief}>} */
  brief = () => this.ask("GET", "brief");

  join = () => this.ask("POST", "join", {});

  close = () => this.ask("POST", "close", {});

  /** @param {"start" | "end"} action */
  session = (action) => this.ask("POST", "session", { action });

  continue = () => this.ask("POST", "continue", {});

  /** @param {string} body */
  setBrief = (body) => this.ask("POST", "brief", { body });

  /** @param {string} policy */
  setPolicy = (policy) => this.ask("POST", "attendance", { policy });

  /** @param {string} ttl from now, as `2h`, or `none` */
  extend = (ttl) => this.ask("POST", "extend", { ttl });

  /**
   * @param {{alias: string, kind: string, role: string, labels?: readonly string[], requested_mode?: string, ttl?: string, rotate?: boolean}} seat
   * @returns {Promise<Invitation>}
   */
  invite = (seat) => this.ask("POST", "invites", seat);

  /**
   * @param {string} alias
   * @returns {Promise<Invitation>}
   */
  rotate = (alias) => this.ask("POST", `participants/${encodeURIComponent(alias)}/rotate`, {});

  /** @param {string} alias */
  remove = (alias) => this.ask("POST", `participants/${encodeURIComponent(alias)}/remove`, {});

  /**
   * @param {string} alias
   * @param {readonly string[]} labels
   */
  setLabels = (alias, labels) => this.ask("POST", `participants/${encodeURIComponent(alias)}/labels`, { labels });

  /** @param {string} name */
  rename = (name) => this.ask("POST", "profile", { display_name: name });

  /** @param {number} id */
  read = (id) => this.ask("POST", "read", { through_id: id });

  /**
   * What of the room's export comes after `sinceId`.
   *
   * @param {string} format
   * @param {number} sinceId
   * @returns {Promise<{text: string, next_since_id: number, has_more: boolean}>}
   */
  exportPart = (format, sinceId) => this.ask("GET", `export/parts?format=${format}&since_id=${sinceId}`);

  /**
   * The last records before `id`.
   *
   * @param {number} id
   * @param {number} count
   * @returns {Promise<{messages: Message[], has_more: boolean}>}
   */
  before = (id, count) => this.ask("GET", `messages?before_id=${id}&limit=${count}`);

  /**
   * The first records after `id`.
   *
   * @param {number} id
   * @param {number} count
   * @returns {Promise<{messages: Message[], has_more: boolean}>}
   */
  since = (id, count) => this.ask("GET", `messages?since_id=${id}&limit=${count}`);

  /**
   * @param {number} id
   * @returns {Promise<{message: Message}>}
   */
  message = (id) => this.ask("GET", `messages/${id}`);

  /**
   * What became of a message at each of those it is for.
   *
   * @param {number} id
   * @returns {Promise<MessageDelivery>}
   */
  delivery = (id) => this.ask("GET", `messages/${id}/delivery`);

  /**
   * The same of the newest messages that this seat said to somebody, newest first.
   *
   * @returns {Promise<{deliveries: readonly MessageDelivery[]}>}
   */
  deliveries = () => this.ask("GET", "deliveries");

  /** @param {number} id */
  retract = (id) => this.ask("POST", `messages/${id}/retract`, {});

  /**
   * What the room finds before the record `beforeId`, newest first. A page may hold less than there is, or nothing.
   *
   * @param {SearchQuery} query
   * @param {{beforeId: number | null, count: number, signal: AbortSignal}} page
   * @returns {Promise<{messages: Message[], next_before_id: number | null, has_more: boolean}>}
   */
  search(query, { beforeId, count, signal }) {
    const asked = new URLSearchParams({ ...query, limit: String(count) });
    if (beforeId !== null) asked.set("before_id", String(beforeId));
    return this.ask("GET", `search?${asked}`, undefined, { signal });
  }

  /**
   * The tasks after the one with the number `afterId`.
   *
   * @param {number} afterId
   * @returns {Promise<{tasks: Task[], next_after_id: number | null, last_id: number}>}
   */
  tasks = (afterId) => this.ask("GET", `tasks?after_id=${afterId}`);

  /**
   * @param {number} id
   * @returns {Promise<{task: Task & {description: string, result: string}}>}
   */
  task = (id) => this.ask("GET", `tasks/${id}`);

  /** @param {object} task */
  addTask = (task) => this.ask("POST", "tasks", task);

  /**
   * @param {number} id
   * @param {string} step
   * @param {object} body
   */
  stepTask = (id, step, body) => this.ask("POST", `tasks/${id}/${step}`, body);

  /** @returns {Promise<{leases: readonly Lease[]}>} */
  leases = () => this.ask("GET", "leases");

  /** @param {number} id */
  releaseLease = (id) => this.ask("POST", `leases/${id}/release`, {});

  /** @returns {Promise<{contracts: readonly Contract[], last_id: number}>} */
  contracts = () => this.ask("GET", "contracts");

  /**
   * @param {string} name
   * @param {number} [version] the newest, when not said
   * @returns {Promise<{contract: Contract, version: ContractVersion, versions: readonly {version: number, change: Change | null}[]}>}
   */
  contract = (name, version) => this.ask("GET", `contracts/${name}${version ? `?version=${version}` : ""}`);

  /**
   * @param {string} name
   * @param {string} step
   * @param {object} body
   */
  stepContract = (name, step, body) => this.ask("POST", `contracts/${name}/${step}`, body);

  /**
   * @param {{text: string, type: string, client_msg_id: string, reply_to?: number, need_reply?: boolean}} message
   * @returns {Promise<{message: Message}>}
   */
  say = (message) => this.ask("POST", "messages", message);

  /**
   * @param {number} sinceId
   * @param {AbortSignal} signal
   * @returns {Promise<{messages: Message[], reason: string}>}
   */
  wait = (sinceId, signal) =>
    this.ask("GET", `wait?since_id=${sinceId}&hold=${HOLD_SECONDS}`, undefined, { holdSeconds: HOLD_SECONDS, signal });

  /**
   * The stream of records after `sinceId`, once the room has begun to answer.
   *
   * @param {number} sinceId
   * @param {AbortSignal} signal
   * @returns {Promise<ReadableStream<Uint8Array>>}
   */
  async events(sinceId, signal) {
    const response = await this.begun(`events?since_id=${sinceId}`, {
      headers: { ...this.headers, Accept: "text/event-stream" },
      signal,
    });
    if (!response.body) throw new Unreachable("this browser cannot read a stream");
    return response.body;
  }
}
