/** Every bound of the HTTP interface, with the value it has unless told otherwise. */

import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../limits.ts';

export type HttpLimits = {
  readonly keyBytesMax: number;
  /** Of the body of a PUT. */
  readonly valueBytesMax: number;
  /** Of any other body. */
  readonly bodyBytesMax: number;
  /** Siblings shown of one key; an answer that leaves some out has no context to write with. */
  readonly siblingsShownMax: number;
  /** Operations of one batch, keys of one read. */
  readonly batchMax: number;
  /** Entries of one page, and about how long it may get. */
  readonly pageMax: number;
  readonly pageBytesMax: number;
  /** A context or session longer than this is left out of the headers of an answer. */
  readonly tokenHeaderBytesMax: number;
  /** Requests under way at once, streams of changes not counted. */
  readonly requestsMax: number;
  /** Streams of changes at once. */
  readonly streamsMax: number;
  /** Of each token, or without tokens of each address: how many requests a second on average, and at once. */
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
  /** Failed authentications of one address. */
  readonly failuresPerSecond: number;
  readonly failuresBurst: number;
  /** How long a caller may ask to wait. */
  readonly waitMsMax: number;
  /** Between two signs of life on a stream of changes. */
  readonly heartbeatMs: number;
  /** How old the figures of /metrics and /readyz may be: gathering them walks over all keys. */
  readonly statusAgeMsMax: number;
};

export const HTTP_LIMITS: HttpLimits = {
  keyBytesMax: KEY_BYTES_MAX,
  valueBytesMax: VALUE_BYTES_MAX,
  bodyBytesMax: 2 * VALUE_BYTES_MAX,
  siblingsShownMax: 1_000,
  batchMax: 1_000,
  pageMax: 1_000,
  pageBytesMax: 4 * 1_024 * 1_024,
  tokenHeaderBytesMax: 6_000,
  requestsMax: 1_000,
  streamsMax: 1_000,
  requestsPerSecond: Number.POSITIVE_INFINITY,
  requestsBurst: Number.POSITIVE_INFINITY,
  failuresPerSecond: 5,
  failuresBurst: 50,
  waitMsMax: 60_000,
  heartbeatMs: 15_000,
  statusAgeMsMax: 1_000,
};
