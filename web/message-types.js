// @ts-check
/** What a message may be for, in the words of whoever reads and whoever writes it. Pure. */

/**
 * @typedef {object} Purpose
 * @property {string} type as the room's API names it
 * @property {string} label
 * @property {string} about what writing one asks of others
 */

/** @type {readonly Purpose[]} */
export const PURPOSES = [
  { type: "message", label: "Message", about: "whatever there is to say" },
  { type: "question", label: "Question", about: "somebody is to answer" },
  { type: "status", label: "Status", about: "how far it is" },
  { type: "request_review", label: "Review", about: "somebody is to look at what was done" },
  { type: "request_debug", label: "Debug", about: "somebody is to help find out why" },
  { type: "handoff", label: "Handoff", about: "somebody else goes on from here" },
];

/**
 * The type that a message of `type` goes out with: one that only answers another is a reply.
 *
 * @param {string} type
 * @param {number | null} replyTo
 */
export const spoken = (type, replyTo) => (type === "message" && replyTo !== null ? "reply" : type);
