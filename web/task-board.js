// @ts-check
/** The task board of the room: what is known of it, and what is asked of the room when somebody takes a step. */

import { blockedBy, heard, isFinished, opened } from "./task-fold.js";
import { sentence } from "./sentence.js";
import { askAssignee, askEdit, askNewTask, askResult, askWhyNot } from "./views/task-dialogs.js";
import { TaskList } from "./views/task-list.js";
import { showTask } from "./views/whole-task.js";

/** @import { Page } from "./boarding.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */
/** @import { Task } from "./task-fold.js" */
/** @import { Step, WholeTask } from "./views/whole-task.js" */

const TICK_SECONDS = 30; // what is due in minutes is right to the minute, or nearly

export class TaskBoard {
  name = "tasks";
  title = "Tasks";
  /** @type {import("./task-fold.js").TaskBoard | null} */
  #board = null;
  /** @type {Message[]} */
  #early = []; // heard while the room was asked
  #isLearning = false;
  #isOpening = false;

  /**
   * @param {Session} session
   * @param {Page} page
   */
  constructor(session, { tell }) {
    this.session = session;
    this.tell = tell;
    this.view = new TaskList({
      onAdd: () => void this.#add(),
      onOpen: (id) => void this.#open(id),
      onClaim: (id) => void this.#step(id, "claim", `Task ${id} is yours.`),
      onRelease: (id) => void this.#step(id, "release", `Task ${id} is open again.`),
      onComplete: (id) => void this.#complete(id),
    });
    this.node = this.view.node;
    setInterval(() => document.hidden || this.show(), TICK_SECONDS * 1000);
  }

  /** Ask the room for the whole board. What is heard meanwhile is put on top: whatever is told twice ends as it is. */
  async learn() {
    this.#isLearning = true;
    try {
      /** @type {Task[]} */
      const tasks = [];
      let page = await this.session.api.tasks(0);
      const lastId = page.last_id;
      for (;;) {
        tasks.push(...page.tasks);
        if (page.next_after_id === null) break;
        page = await this.session.api.tasks(page.next_after_id);
      }
      this.#board = this.#early.reduce(heard, opened(tasks, lastId));
    } finally {
      this.#isLearning = false;
      this.#early = [];
    }
  }

  /** @param {readonly Message[]} records */
  heard(records) {
    if (this.#isLearning) this.#early.push(...records);
    if (!this.#board) return;
    this.#board = records.reduce(heard, this.#board);
  }

  show() {
    const { room, ending } = this.session;
    if (this.#board) this.view.show(this.#board, room, { mayWrite: room.isOpen && room.mayPost && !ending });
  }

  async #add() {
    const { api, room } = this.session;
    const clientId = `web-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    if (await askNewTask({ room, onAdd: (task) => api.addTask({ ...task, client_id: clientId }) })) this.tell("The task is on the board.");
  }

  /** @param {number} id */
  async #complete(id) {
    const task = this.#board?.tasks.get(id);
    if (!task) return;
    const isDone = await askResult({ task, onComplete: (result) => this.session.api.stepTask(id, "complete", { result }) });
    if (isDone) this.tell(`Task ${id} is completed.`);
  }

  /** @param {number} id */
  async #open(id) {
    if (this.#isOpening) return; // a second press before the dialog is there asks for the same
    this.#isOpening = true;
    const { api, room } = this.session;
    try {
      const { task } = await api.task(id);
      const step = await showTask({ task, blocked: this.#board ? blockedBy(this.#board, task) : [], room, steps: this.#stepsOf(task) });
      if (step) await this.#change(task, step);
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#isOpening = false;
    }
  }

  /**
   * What the reader may change of a task: its author may, and the host; who is at it, only the host takes it from.
   *
   * @param {Task} task
   * @returns {Step[]}
   */
  #stepsOf(task) {
    const { room, ending } = this.session;
    const isTheirs = room.isHost || task.added_by === room.me;
    if (!isTheirs || !room.isOpen || !room.mayPost || ending || isFinished(task)) return [];
    const isFree = room.isHost || task.holder === null || task.holder === room.me;
    return isFree ? ["edit", "reassign", "cancel"] : ["edit", "cancel"];
  }

  /**
   * @param {WholeTask} task
   * @param {Step} step
   */
  async #change(task, step) {
    const { api, room } = this.session;
    const asked = (/** @type {object} */ body) => api.stepTask(task.id, step, body);
    switch (step) {
      case "edit":
        return (await askEdit({ task, onEdit: asked })) && this.tell(`Task ${task.id} is changed.`);
      case "reassign":
        return (await askAssignee({ task, room, onAssign: (assignee) => asked({ assignee }) })) && this.tell(`Task ${task.id} is reassigned.`);
      case "cancel":
        return (await askWhyNot({ task, onCancel: (reason) => asked({ reason }) })) && this.tell(`Task ${task.id} is cancelled.`);
    }
  }

  /**
   * @param {number} id
   * @param {string} step
   * @param {string} done
   */
  async #step(id, step, done) {
    try {
      await this.session.api.stepTask(id, step, {});
      this.tell(done);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** @param {unknown} error */
  #refused(error) {
    this.tell(sentence(/** @type {Error} */ (error).message));
  }
}
