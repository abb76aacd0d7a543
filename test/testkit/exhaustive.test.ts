import { describe, expect, test } from 'vitest';
import { ALL_RULES, type RuleName } from '../../src/rules.ts';
import { Facts } from '../../src/testkit/exhaustive/facts.ts';
import { imageOf, Parts, renamedImage, revive, sharedImage } from '../../src/testkit/exhaustive/image.ts';
import { cutsOf, turnsTo } from '../../src/testkit/exhaustive/meeting.ts';
import { MOVE_KINDS, type MoveKind } from '../../src/testkit/exhaustive/moves.ts';
import { Replicas } from '../../src/testkit/exhaustive/replicas.ts';
import { type SearchResult, searchAll } from '../../src/testkit/exhaustive/search.ts';
import { Steps } from '../../src/testkit/exhaustive/steps.ts';
import { PairTable, SetTable, TupleTable } from '../../src/testkit/exhaustive/tables.ts';
import { runSchedule } from '../../src/testkit/schedule/run.ts';

/** Everything, as `npm run test:all` runs it; `npm test` alone searches one operation less. */
const IS_WHOLE = process.env['REQUIRE_SERVICES'] === '1';
const DEPTH = IS_WHOLE ? 5 : 4;

const CALM: readonly MoveKind[] = MOVE_KINDS.filter((kind) => kind !== 'blind' && kind !== 'members');

function story({ violation }: SearchResult): string | undefined {
  return violation === undefined ? undefined : `${violation.message}\n${JSON.stringify(violation.schedule)}`;
}

describe('searchAll', () => {
  test(`searchAll: every history of ${DEPTH} operations on one key at 3 replicas breaks no law`, () => {
    const result = searchAll({ operations: DEPTH, replicas: 3, kinds: CALM });
    expect(story(result)).toBeUndefined();
    expect(result.byDepth).toEqual([1, 5, 34, 257, 2131, 18938].slice(0, DEPTH + 1));
    expect(result.statesUnreduced).toBe(IS_WHOLE ? 124_233 : 13_524);
  });

  test('searchAll: every history of 3 operations, of every kind, breaks no law', () => {
    const result = searchAll({ operations: 3, replicas: 3, kinds: MOVE_KINDS });
    expect(story(result)).toBeUndefined();
    expect(result.byDepth).toEqual([1, 7, 87, 1225]);
  });

  test.each([
    ['calm', DEPTH - 1, CALM],
    ['all', DEPTH - 2, MOVE_KINDS],
  ] as const)(
    'searchAll: with names told apart (%s) it finds exactly the states that the reduced search stands for',
    (_, operations, kinds) => {
      const whole = searchAll({ operations, replicas: 3, kinds, isReduced: false });
      const reduced = searchAll({ operations, replicas: 3, kinds });
      expect(story(whole)).toBeUndefined();
      expect(whole.states).toBe(reduced.statesUnreduced);
      expect(whole.states).toBeGreaterThan((IS_WHOLE ? 5 : 4) * reduced.states);
    },
  );

  test('searchAll: no more changes of members than it is told', () => {
    const states = [0, 1, 2].map(
      (changesMax) => searchAll({ operations: 2, replicas: 2, kinds: ['members'], changesMax }).states,
    );
    // One of both; then nobody but the same one again, by either, or the other.
    expect(states[0]).toBe(1);
    expect(states[1]).toBeGreaterThan(1);
    expect(states[2]).toBeGreaterThan(states[1] ?? 0);
  });
});

/** The rules that one key and no pushes can show the need of; the laws, and how long the shortest history is. */
const BITES: readonly (readonly [rule: RuleName, law: string, operations: number, kinds: readonly MoveKind[]])[] = [
  ['absence-has-context', 'L12', 2, CALM],
  ['clock-is-adopted-last', 'L9', 1, CALM],
  ['reaped-is-a-fence', 'L10', 4, CALM],
  ['residuals-are-stripped', 'L14', 4, CALM],
  ['peers-are-fully-taken-in', 'L11', 5, CALM],
  ['residuals-are-kept', 'L10', 6, ['write', 'send', 'deliver']],
  ['merge-unites-contexts', 'L10', 6, ['write', 'send', 'deliver']],
];

describe('searchAll bites', () => {
  test.each(BITES)('searchAll: %s switched off breaks %s after %i operations', async (rule, law, operations, kinds) => {
    const rules = { ...ALL_RULES, [rule]: false };
    const { violation } = searchAll({ operations: 7, replicas: 2, kinds, rules });
    expect(violation?.law).toBe(law);
    expect(violation?.schedule.steps.length).toBe(operations);
    if (violation === undefined) return;
    expect(await runSchedule(violation.schedule)).toBeUndefined();
    // The runner of schedules does not look into what a replica knows between the steps, where this rule shows first.
    if (rule !== 'absence-has-context') expect((await runSchedule(violation.schedule, rules))?.law).toBe(law);
  });

  test('searchAll: with names told apart it finds a law broken as soon, and the same law', () => {
    const rules = { ...ALL_RULES, 'residuals-are-stripped': false };
    const [reduced, whole] = [true, false].map((isReduced) =>
      searchAll({ operations: 7, replicas: 3, kinds: CALM, rules, isReduced }),
    );
    expect(reduced?.violation?.law).toBe('L14');
    expect(whole?.violation?.law).toBe('L14');
    expect(whole?.violation?.schedule.steps.length).toBe(reduced?.violation?.schedule.steps.length);
  });
});

