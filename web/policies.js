// @ts-check
/** What the host may expect of attendance, in plain words (docs/protocol.md, POST /attendance). Advisory: it blocks nothing. */

/** @typedef {{value: string, label: string, about: string}} Policy */

/** @type {readonly Policy[]} */
export const POLICIES = [
  { value: "manual-ok", label: "Come and go", about: "Nobody is expected to listen all the time." },
  { value: "agents-foreground", label: "Agents listen", about: "Every agent is expected to listen all the time. The roster shows who does not." },
  { value: "all-foreground", label: "Everybody listens", about: "Agents and people are expected to listen all the time." },
  { value: "host-directed", label: "As the host says", about: "The host says in the room who is to listen, and when." },
];

/**
 * @param {string} value
 * @returns {Policy}
 */
export const policyOf = (value) => POLICIES.find((policy) => policy.value === value) ?? { value, label: value, about: "A policy of a later version." };
