/** Every bound in one place. Decoders check lengths against these before they allocate. */

/** A replica id is any well-formed string of 1 to this many UTF-8 bytes. */
export const ID_BYTES_MAX = 256;
/** A key is any well-formed string of 1 to this many UTF-8 bytes. */
export const KEY_BYTES_MAX = 1_024;
/** Counters grow by one from 1 up to this; then a typed refusal. */
export const COUNTER_MAX: number = 2 ** 53 - 1;
/** Hybrid times end where the times of JavaScript's Date do, in ms since the epoch. */
export const TIME_MAX = 8_640_000_000_000_000;
/** How deep arrays and objects of a value may nest. */
export const VALUE_DEPTH_MAX = 100;
/** The encoded size of one value: 8 MiB. Sizes are powers, which a bundler can inline. */
export const VALUE_BYTES_MAX: number = 2 ** 23;
/** Entries of one decoded clock, ranges of one decoded dot set. */
export const CLOCK_ENTRIES_MAX = 1_000_000;
/** Siblings of one decoded record. */
export const SIBLINGS_MAX = 100_000;
/** Members of one decoded array, fields of one decoded object. */
export const VALUE_MEMBERS_MAX = 10_000_000;
/** The largest frame an exchange sends or takes unless told otherwise: 16 MiB. */
export const FRAME_BYTES_MAX: number = 2 ** 24;
/** Up to this many records received in one exchange become visible in one atomic commit. */
export const VISIBLE_AT_ONCE_RECORDS_MAX = 250_000;
/** One message of an exchange, put together from its frames: 256 MiB. */
export const MESSAGE_BYTES_MAX: number = 2 ** 28;
/** An exchange refuses to be given frames smaller than this. */
export const FRAME_BYTES_MIN = 64;
/** How many bytes of records an exchange gathers before it closes a message: 256 KiB. */
export const RECORDS_MESSAGE_BYTES: number = 2 ** 18;
/** A push tells a peer of at most this many dots; more is an exchange's. */
export const PUSH_DOTS_MAX = 10_000;
/** Pushes under way to one peer before the first must have been taken in. */
export const PUSH_WINDOW = 8;
/** What may wait here, of one peer, for what it builds on: 4 MiB. */
export const PUSH_HELD_BYTES_MAX: number = 2 ** 22;
/** The first frame of a peer that has not shown yet who it is: 16 KiB. */
export const HELLO_BYTES_MAX: number = 2 ** 14;
/** What a peer shows to prove who it is. */
export const TOKEN_BYTES_MAX = 4_096;
/** Bytes of messages of one peer that are being worked on at once: 32 MiB, or one message that is larger. */
export const WORK_BYTES_MAX: number = 2 ** 25;
/** How many bytes a link keeps in each direction before it holds the sender back: 1 MiB, beside the frame that passed it. */
export const LINK_BUFFER_BYTES: number = 2 ** 20;
/** What a link that cannot hold its peer back keeps unread before it is closed: 64 MiB. */
export const LINK_UNREAD_BYTES_MAX: number = 2 ** 26;
/** What a frame that waits counts beside its bytes, or empty ones could wait without end. */
export const FRAME_COST_BYTES = 64;
/** Frames of a link that may wait for one that was sent before them. */
export const EARLY_FRAMES_MAX = 1_024;
