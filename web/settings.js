// @ts-check
/** What somebody chose for this room in this browser: kept where the browser keeps anything, and the same in all its tabs. */

const key = () => `agentgather:settings:${location.pathname}`;

export class Settings {
  #chosen = read();

  /** @param {() => void} onChange something was chosen in another tab */
  constructor(onChange) {
    addEventListener("storage", (event) => {
      if (event.key !== key()) return;
      this.#chosen = read();
      onChange();
    });
  }

  /**
   * What was chosen for `name`, if it is one of `choices`; whoever else could write there may have written anything.
   *
   * @template {string} T
   * @param {string} name
   * @param {readonly T[]} choices
   * @returns {T | null}
   */
  of(name, choices) {
    return choices.find((choice) => choice === this.#chosen[name]) ?? null;
  }

  /**
   * @param {string} name
   * @param {string} choice
   */
  choose(name, choice) {
    this.#chosen = { ...this.#chosen, [name]: choice };
    try {
      localStorage.setItem(key(), JSON.stringify(this.#chosen));
    } catch {
      // storage is closed to this page: what was chosen holds until its next load
    }
  }
}

/** @returns {Record<string, unknown>} */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(key()) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    return {};
  }
}
