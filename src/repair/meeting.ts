/** What two sides of an exchange say of one another when they meet, and whether there is anything to tell beyond it. */

import type { DotSet } from '../clock/dot-set.ts';
import type { View } from './effects.ts';
import { type Hello, sameHash, seenHashOf } from './messages.ts';

/** What a hello says of the exchange it begins. */
type Said = Pick<Hello, 'takesOnly' | 'isReply'> & { readonly hasClocks: boolean; readonly peer: string | undefined };

/** The hello of a side. */
export function helloOf(me: View, { takesOnly, isReply, hasClocks, peer }: Said): Hello {
  const met = peer === undefined ? undefined : me.met.get(peer);
  return {
    ...{ kind: 'hello', id: me.id, takesOnly, isReply, isDamaged: me.isDamaged, life: me.life },
    met: peer === undefined || met === undefined ? undefined : { id: peer, ...met },
    live: me.liveHash,
    marks: me.marks,
    seenHash: hasClocks ? undefined : seenHashOf(me.seen),
    clocks: hasClocks ? { seen: me.seen, reaped: me.reaped } : undefined,
  };
}

/**
 * Whether a replica with this damage claims to have seen what it does not reflect: older dots of a key of which newer ones
 * were lost. Of what nobody can name it claims nothing.
 */
export function claimsTooMuch(damaged: ReadonlyMap<string, DotSet>): boolean {
  for (const dots of damaged.values()) if (!dots.isEmpty) return true;
  return false;
}

/** Whether both have seen the same and show the same; `asksMarks`: and whether what they show was written once. */
export function showsSame({ live, marks, seenHash, clocks }: Hello, me: View, asksMarks: boolean): boolean {
  if (asksMarks && marks !== me.marks) return false;
  if (clocks !== undefined) return clocks.seen.equals(me.seen) && live.lo === me.liveHash.lo;
  return sameHash(seenHash, seenHashOf(me.seen)) && sameHash(live, me.liveHash);
}

/**
 * Whether a peer that has seen the same must be told more than that. One that was met in another life is told so: if it knows
 * nothing of that life, its id is in use twice. And one that met this side in another life is told of this one, so that it
 * never takes what this one issues for the other's. And where one has lost something, the other says whether it has too.
 */
export function mustSayHello({ id, life, met, isDamaged }: Hello, me: View): boolean {
  const known = me.met.get(id);
  const isOther = known !== undefined && life !== 0 && known.life !== life;
  const isUntold = me.life !== 0 && (met?.id !== me.id || met.life !== me.life);
  return isOther || isUntold || isDamaged || me.isDamaged;
}
