// @ts-check
/** How the host steers the room: its brief, what is expected, its time, and its end. */

import { hostDialogs } from "./dialogs.js";

/** @import { BriefEditor } from "./views/host/brief-editor.js" */
/** @import { Session } from "./session.js" */
/** @import { Item } from "./views/menu.js" */

export class Steering {
  /** @type {BriefEditor | null} */
  #editor = null;
  /** @type {string | null} */
  #unsaved = null;

  /**
   * @param {Session} session
   * @param {{onDone: (text: string) => void}} actions
   */
  constructor(session, { onDone }) {
    this.session = session;
    this.onDone = onDone;
  }

  /** Whether something was written here that would be lost with the page. */
  get isUnsaved() {
    return this.#unsaved !== null || (this.#editor?.unsaved ?? null) !== null;
  }

  /**
   * What the host may do to the room as it is.
   *
   * @returns {Item[]}
   */
  items() {
    const { paused, session } = this.session.room;
    const call = { label: "Start session…", onChoose: () => void this.startSession() };
    const end = { label: "End session…", onChoose: () => void this.endSession() };
    return [
      { label: "Edit the brief…", onChoose: () => void this.editBrief() },
      { label: "Attendance…", onChoose: () => void this.setPolicy() },
      { label: "Time…", onChoose: () => void this.extend() },
      session ? end : call,
      ...(paused.length ? [{ label: "Continue", about: "lets paused agents speak", onChoose: () => void this.goOn() }] : []),
    ];
  }

  /** The room is known differently now. */
  changed() {
    this.#editor?.show(this.session.room);
  }

  async editBrief() {
    const dialogs = await hostDialogs(this.onDone);
    if (!dialogs || this.#editor) return;
    const { api, room } = this.session;
    this.#editor = new dialogs.BriefEditor(room, { draft: this.#unsaved, onSave: (body) => api.setBrief(body) });
    const isSaved = await this.#editor.open();
    this.#unsaved = isSaved ? null : this.#editor.unsaved;
    this.#editor = null;
    if (isSaved) this.onDone("The brief is saved. Everybody is told.");
  }

  async setPolicy() {
    const dialogs = await hostDialogs(this.onDone);
    const { api, room } = this.session;
    if (await dialogs?.askPolicy({ policy: room.policy, onSet: (policy) => api.setPolicy(policy) })) this.onDone("The policy is set. Everybody is told.");
  }

  async extend() {
    const dialogs = await hostDialogs(this.onDone);
    const { api, room } = this.session;
    if (await dialogs?.askExtension({ expiresAt: room.expiresAt, onExtend: (ttl) => api.extend(ttl) })) this.onDone("The room's end was moved.");
  }

  async startSession() {
    const dialogs = await hostDialogs(this.onDone);
    const isOn = await dialogs?.confirm({
      title: "Start a session?",
      text: "Everybody is called to work together now, and agents that can be woken are woken. It stops nobody, and goes on until you end it.",
      action: "Call everybody",
      onYes: () => this.session.api.session("start"),
    });
    if (isOn) this.onDone("The session is on. Everybody is called.");
  }

  async endSession() {
    const dialogs = await hostDialogs(this.onDone);
    const isOver = await dialogs?.confirm({
      title: "End the session?",
      text: "Everybody is told. The room stays open.",
      action: "End it",
      onYes: () => this.session.api.session("end"),
    });
    if (isOver) this.onDone("The session is over.");
  }

  async goOn() {
    const refusal = await this.session.api.continue().then(
      () => null,
      (error) => error.message,
    );
    this.onDone(refusal ?? "Agents may speak again.");
  }

  async close() {
    const dialogs = await hostDialogs(this.onDone);
    const { api, room } = this.session;
    const isClosed = await dialogs?.confirm({
      title: `Close ${room.id}?`,
      text: "Nobody can write here any more, and nobody can open it again. What was said stays with you, the host.",
      action: "Close for good",
      cancel: "Keep it open",
      onYes: () => api.close(),
    });
    if (isClosed) this.onDone("The room is closed.");
  }
}
