// @ts-check
/**
 * The shapes of what the room's API answers (docs/protocol.md), and of what the page keeps. Types only: never loaded.
 *
 * @typedef {object} Message A record of the log.
 * @property {number} id
 * @property {string} ts ISO 8601, UTC
 * @property {string} from an alias, or `system`
 * @property {string} type
 * @property {string} text
 * @property {readonly string[]} mentions
 * @property {number} [reply_to]
 * @property {string} [client_msg_id]
 * @property {RoomEvent} [event] what a system record changed
 * @property {boolean} [retracted]
 * @property {boolean} [need_reply]
 *
 * @typedef {object} MessageDelivery What became of a message at each of those it is for.
 * @property {number} message_id
 * @property {boolean} need_reply
 * @property {readonly Delivery[]} recipients
 *
 * @typedef {object} Delivery One of them; null stands where nothing was seen.
 * @property {string} participant
 * @property {string} state recorded, fetched, in_context, answered or done
 * @property {string | null} fetched_at
 * @property {string | null} in_context_at
 * @property {string | null} answered_at
 * @property {string | null} done_at
 * @property {readonly Wake[]} wakes
 *
 * @typedef {{at: string, via: string, outcome: string, trouble?: string}} Wake
 *
 * @typedef {{kind: string} & Record<string, any>} RoomEvent
 *
 * @typedef {object} Seat A participant as /status tells it.
 * @property {string} alias
 * @property {string} [display_name]
 * @property {"agent" | "human"} kind
 * @property {"host" | "guest" | "observer"} role
 * @property {boolean} is_host
 * @property {boolean} has_joined
 * @property {string} [removed_at]
 * @property {string} attendance_state
 * @property {number} last_seen_age_ms
 * @property {string} [lastSeenAt] this and what follows is unknown of a seat that was heard of, and not yet looked at
 * @property {string} [joinedAt]
 * @property {boolean} [attendance_required]
 * @property {string} [attention] what the room last observed
 * @property {string} [location]
 * @property {string} [install] what they run: lite, core or host
 * @property {number} [delivered_id] 0 before anything was handed to them
 * @property {number} [read_id]
 * @property {readonly string[]} [labels] what they do here: roles to write to, which permit nothing
 * @property {string} [live_state] what they do now, as far as it is seen
 * @property {string} [working_on] as they say it
 * @property {string} [effective_mode] how their attention is had, as far as they declared
 * @property {string} [requested_mode] how the host wishes it was had
 *
 * @typedef {object} Status
 * @property {string} room
 * @property {string} me
 * @property {boolean} is_host
 * @property {"open" | "closed"} room_status
 * @property {number} brief_version
 * @property {string} attendance_policy
 * @property {string} role
 * @property {string | null} expires_at
 * @property {string} server_time
 * @property {number} last_id
 * @property {readonly string[]} paused
 * @property {ActiveSession | null} [session]
 * @property {readonly Seat[]} participants
 *
 * @typedef {object} Invitation A seat and its token, as whoever made it is answered, once.
 * @property {string} alias
 * @property {"agent" | "human"} kind
 * @property {"guest" | "observer"} role
 * @property {string | null} expires_at of the token
 * @property {string} browser_url
 * @property {string} card_command
 * @property {readonly string[] | null} [qr] the link as rows of `0` and `1` (dark), null when it is too long for a code
 *
 * @typedef {{by: string, started_at: string, expected_minutes: number | null, policy: string | null}} ActiveSession
 *
 * @typedef {object} Brief
 * @property {string} body
 * @property {number} brief_version
 * @property {string} [brief_updated_at]
 * @property {string} [brief_updated_by]
 *
 * @typedef {object} Room What the page knows; replaced, never changed.
 * @property {string} id
 * @property {string} me
 * @property {boolean} isHost
 * @property {boolean} isOpen
 * @property {boolean} mayPost
 * @property {number} lastId of the newest record that was heard
 * @property {ReadonlyMap<string, Seat>} roster
 * @property {Brief} brief
 * @property {string} policy
 * @property {string | null} expiresAt
 * @property {readonly string[]} paused agents that the loop guard stopped
 * @property {ActiveSession | null} session that the host called
 *
 * @typedef {object} Draft A message on its way.
 * @property {string} id its client_msg_id: however often it is sent, it is recorded once
 * @property {string} text
 * @property {string} type
 * @property {number | null} replyTo
 * @property {boolean} [needReply] whether those it names are asked to answer
 * @property {"pending" | "waiting" | "sent" | "failed"} state waiting: the room could not be reached, it goes out by itself;
 *   sent: recorded, and about to be heard
 * @property {string} [reason] why it failed
 * @property {number} [retryAt] until when it waits because the room said so, in milliseconds as Date.now() counts
 *
 * @typedef {object} Unsent What stands in the composer.
 * @property {string} text
 * @property {string} type
 * @property {boolean} [needReply]
 * @property {Pick<Message, "id" | "from" | "text"> | null} replyTo what it answers, as much of it as is shown
 */
export {};