describe('meeting', () => {
  // The second answers the first frame with two; the first answers each of those with one.
  const meeting = {
    first: { states: ['a', 'b', 'c'], sent: [1, 2, 3] },
    second: { states: ['x', 'y', 'z', 'w'], sent: [0, 2, 2, 2] },
    isSilent: false,
  };

  test('cutsOf: gives the pairs of numbers whose frames had been sent by then, the whole exchange last', () => {
    expect(cutsOf(meeting)).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
      [2, 3],
    ]);
  });

  test('turnsTo: leads there, and nowhere where a frame was not sent yet', () => {
    expect(turnsTo(meeting, 1, 2)).toEqual(['to second', 'to first', 'to second']);
    expect(turnsTo(meeting, 1, 0)).toBeUndefined();
    expect(turnsTo(meeting, 0, 2)).toBeUndefined();
  });

  test('Steps.exchange: a schedule that cuts it off comes to the state that it says', () => {
    const steps = new Steps(new Replicas(2, 0));
    const written = steps.write(steps.replicas.blank(0), 'put');
    const { count, states } = steps.exchange(written, steps.replicas.blank(1));
    expect(count).toBeGreaterThan(1);
    const known = (local: number | undefined): number =>
      steps.replicas.sets.get(steps.replicas.get(local ?? 0).known).length;
    expect(known(states[2 * count - 1])).toBe(1);
    expect(known(states[1])).toBeLessThanOrEqual(1);
  });
});

describe('images', () => {
  const swap = (id: string): string =>
    id.startsWith('a') ? `b${id.slice(1)}` : id.startsWith('b') ? `a${id.slice(1)}` : id;

  /** A replica with a conflict, a residual, a fence, a peer it met and a member it retired. */
  function rich(): Replicas & { readonly local: number } {
    const replicas = new Replicas(2, 0);
    const steps = new Steps(replicas);
    const other = steps.write(steps.write(replicas.blank(1), 'put'), 'delete');
    const met = steps.exchange(steps.write(replicas.blank(0), 'put'), other).states;
    const reaped = steps.reap(steps.write(met[met.length - 2] ?? 0, 'delete'), true).local;
    const ahead = steps.write(steps.write(met[met.length - 1] ?? 0, 'put'), 'put');
    const blind = steps.write(steps.deliver(reaped, replicas.send(ahead)), 'put blind');
    return Object.assign(replicas, { local: steps.setMember(blind, 1, false) });
  }

  test('revive: gives a store that is what the image says', () => {
    const replicas = rich();
    const { image } = replicas.get(replicas.local);
    const again = imageOf(revive(image, replicas.names, 0));
    const parts = new Parts();
    expect(sharedImage(again, parts).text).toBe(sharedImage(image, parts).text);
    const held = image.records.map(([, { versions, residual }]) => [versions.length, residual.isEmpty]);
    expect(held).toContainEqual([2, false]);
    expect([image.peers.length, image.reaped.size]).toEqual([1, 1]);
  });

  test('renamedImage: twice the same two names exchanged is no change, once is one', () => {
    const replicas = rich();
    const { image } = replicas.get(replicas.local);
    const parts = new Parts();
    const text = sharedImage(image, parts).text;
    expect(sharedImage(renamedImage(image, swap), parts).text).not.toBe(text);
    expect(sharedImage(renamedImage(renamedImage(image, swap), swap), parts).text).toBe(text);
  });

  test('Facts.note: one dot with two contexts is two operations, and the same twice is one', () => {
    const facts = new Facts();
    const first = facts.note({ dot: { id: 'a~1', counter: 1 }, isTombstone: false, context: [], knew: [] });
    const put = { dot: { id: 'b~1', counter: 1 }, isTombstone: false };
    const blind = facts.note({ ...put, context: [], knew: [first] });
    const based = facts.note({ ...put, context: [first], knew: [first] });
    expect(new Set([first, blind, based, facts.note({ ...put, context: [], knew: [] })]).size).toBe(4);
    expect(facts.note({ ...put, context: [first], knew: [first] })).toBe(based);
    expect(facts.renamed(facts.renamed(based, swap), swap)).toBe(based);
  });
});

describe('tables', () => {
  test('PairTable, TupleTable and SetTable hold what Maps hold, however much it is', () => {
    const [pairs, tuples, sets] = [new PairTable(), new TupleTable(3), new SetTable()];
    const expected = new Map<string, number>();
    for (let at = 0; at < 20_000; at++) {
      const [one, other] = [(at * 7919) % 4_001, (at * 104_729) % 3_001];
      const text = `${one},${other}`;
      expect(tuples.add([one, other, 7], at)).toBe(!expected.has(text));
      if (!expected.has(text)) expected.set(text, expected.size);
      pairs.set(one, other, expected.get(text) ?? 0);
    }
    expect([pairs.size, tuples.size]).toEqual([expected.size, expected.size]);
    for (const [text, index] of expected) {
      const [one = 0, other = 0] = text.split(',').map(Number);
      expect(pairs.get(one, other)).toBe(index);
      expect([tuples.part(index, 0), tuples.part(index, 1), tuples.part(index, 2)]).toEqual([one, other, 7]);
    }
    expect(pairs.get(5_000, 1)).toBe(-1);
    expect(sets.of([3, 1, 2, 3])).toBe(sets.with(sets.with(sets.with(0, 2), 3), 1));
    expect(sets.get(sets.of([3, 1]))).toEqual([1, 3]);
  });
});
