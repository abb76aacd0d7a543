/**
 * What the parts of a replica that speak of peers know of them: a name, whether a link is open, and the three things one
 * can do with a peer whose link is open. How that travels is the link protocol's affair. Types only.
 */

import type { Dot } from '../clock/dot.ts';
import type { ReplicaRecord } from '../store/replica-record.ts';

/** What a peer did with a record it was given, in the words of ReceiveResult. */
export type Given = {
  readonly added: number;
  readonly superseded: number;
  readonly stale: number;
  readonly conflict: boolean;
};

/** A peer to which a link is open, greeted and authenticated. */
export type ConnectedPeer = {
  /** The chosen name, without incarnation. */
  readonly name: string;
  /** Name and incarnation. */
  readonly id: string;
  /** What it holds for the key, its context with it; also when it holds nothing. Throws: LINK_FAILED, RECORD_CORRUPT. */
  readonly ask: (key: string) => Promise<ReplicaRecord>;
  /** Has it merge a record, and answers when that is durable there. Throws: LINK_FAILED, and what it was refused with. */
  readonly give: (record: ReplicaRecord) => Promise<Given>;
  /** Whether it is known to have taken this dot in durably. */
  readonly has: (dot: Dot) => boolean;
  /** Begins an exchange, or joins the one that is under way; answers when it is over. Throws: as an exchange. */
  readonly exchange: () => Promise<void>;
};

/** Something that happened to peers, for those that wait. */
export type PeerEvent =
  /** Greeted, before anything else is done with it. */
  | { readonly kind: 'connected'; readonly peer: ConnectedPeer }
  | { readonly kind: 'disconnected'; readonly name: string; readonly why: string }
  /** It has taken in more than was known; ask `has`. */
  | { readonly kind: 'confirmed'; readonly peer: ConnectedPeer };

export type Peers = {
  /** In the order of their names; one for each name. */
  readonly connected: () => readonly ConnectedPeer[];
  /** Returns the end of listening. */
  readonly onEvent: (listener: (event: PeerEvent) => void) => () => void;
};
