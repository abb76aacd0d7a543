/** The paces and bounds of a replica that was told none. */

import { FRAME_BYTES_MAX } from '../limits.ts';
import type { ReplicaLimits } from './replica-types.ts';

export const DEFAULT_LIMITS: ReplicaLimits = {
  exchangeEveryMs: 60_000,
  tellAfterMs: 500,
  gapMs: 250,
  silenceMs: 15_000,
  redialMs: 100,
  redialMaxMs: 10_000,
  reapEveryMs: 5_000,
  linksMax: 256,
  requestsMax: 256,
  linkShare: 0.25,
  clockEntriesMax: 100_000,
  siblingsMax: 10_000,
  frameBytesMax: FRAME_BYTES_MAX,
};
