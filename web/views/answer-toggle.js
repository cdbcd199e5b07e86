// @ts-check
/** Whether whoever the message names is asked to answer it: a small button that is pressed or not. */

import { element } from "../dom.js";

export class AnswerToggle {
  /** @param {{onTurn: () => void}} actions */
  constructor({ onTurn }) {
    const turn = () => {
      this.isOn = !this.isOn;
      onTurn();
    };
    const sign = element("span", { "aria-hidden": "true" }, "↩?");
    this.node = element("button", { type: "button", class: "quiet asks", title: "Ask for an answer", click: turn }, sign, element("span", { class: "unseen" }, "Ask for an answer"));
    this.isOn = false;
  }

  get isOn() {
    return this.node.getAttribute("aria-pressed") === "true";
  }

  set isOn(isOn) {
    this.node.setAttribute("aria-pressed", String(isOn));
  }
}
