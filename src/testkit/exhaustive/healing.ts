/**
 * The end of every history: from any state of the replicas, everybody meets everybody until nothing is left to send, and
 * tombstones are reaped. Within the rounds that random schedules are given too (schedule/settle.ts) all must be the same.
 */

import { broken } from '../schedule/checks.ts';
import { World } from '../schedule/world.ts';
import { textOfDots, textOfRecord } from './image.ts';
import { permutations } from './permutations.ts';
import type { Steps } from './steps.ts';

const ROUNDS_MAX = 2;
const REAPS_MAX = 2;

/**
 * Lets all meet and reap, in every order of places: who is first decides who learns what from whom, and a search that does
 * not tell names apart must not depend on them. Law: L4, L7, L10, L11, L12, L14. Throws: ScheduleFailure.
 */
export function heal(steps: Steps, before: readonly number[], reaped: number): void {
  for (const order of permutations(before.map((_, place) => place))) healInOrder(steps, before, reaped, order);
}

function healInOrder(steps: Steps, before: readonly number[], reapedBefore: number, order: readonly number[]): void {
  const { replicas } = steps;
  const locals = [...before];
  let reaped = reapedBefore;
  for (let round = 1; round <= ROUNDS_MAX; round++) meetAll(steps, locals, order, false);
  meetAll(steps, locals, order, true);
  checkShown(steps, locals, reaped);
  for (let reap = 1; reap <= REAPS_MAX; reap++) {
    for (const place of order) {
      const { local, gone } = steps.reap(locals[place] ?? 0, false);
      locals[place] = local;
      if (gone !== 0) reaped = replicas.sets.of([...replicas.sets.get(reaped), ...replicas.sets.get(gone)]);
    }
    meetAll(steps, locals, order, true);
  }
  checkShown(steps, locals, reaped);
  const [first = 0] = locals;
  for (const [place, local] of locals.entries()) {
    checkNothingLeft(steps, local, place);
    if (textOf(steps, local) !== textOf(steps, first))
      broken('L12', `${World.nameOf(place)} and ${World.nameOf(0)} are not the same after all met`);
  }
}

function meetAll(steps: Steps, locals: number[], order: readonly number[], mustBeSilent: boolean): void {
  for (const [at, one] of order.entries()) {
    for (const other of order.slice(at + 1)) {
      const { count, states, isSilent } = steps.exchange(locals[one] ?? 0, locals[other] ?? 0);
      locals[one] = states[2 * count - 2] ?? 0;
      locals[other] = states[2 * count - 1] ?? 0;
      if (mustBeSilent && !isSilent)
        broken('L14', `${World.nameOf(one)} and ${World.nameOf(other)} agree, and still exchange records`);
    }
  }
}

/**
 * What every replica shows is what its model shows, but for deletes that somebody has reaped. Law: L4, L6, L7, L8, L9, L10.
 * Throws: ScheduleFailure.
 */
export function checkShown({ replicas }: Steps, locals: readonly number[], reaped: number): void {
  for (const [place, local] of locals.entries()) {
    const unshown = replicas.judge(local);
    if (unshown === 0) continue;
    const gone = replicas.sets.get(reaped);
    for (const number of replicas.sets.get(unshown)) {
      if (gone.includes(number)) continue;
      const { name } = replicas.facts.get(number).operation;
      broken('L9', `delete ${name} is not shown by ${World.nameOf(place)} and nobody reaped it`);
    }
  }
}

function checkNothingLeft({ replicas }: Steps, local: number, place: number): void {
  for (const [key, { versions, residual }] of replicas.get(local).image.records) {
    if (versions.every(({ value }) => value === undefined))
      broken('L11', `${World.nameOf(place)} still has a tombstone of ${JSON.stringify(key)} after all met and reaped`);
    if (!residual.isEmpty)
      broken('L12', `${World.nameOf(place)} still has a residual of ${JSON.stringify(key)} after all met and reaped`);
  }
}

/** What must be the same everywhere. */
function textOf({ replicas }: Steps, local: number): string {
  const { image, members } = replicas.get(local);
  const held = image.records.map(([key, record]) => `${key}=${textOfRecord(record)}`);
  return `${textOfDots(image.seen)}|${held.join(';')}|${members}`;
}
