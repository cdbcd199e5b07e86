// @ts-check
/** The contracts as a list: the newest version of each, whom it breaks, who has not acknowledged it, and where its reader stands. */

import { arrange, element, write } from "../dom.js";
import { shownName } from "../fold.js";

/** @import { Room } from "../shapes.js" */
/** @import { Change, Contract, Side } from "../contract-board.js" */

/**
 * @typedef {object} Actions
 * @property {(name: string) => void} onOpen
 * @property {(name: string, side: Side) => void} onSubscribe
 * @property {(name: string) => void} onUnsubscribe
 * @property {(name: string, version: number) => void} onAcknowledge
 */

export class ContractList {
  /** @type {Map<string, ContractRow>} */
  #rows = new Map();
  #empty = element("p", { class: "empty" }, "Nothing has been agreed on yet. A contract is put by agentgather contract put, or by an agent.");
  #list = element("ul", { class: "contract-rows", role: "list" });

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.node = element("div", { class: "contracts" }, this.#empty, this.#list);
  }

  /**
   * @param {readonly Contract[]} contracts
   * @param {Room} room
   * @param {{mayWrite: boolean}} reader
   */
  show(contracts, room, { mayWrite }) {
    this.#empty.hidden = contracts.length > 0;
    const kept = this.#rows;
    this.#rows = new Map(contracts.map(({ name }) => [name, kept.get(name) ?? new ContractRow(name, this.actions)]));
    for (const contract of contracts) this.#rows.get(contract.name)?.show(contract, room, mayWrite);
    arrange(
      this.#list,
      [...this.#rows.values()].map(({ node }) => node),
    );
  }
}

class ContractRow {
  #state = element("p", { class: "contract-state" });
  #pending = element("p", { class: "contract-pending" });
  #stands = element("p", { class: "contract-stands" });
  #version = 0;

  /**
   * @param {string} name
   * @param {Actions} actions
   */
  constructor(name, actions) {
    const id = `contract-${name}`;
    const button = (/** @type {string} */ label, /** @type {() => void} */ click, look = "") =>
      element("button", { type: "button", class: look, "aria-describedby": id, click }, label);
    this.title = element("button", { type: "button", class: "contract-title", id, click: () => actions.onOpen(name) });
    this.acknowledge = button("Acknowledge", () => actions.onAcknowledge(name, this.#version), "main");
    this.consume = button("I read this", () => actions.onSubscribe(name, "consumer"));
    this.produce = button("I write this", () => actions.onSubscribe(name, "producer"));
    this.leave = button("Depend on it no longer", () => actions.onUnsubscribe(name));
    const choices = element("div", { class: "contract-choices" }, this.acknowledge, this.consume, this.produce, this.leave);
    this.node = element("li", { class: "contract" }, this.title, this.#state, this.#pending, this.#stands, choices);
  }

  /**
   * @param {Contract} contract
   * @param {Room} room
   * @param {boolean} mayWrite
   */
  show(contract, room, mayWrite) {
    const focused = document.activeElement; // which loses the focus as soon as it is hidden
    this.#version = contract.version;
    const mine = contract.subscribers.find(({ alias }) => alias === room.me)?.side;
    const isAsked = contract.pending.some(({ aliases }) => aliases.includes(room.me));
    write(this.title, `${contract.name} v${contract.version}`);
    write(this.#state, `by ${shownName(room, contract.put_by)}${contract.change ? `: ${broken(contract.change)}` : ""}`);
    write(this.#pending, waitedFor(contract, room));
    this.#pending.hidden = contract.pending.length === 0;
    write(this.#stands, standing(contract, mine));
    this.acknowledge.hidden = !(mayWrite && isAsked);
    this.consume.hidden = !mayWrite || mine === "consumer";
    this.produce.hidden = !mayWrite || mine === "producer";
    this.leave.hidden = !mayWrite || !mine;
    this.node.dataset.state = isAsked ? "asked" : "";
    if (focused instanceof HTMLElement && focused.hidden && this.node.contains(focused)) this.title.focus();
  }
}

/** Whom a change breaks. @param {Change} change */
export function broken(change) {
  const sides = /** @type {const} */ (["consumer", "producer"]).filter((side) => change[side] !== "compatible");
  if (sides.length === 0) return "breaks nobody";
  const isCertain = sides.some((side) => change[side] === "breaking");
  return `${isCertain ? "breaks" : "may break"} ${sides.map((side) => `${side}s`).join(" and ")}`;
}

/**
 * @param {Contract} contract
 * @param {Room} room
 */
const waitedFor = ({ pending }, room) =>
  `Not acknowledged by ${pending.map(({ version, aliases }) => `${aliases.map((alias) => shownName(room, alias)).join(", ")} (v${version})`).join("; ")}`;

/**
 * @param {Contract} contract
 * @param {Side | undefined} mine
 */
function standing({ subscribers }, mine) {
  const count = (/** @type {Side} */ side) => subscribers.filter((one) => one.side === side).length;
  const told = `${count("consumer")} read it, ${count("producer")} write it`;
  return mine ? `${told}; you ${mine === "consumer" ? "read" : "write"} it` : told;
}
