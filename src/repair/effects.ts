/**
 * What passes between an exchange and its shell: the inputs the machine is given and the effects it asks for. A shell
 * carries effects out in order; those that say so are answered with an input. Nothing here does anything.
 */

import type { DotSet } from '../clock/dot-set.ts';
import type { Hash64 } from '../codec/hash.ts';
import type { CausalError } from '../errors.ts';
import type { Rules } from '../rules.ts';
import type { Met } from '../store/membership.ts';
import type { Clocks } from './messages.ts';
import type { DotList } from './reconcile.ts';
import type { Adoption, ExchangeRecord } from './take-in.ts';

/** What a side is at the beginning. `peerKnew`: what the expected peer is known to have seen, if it was met before. */
export type View = Clocks & {
  readonly id: string;
  readonly liveHash: Hash64;
  /** The sum of the marks of what the live hash counts. */
  readonly marks: number;
  readonly peerKnew: DotSet | undefined;
  /** Records were lost here: what this side does not hold says nothing. */
  readonly isDamaged: boolean;
  /** Drawn when the store was opened; 0 in memory, where a life ends with its id. */
  readonly life: number;
  /** How each id was met last, where it told its life. */
  readonly met: ReadonlyMap<string, Met>;
  /** The id of the expected peer, if it was met before. */
  readonly peerId: string | undefined;
};

/** One moment of the store: its clocks and, at that very moment, what was asked for. */
export type Snapshot = Clocks & { readonly records: readonly ExchangeRecord[]; readonly dots: DotList | undefined };

export type ExchangeInput =
  | { readonly kind: 'start'; readonly view: View }
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** Everything was taken in and is durable; `seen` right after it. */
  | { readonly kind: 'adopted'; readonly seen: DotSet };

export type ExchangeEffect =
  /** Frames may be made lazily, while they are sent. */
  | { readonly kind: 'send'; readonly frames: Iterable<Uint8Array> }
  /** Answer with a snapshot: records with current dots in `lacking(seen)`, and the current dots in `common`. */
  | {
      readonly kind: 'read';
      readonly peer: string;
      readonly peerSeen: DotSet;
      readonly common: DotSet | undefined;
      /** Each of those dots with its mark. */
      readonly isMarked: boolean;
      readonly givesRecords: boolean;
    }
  /** With `adoption`, answer 'adopted'. */
  | {
      readonly kind: 'take-in';
      readonly records: readonly ExchangeRecord[];
      readonly peerSeen: DotSet;
      readonly adoption?: Adoption;
    }
  /** Both have seen `seen` and hold different things: bring back what was lost. */
  | {
      readonly kind: 'mend';
      readonly records: readonly ExchangeRecord[];
      readonly seen: DotSet;
      /** The peer has lost nothing, and showed all that it holds. */
      readonly isWhole: boolean;
    }
  /** Answer with a snapshot: records that hold a value and one of the dots, and all with a residual. */
  | { readonly kind: 'read-lost'; readonly dots: DotSet }
  /** The peer is known to have had `seen`, and all of it was taken in here. */
  | { readonly kind: 'advance'; readonly peer: string; readonly seen: DotSet; readonly life: number }
  /** The peer says in which life it is; only what it tells from the end of the exchange on is known to be of that life. */
  | { readonly kind: 'greeted'; readonly peer: string; readonly life: number }
  /**
   * The peer has met this id in this life of it, with dots up to that counter: if it never was one of this store, or had
   * not issued as much, the id is in use twice.
   */
  | ({ readonly kind: 'met' } & Met)
  | { readonly kind: 'done' }
  /** The exchange is over; the frames before were the last. */
  | { readonly kind: 'fail'; readonly error: CausalError };

export type ExchangeMode = 'equal' | 'difference' | 'reconcile' | 'mend';

export type ExchangeOptions = {
  readonly role: 'initiator' | 'responder';
  /** `take`: learns from the peer and gives nothing. Default: both. */
  readonly direction?: 'both' | 'take';
  /** Default 16 MiB, at least 64 bytes. */
  readonly frameBytesMax?: number;
  /** The version of the protocol to speak. Default: the newest; a responder that has said nothing follows an older one. */
  readonly version?: number;
  /** Up to this many records become visible in one commit; more are taken in as they come. */
  readonly visibleAtOnceMax?: number;
  /** Ids in a clock of the peer; a longer one is refused before it is compared with anything. Default: any number. */
  readonly clockEntriesMax?: number;
  /** The name the peer has shown to be its own: it must not speak for another. Default: whatever it says. */
  readonly peerName?: string;
  readonly rules: Rules;
};
