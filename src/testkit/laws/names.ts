/**
 * L1 and L2 for whatever issues names (dots, sequence numbers, ids of messages): none is issued twice, over crashes and
 * restored copies, and none leaves the process before it would survive its crash.
 */

import fc from 'fast-check';
import { checkLawAsync, demand, type LawParameters } from './check.ts';

type Perhaps<T> = T | Promise<T>;

/** Something that issues names. `I` is one life of it, `S` a copy of what it keeps. */
export type NameIssuer<I, S> = {
  readonly open: () => Perhaps<I>;
  /** The next name. */
  readonly issue: (issuer: I) => Perhaps<string>;
  /** Ends it as a crash would, and opens what is left. */
  readonly restart?: (issuer: I) => Perhaps<I>;
  /** What it keeps, as a backup or `cp` would take it. */
  readonly copy?: (issuer: I) => Perhaps<S>;
  /** Opens a copy: in its place after the end of `issuer`, or beside it. */
  readonly openCopy?: (copy: S) => Perhaps<I>;
};

type NameStep = 'issue' | 'restart' | 'copy' | 'restore' | 'clone';

/** L1: no name is issued twice, whatever is restarted, restored from a copy, or opened twice. Throws: LawBroken. */
export async function uniqueNames<I, S>(issuer: NameIssuer<I, S>, parameters?: LawParameters): Promise<void> {
  const { restart, copy, openCopy } = issuer;
  const canCopy = copy !== undefined && openCopy !== undefined;
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<NameStep>('issue') },
      { weight: restart === undefined ? 0 : 2, arbitrary: fc.constant<NameStep>('restart') },
      { weight: canCopy ? 3 : 0, arbitrary: fc.constantFrom<NameStep[]>('copy', 'restore', 'clone') },
    ),
    { maxLength: 20 },
  );
  const holds = async (list: readonly NameStep[]): Promise<void> => {
    const alive: I[] = [await issuer.open()];
    const issued = new Set<string>();
    let kept: S | undefined;
    for (const step of list) {
      const [first] = alive;
      if (first === undefined) return;
      if (step === 'issue') {
        for (const one of alive) {
          const name = await issuer.issue(one);
          demand(!issued.has(name), `${name} was issued twice`);
          issued.add(name);
        }
      } else if (step === 'restart' && restart !== undefined) alive[0] = await restart(first);
      else if (step === 'copy' && copy !== undefined) kept = await copy(first);
      else if (kept !== undefined && openCopy !== undefined) {
        if (step === 'restore') alive[0] = await openCopy(kept);
        else alive.push(await openCopy(kept));
      }
    }
  };
  await checkLawAsync('L1 unique names', steps, holds, parameters);
}

/** Something that writes, keeps on a medium and tells others, bit by bit. */
export type Outbox<I> = {
  readonly open: () => Perhaps<I>;
  /** Begins a write, without waiting for the medium; answers its name. */
  readonly begin: (sender: I) => string;
  /** Lets a little more happen: a commit, a message. */
  readonly progress: (sender: I) => Perhaps<void>;
  /** The names that have left the process so far, in messages or answers. */
  readonly sent: (sender: I) => readonly string[];
  /** Ends it as a loss of power would, and opens what is left. */
  readonly restart: (sender: I) => Perhaps<I>;
  /** Whether it knows of the write by that name. */
  readonly has: (sender: I, name: string) => Perhaps<boolean>;
};

/** L2: whatever left the process is still known to it after a loss of power. Throws: LawBroken. */
export async function durableBeforeSent<I>(outbox: Outbox<I>, parameters?: LawParameters): Promise<void> {
  const steps = fc.array(fc.constantFrom<('begin' | 'progress')[]>('begin', 'progress'), { maxLength: 16 });
  const holds = async (list: readonly ('begin' | 'progress')[]): Promise<void> => {
    const sender = await outbox.open();
    for (const step of list) {
      if (step === 'begin') outbox.begin(sender);
      else await outbox.progress(sender);
    }
    const sent = [...outbox.sent(sender)];
    const left = await outbox.restart(sender);
    for (const name of sent) demand(await outbox.has(left, name), `${name} was sent, and is gone after a crash`);
  };
  await checkLawAsync('L2 durable before sent', steps, holds, parameters);
}
