// @ts-check
/** What stands before the room: no invitation, one that no longer opens, a name to choose, a room that is not there. */

import { element, fill } from "../dom.js";
import { keeping } from "./keeping.js";

/** @type {Record<string, {title: string, text: string}>} by the code of what was refused (docs/errors.md) */
const REFUSED = {
  removed: {
    title: "You were removed from this room",
    text: "Its host took your seat away, and your link opens nothing any more. If that surprises you, ask them: a new invitation lets you in again.",
  },
  token_expired: {
    title: "Your invitation has run out",
    text: "It was made for a limited time, which is over. Ask the host for a new link; nothing that was said is lost.",
  },
  unauthorized: {
    title: "Your invitation does not open this room",
    text: "Either it was replaced by a newer one, or it is for another room, or a part of it is missing. Ask the host for a new link.",
  },
};
const UNINVITED = {
  title: "You need an invitation",
  text: "This is a room where people and agents work together. It lives on its host's own machine, and opens to those who were invited.",
};

/**
 * Somebody without a seat.
 *
 * @param {{refused: string | null, isKept: boolean, onInvitation: (text: string) => string | null}} asked `refused`: the code of
 *   what was refused, null for who has no invitation; `onInvitation` answers what is wrong with what was pasted, null when it
 *   leads on
 */
export function invitationPanel({ refused, isKept, onInvitation }) {
  const { title, text } = refused === null ? UNINVITED : (REFUSED[refused] ?? REFUSED["unauthorized"] ?? UNINVITED);
  return panel(
    title,
    element("p", {}, text),
    element("p", {}, "The host sends everybody a link of their own. Open yours, or paste it here."),
    question({
      label: "Your invitation link",
      button: "Open the room",
      placeholder: "https://…/#token=…",
      onAnswer: async (answer) => onInvitation(answer),
    }),
    element("p", { class: "aside" }, "Keep the link to yourself: whoever has it speaks as you."),
    keeping(isKept),
  );
}

/**
 * A person whom the room does not know by a name yet. `onName` and `onSkip` answer what the room refused, if it did.
 *
 * @param {{room: string, alias: string, isKept: boolean, onName: (name: string) => Promise<string | null>,
 *   onSkip: () => Promise<string | null>}} asked
 */
export function namePanel({ room, alias, isKept, onName, onSkip }) {
  const wrong = element("p", { class: "wrong", role: "alert" });
  const skip = async () => fill(wrong, await onSkip());
  return panel(
    "What should we call you?",
    element("p", {}, "You are about to join ", element("strong", {}, room), ". Everybody here will see this name."),
    question({ label: "Your name", button: "Join", maxLength: 60, autocomplete: "name", onAnswer: onName }),
    element("button", { type: "button", class: "quiet", click: () => void skip() }, `Join simply as ${alias}`),
    wrong,
    keeping(isKept),
  );
}

/**
 * A person who holds an agent's link.
 *
 * @param {{alias: string, onOpen: () => void}} asked
 */
export function agentSeatPanel({ alias, onOpen }) {
  return panel(
    `This link belongs to ${alias}, an agent`,
    element("p", {}, `Whatever is written here would be said by ${alias}. To talk as yourself, ask the host for a link of your own.`),
    element("button", { type: "button", class: "main", click: onOpen }, `Open as ${alias}`),
  );
}

/**
 * @param {{message: string, onRetry: () => void}} asked
 */
export function unreachablePanel({ message, onRetry }) {
  return panel(
    "The room does not answer",
    element("p", {}, `${message[0]?.toUpperCase()}${message.slice(1)}.`),
    element("p", {}, "A room lives on its host's own machine and is there while that machine serves it."),
    element("button", { type: "button", class: "main", click: onRetry }, "Try again"),
  );
}

export const loadingPanel = () =>
  element("main", { class: "door" }, element("p", { class: "loading", role: "status" }, "Opening the room…"));

/**
 * @param {string} title
 * @param {...(Node | null)} content
 */
function panel(title, ...content) {
  return element(
    "main",
    { class: "door" },
    element("div", { class: "panel" }, element("p", { class: "mark" }, "Agent Gather"), element("h1", {}, title), ...content),
  );
}

/**
 * One line to fill in. What `onAnswer` answers is shown as what is wrong with it.
 *
 * @param {{label: string, button: string, placeholder?: string, maxLength?: number, autocomplete?: string,
 *   onAnswer: (text: string) => Promise<string | null>}} asked
 */
function question({ label, button, placeholder, maxLength, autocomplete = "off", onAnswer }) {
  const input = element("input", {
    id: "answer",
    type: "text",
    required: true,
    autofocus: true,
    placeholder,
    autocomplete,
    maxlength: maxLength,
    spellcheck: "false",
  });
  const wrong = element("p", { class: "wrong", role: "alert" });
  const submit = element("button", { class: "main" }, button);
  const answer = async (/** @type {Event} */ event) => {
    event.preventDefault();
    submit.disabled = true;
    fill(wrong, await onAnswer(input.value));
    submit.disabled = false;
  };
  return element("form", { submit: answer }, element("label", { for: "answer" }, label), input, wrong, submit);
}
