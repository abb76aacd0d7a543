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
