// @ts-check
/** The room as a fold over its records: what was known, and one more record, make what is known now. Pure. */

import { nameOf } from "./names.js";

/** @import { Brief, Message, Room, RoomEvent, Seat, Status } from "./shapes.js" */

/**
 * The room as a status and its brief tell it.
 *
 * @param {Status} status
 * @param {Brief} brief
 * @returns {Room}
 */
export function opened(status, brief) {
  return {
    id: status.room,
    me: status.me,
    isHost: status.is_host,
    isOpen: status.room_status === "open",
    mayPost: status.role !== "observer",
    lastId: status.last_id,
    roster: byAlias(status.participants),
    brief,
    policy: status.attendance_policy,
    expiresAt: status.expires_at,
    paused: status.paused,
    session: status.session ?? null,
  };
}

/**
 * `room` once `record` was heard. One that was heard before changes nothing.
 *
 * @param {Room} room
 * @param {Message} record
 * @returns {Room}
 */
export function heard(room, record) {
  if (record.id <= room.lastId) return room;
  const next = { ...room, lastId: record.id };
  if (record.event) return changed(next, record.event, record.ts);
  const isHuman = room.roster.get(record.from)?.kind === "human";
  return isHuman && room.paused.length ? { ...next, paused: [] } : next;
}

/**
 * `room` with the presence that a fresh status tells; one that is older than what was heard since is of no use.
 *
 * @param {Room} room
 * @param {Status} status
 * @returns {Room}
 */
export function withStatus(room, status) {
  if (status.last_id < room.lastId) return room;
  const roster = byAlias(status.participants);
  return { ...room, roster, paused: status.paused, expiresAt: status.expires_at, policy: status.attendance_policy, session: status.session ?? null };
}

/**
 * How `alias` is shown.
 *
 * @param {Room} room
 * @param {string} alias
 */
export const shownName = (room, alias) => nameOf(room.roster.get(alias), alias);

/**
 * @param {Room} room
 * @param {RoomEvent} event
 * @param {string} at when
 * @returns {Room}
 */
function changed(room, event, at) {
  switch (event.kind) {
    case "participant.invited":
      return withInvited(room, event);
    case "participant.joined":
      return withSeat(room, event.alias, { has_joined: true, attendance_state: "attending", live_state: undefined, last_seen_age_ms: 0 });
    case "participant.left":
      return withSeat(room, event.alias, { has_joined: false, attendance_state: "away", live_state: undefined, working_on: undefined });
    case "participant.removed":
      return { ...withSeat(room, event.alias, { has_joined: false, removed_at: at }), paused: without(room.paused, event.alias) };
    case "profile.changed":
      return withSeat(room, event.alias, { display_name: event.display_name });
    case "labels.set":
      return withSeat(room, event.alias, { labels: event.labels });
    case "session.started":
      return { ...room, session: { by: event.by, started_at: at, expected_minutes: event.expected_minutes, policy: event.policy } };
    case "session.ended":
      return { ...room, session: null };
    case "brief.changed":
      return { ...room, brief: { body: event.body, brief_version: event.version, brief_updated_by: event.by, brief_updated_at: at } };
    case "policy.set":
      return { ...room, policy: event.policy };
    case "expiry.moved":
      return { ...room, expiresAt: event.expires_at };
    case "loop.tripped":
      return { ...room, paused: [...without(room.paused, event.alias), event.alias] };
    case "loop.continued":
      return { ...room, paused: [] };
    case "room.closed":
      return { ...room, isOpen: false, session: null };
    default:
      return room; // what changes a record (span.js), or comes with a later version: still a line to read
  }
}

/**
 * A new seat, or one that exists and was invited anew.
 *
 * @param {Room} room
 * @param {RoomEvent} event
 * @returns {Room}
 */
function withInvited(room, event) {
  const { alias, participant_kind: kind, role } = event;
  const known = room.roster.get(alias) ?? { has_joined: false, attendance_state: "manual", last_seen_age_ms: 0, labels: [] };
  /** @type {Seat} */
  const seat = { ...known, alias, kind, role, is_host: role === "host", removed_at: undefined, labels: event.labels ?? known.labels };
  return { ...room, roster: new Map([...room.roster, [alias, seat]]) };
}

/**
 * @param {Room} room
 * @param {string} alias
 * @param {Partial<Seat>} change
 * @returns {Room}
 */
function withSeat(room, alias, change) {
  const seat = room.roster.get(alias);
  return seat ? { ...room, roster: new Map([...room.roster, [alias, { ...seat, ...change }]]) } : room;
}

/**
 * @param {readonly string[]} aliases
 * @param {string} alias
 */
const without = (aliases, alias) => aliases.filter((one) => one !== alias);

/**
 * @param {readonly Seat[]} seats
 * @returns {Map<string, Seat>}
 */
const byAlias = (seats) => new Map(seats.map((seat) => [seat.alias, seat]));
