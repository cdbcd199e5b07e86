// @ts-check
/** Puts the page together: an invitation becomes a seat, a seat becomes the room. Nothing is decided in the views. */

import { Api } from "./api.js";
import { Refused } from "./asking.js";
import { enter } from "./entrance.js";
import { base, isKept, isOpenedLink, keepToken, readInvitation, takeToken } from "./invitation.js";
import { OpenRoom } from "./open-room.js";
import { invitationPanel, loadingPanel, unreachablePanel } from "./views/door.js";

/** @param {Node} node */
const show = (node) => document.body.replaceChildren(node);

/** @param {string | null} refused the code of what was refused, null for who has no invitation */
function showInvitation(refused) {
  const onInvitation = (/** @type {string} */ text) => {
    const found = readInvitation(text);
    if (found === null) return "This is no invitation: the link ends with #token=… and comes from the host.";
    if ("link" in found) location.assign(found.link);
    else {
      keepToken(found.token);
      void open();
    }
    return null;
  };
  show(invitationPanel({ refused, isKept, onInvitation }));
}

async function open() {
  const token = takeToken();
  if (token === null) return showInvitation(null);
  show(loadingPanel());
  const api = new Api(base(), token);
  try {
    const { room, log } = await enter(api, { show, isKept });
    const place = new OpenRoom(api, room, log);
    show(place.node);
    place.begin();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof Refused && error.isFinal) return showInvitation(error.code);
    show(unreachablePanel({ message: error.message, onRetry: () => void open() }));
  }
}

// Another link of this room, in this tab: one seat ends, with all that listens for it, before the other begins.
addEventListener("hashchange", () => isOpenedLink() && location.reload());
void open();
