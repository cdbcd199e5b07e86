// @ts-check
/** From a token to the room as it is now: who am I here, what am I called, I join, what was said. */

import { opened } from "./fold.js";
import { linkedMessage } from "./invitation.js";
import { Log } from "./log.js";
import { sentence } from "./sentence.js";
import { agentSeatPanel, loadingPanel, namePanel } from "./views/door.js";

/** @import { Api } from "./api.js" */
/** @import { Room, Seat, Status } from "./shapes.js" */

/** @typedef {{show: (node: Node) => void, isKept: boolean}} Place where it is asked, and whether the browser will know it again */

/**
 * Join, with what has to be asked first, and learn the room and the part of its log where its reader begins. Raises Refused
 * or Unreachable.
 *
 * @param {Api} api
 * @param {Place} place
 * @returns {Promise<{room: Room, log: Log}>}
 */
export async function enter(api, place) {
  const first = await api.status();
  if (first.room_status === "open") await join(api, first, place);
  const log = new Log(api);
  const readId = seatOf(first)?.read_id ?? 0;
  const [status, asked] = await Promise.all([
    api.status(),
    api.brief(),
    log.open({ lastId: first.last_id, readId, linkedId: linkedMessage() }),
  ]);
  // It changed between the two answers: the record that tells so counts as heard.
  const { brief } = asked.brief.brief_version < status.brief_version ? await api.brief() : asked;
  log.reached(status.last_id);
  return { room: opened(status, brief), log };
}

/**
 * @param {Api} api
 * @param {Status} status
 * @param {Place} place
 */
async function join(api, status, place) {
  const me = seatOf(status);
  if (me && !me.has_joined && me.kind === "agent" && !me.is_host) await asAgent(me, place);
  if (me && me.kind === "human" && me.display_name === undefined && !me.has_joined) await asNewcomer(api, status, me, place);
  else await api.join();
  place.show(loadingPanel());
}

/** @param {Status} status */
const seatOf = ({ participants, me }) => participants.find((seat) => seat.alias === me);

/**
 * @param {Seat} me
 * @param {Place} place
 * @returns {Promise<void>}
 */
const asAgent = (me, { show }) => new Promise((onOpen) => show(agentSeatPanel({ alias: me.alias, onOpen })));

/**
 * @param {Api} api
 * @param {Status} status
 * @param {Seat} me
 * @param {Place} place
 * @returns {Promise<void>}
 */
function asNewcomer(api, status, me, { show, isKept }) {
  return new Promise((resolve) => {
    const joined = async (/** @type {() => Promise<unknown>} */ name) => {
      try {
        await name();
        await api.join();
        resolve();
        return null;
      } catch (error) {
        return sentence(/** @type {Error} */ (error).message);
      }
    };
    show(
      namePanel({
        room: status.room,
        alias: me.alias,
        isKept,
        onName: (name) => joined(() => api.rename(name)),
        onSkip: () => joined(async () => {}),
      }),
    );
  });
}
