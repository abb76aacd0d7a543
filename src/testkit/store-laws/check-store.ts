/** How a law of stores is checked: programs are drawn, played beside the model, judged, shrunk and shown in words. */

import { checkLawAsync, demand, type LawParameters } from '../laws/check.ts';
import { type Judge, type Look, type Play, playProgram } from './play.ts';
import { type Program, printProgram, programs, replicaName, type StepWeights } from './program.ts';
import type { ProgramShape, StoreUnderTest } from './store-under-test.ts';

/** How many programs, from which seed, and of what shape. */
export type StoreLawParameters = LawParameters & ProgramShape;

/** What a law adds to the run: who judges what is shown, which steps provoke it, and what must hold at the end. */
export type StoreCheck<R, C> = {
  readonly judges: readonly Judge[];
  readonly weights: StepWeights;
  /** After all have met, when the judges have looked at everybody. */
  readonly end?: (play: Play<R, C>) => Promise<void>;
};

/** Checks a law of stores. Throws: LawBroken. */
export async function checkStore<R, C>(
  law: string,
  store: StoreUnderTest<R, C>,
  { judges, weights, end }: StoreCheck<R, C>,
  { replicas, keys, stepsMax, ...parameters }: StoreLawParameters = {},
): Promise<void> {
  const shape = {
    ...(replicas === undefined ? {} : { replicas }),
    ...(keys === undefined ? {} : { keys }),
    ...(stepsMax === undefined ? {} : { stepsMax }),
  };
  const holds = (program: Program): Promise<void> =>
    playProgram(store, program, judges, async (play) => {
      await play.meet();
      await lookAtAll(play, judges);
      await end?.(play);
    });
  await checkLawAsync(law, programs(shape, weights, store.bases), holds, parameters, printProgram);
}

/** What everybody shows, after `judges` have looked at it. */
export async function lookAtAll<R, C>(play: Play<R, C>, judges: readonly Judge[] = []): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (let at = 0; at < play.replicas.length; at++) looks.push(await play.look(at, judges));
  return looks;
}

/** Ends the check unless all of them show the same. */
export function demandAlike(looks: readonly Look[], when: string): void {
  const [first, ...others] = looks.map(textOf);
  for (const [index, other] of others.entries())
    demand(
      other === first,
      `${when} ${replicaName(0)} shows ${first ?? 'nothing'}, and ${replicaName(index + 1)} shows ${other}`,
    );
}

/** What a replica shows as a text. */
export function textOf(look: Look): string {
  return [...look].map(([key, values]) => `${key}: ${[...values].sort().join(' and ') || 'nothing'}`).join('; ');
}

/** What the law needs of the store. Throws: TypeError when the store has it not. */
export function needed<T>(part: T | undefined, law: string, name: string): T {
  if (part === undefined) throw new TypeError(`Cannot check ${law}: the store under test has no ${name}, give it one`);
  return part;
}
