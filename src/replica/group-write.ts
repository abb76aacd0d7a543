/**
 * The other half of a write of a group: it is done here, live push takes it to the others, and this waits until W of the
 * members have taken it in durably. Absent members are owed a hint. With a sloppy quorum replicas outside of the list
 * stand in for absent members, which is said in the result: such a write may be missed by reads of R + W > N.
 */

import type { Dot } from '../clock/dot.ts';
import { compareText } from '../codec/text.ts';
import type { Bell } from './bell.ts';
import type { Handoff } from './handoff.ts';
import type { ConnectedPeer } from './peers.ts';
import { writeNotBegun, writeNotMet } from './quorum.ts';
import type { Roster } from './roster.ts';

export type WriteParts<T> = {
  readonly selfName: string;
  readonly roster: Roster<T>;
  readonly handoff: Handoff<T>;
  readonly bell: Bell;
};

export type WriteQuorum = { readonly w: number; readonly timeoutMs: number; readonly isSloppy: boolean };

/** One write, or one of those of a batch. */
export type GroupWrite = { readonly key: string; readonly dot: Dot };

/** Which members have a write, and which strangers stand in for absent ones. */
export type Acknowledged = { readonly durableAt: readonly string[]; readonly hintedAt: readonly string[] };

/** Waiting for what was written here to be elsewhere. */
export class GroupWrites<T> {
  readonly #parts: WriteParts<T>;

  constructor(parts: WriteParts<T>) {
    this.#parts = parts;
  }

  /** Throws: QUORUM_NOT_MET, when it is known before anything is written that W cannot be met now. Law: L17. */
  refuseHopeless({ w, isSloppy }: WriteQuorum): void {
    const { roster, selfName } = this.#parts;
    if (w <= (roster.hasSelf ? 1 : 0)) return;
    const there = [...(roster.hasSelf ? [selfName] : []), ...roster.connected.map(({ name }) => name)];
    const standIns = isSloppy ? Math.min(roster.strangers.length, roster.absent.length) : 0;
    if (there.length + standIns < w) throw writeNotBegun(w, there.sort(compareText));
  }

  /**
   * Who has the writes, one or those of one batch, as soon as they are at W replicas: at once where no others have to be
   * waited for. Throws: QUORUM_NOT_MET, of unknown outcome.
   */
  settle(writes: readonly GroupWrite[], quorum: WriteQuorum): Acknowledged | Promise<Acknowledged> {
    const { roster, handoff, selfName } = this.#parts;
    if (!roster.hasSelf || quorum.w > 1) return this.#wait(writes, quorum);
    // Of a group of one nobody else can have it, and nobody is owed a hint.
    if (roster.names.length === 1) return { durableAt: [selfName], hintedAt: [] };
    const members = new Set([selfName]);
    note(members, roster.connected, writes);
    const owed = roster.absent;
    if (owed.length > 0) void handoff.keep(owed, writes);
    return { durableAt: [...members].sort(compareText), hintedAt: [] };
  }

  async #wait(writes: readonly GroupWrite[], { w, timeoutMs, isSloppy }: WriteQuorum): Promise<Acknowledged> {
    const { roster, handoff, bell, selfName } = this.#parts;
    const members = new Set<string>(roster.hasSelf ? [selfName] : []);
    const strangers = new Set<string>();
    const owed = (): readonly string[] => roster.absent.filter((name) => !members.has(name));
    const look = (): void => {
      note(members, roster.connected, writes);
      if (isSloppy) note(strangers, roster.strangers, writes);
    };
    const standIns = (): readonly string[] => [...strangers].sort(compareText).slice(0, owed().length);
    const isMet = (): boolean => {
      look();
      return members.size + standIns().length >= w;
    };
    const hasMet = isMet() || (await bell.until(isMet, timeoutMs));
    const hinted = owed();
    const hintedAt = members.size < w ? standIns() : [];
    const keeping = hinted.length === 0 ? true : handoff.keep(hinted, writes);
    const durableAt = [...members].sort(compareText);
    // Who stands in does so because of the hint: without one it counts for nothing.
    const isKept = hintedAt.length === 0 || (await keeping);
    if (!hasMet || !isKept)
      throw writeNotMet(
        w,
        durableAt,
        writes.map(({ dot }) => dot),
      );
    return { durableAt, hintedAt };
  }
}

/** Adds the names of those that have every write; who had them once has them, connected or not. */
function note(names: Set<string>, peers: readonly ConnectedPeer[], writes: readonly GroupWrite[]): void {
  for (const peer of peers) {
    if (!names.has(peer.name) && writes.every(({ dot }) => peer.has(dot))) names.add(peer.name);
  }
}
