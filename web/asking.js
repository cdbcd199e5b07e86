// @ts-check
/** How the room is asked: with the seat's token, and not for ever; and what is no answer. */

const ANSWER_SECONDS_MAX = 20;

/** The room said no. `code` is stable (docs/errors.md). */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {{error?: string, message?: string, retry_after?: number}} body
   */
  constructor(status, body) {
    super(body.message ?? `the room answered ${status}`);
    this.status = status;
    this.code = body.error ?? "";
    this.retryAfterSeconds = body.retry_after ?? null;
  }

  /** Whether it was said on the way, since nobody answers for the room at the moment: its host may come back. */
  get isOnTheWay() {
    return this.code === "host_unavailable" || this.code.startsWith("route_");
  }

  /** Whether asking again can change nothing: the seat is gone. */
  get isFinal() {
    return (this.status === 401 || this.status === 410) && !this.isOnTheWay;
  }
}

/** Nobody answered, or not the room. */
export class Unreachable extends Error {}

export class Asking {
  /**
   * @param {string} base ends with a slash
   * @param {string} token
   */
  constructor(base, token) {
    this.base = base;
    this.headers = { Authorization: `Bearer ${token}` };
  }

  /**
   * What the room answers. Raises Refused or Unreachable.
   *
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {{holdSeconds?: number, signal?: AbortSignal}} [until] how long the room may hold its answer, and what else ends it
   * @returns {Promise<any>}
   */
  async ask(method, path, body, { holdSeconds = 0, signal } = {}) {
    const lateness = AbortSignal.timeout((holdSeconds + ANSWER_SECONDS_MAX) * 1000);
    const response = await this.begun(path, {
      method,
      headers: body ? { ...this.headers, "Content-Type": "application/json" } : this.headers,
      body: body && JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, lateness]) : lateness,
    });
    return response.json().catch(() => {
      throw new Unreachable("the answer broke off");
    });
  }

  /**
   * Its answer, once it has begun. Raises the same.
   *
   * @param {string} path
   * @param {RequestInit} request
   * @returns {Promise<Response>}
   */
  async begun(path, request) {
    const response = await fetch(this.base + path, { ...request, cache: "no-store", referrerPolicy: "no-referrer" }).catch(
      (error) => {
        throw new Unreachable(error.name === "TimeoutError" ? "the room took too long to answer" : "the room does not answer");
      },
    );
    if (response.ok) return response;
    const answer = await response.json().catch(() => null);
    if (answer?.ok !== false) throw new Unreachable(`something on the way answered ${response.status}`);
    throw new Refused(response.status, answer);
  }
}
