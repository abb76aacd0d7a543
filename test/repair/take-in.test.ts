import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { mend, recordsFor, takeIn } from '../../src/repair/take-in.ts';
import { isDerived } from '../../src/store/collision.ts';
import { ReplicaState } from '../../src/store/replica-state.ts';
import { clock, set, showClock, showSet } from '../clock/literals.ts';
import { showVersions, versions } from '../store/replicas.ts';

/** `k: x1=red y2 / z3`: a key, its versions, its residual. */
function parsed(text: string): Parameters<typeof takeIn>[1][number] {
  const [key = '', rest = ''] = text.split(': ');
  const [held = '', residual = ''] = rest.split('/ ');
  return { key, versions: versions(held), residual: set(residual) };
}

function shown(key: string, held: Parameters<typeof showVersions>[0], residual: DotSet): string {
  return `${key}: ${showVersions(held)}${residual.isEmpty ? '' : ` / ${showSet(residual)}`}`;
}

type Held = { readonly seen: string; readonly records: readonly string[] };

class Replica {
  readonly state = new ReplicaState('a', ['a'], { now: () => 1_000, random: () => 0.5 });
  readonly told: (readonly string[])[] = [];

  constructor({ seen, records }: Held) {
    this.state.knowledge.restore(set(seen), 0, clock(''));
    for (const text of records) {
      const { key, ...record } = parsed(text);
      this.state.table.set(key, record);
    }
    this.state.listeners.add((keys) => this.told.push(keys));
  }

  get held(): string[] {
    const keys = [...this.state.table.cells()].map(([key]) => key).sort();
    return keys.map((key) => {
      const { versions: all, residual } = this.state.table.record(key);
      return shown(key, all, residual);
    });
  }

  get seen(): string {
    return showSet(this.state.knowledge.seen);
  }

  get reaped(): string {
    return showClock(this.state.knowledge.reaped);
  }
}

type TakeIn = {
  readonly here: Held;
  readonly records: readonly string[];
  readonly peerSeen: string;
  /** Without it the exchange goes on. `toldSeen`: as here. */
  readonly adopts?: {
    readonly discards?: string;
    readonly toldSeen?: string;
    readonly takenBefore?: string;
    readonly reaped?: string;
  };
};

type Outcome = {
  readonly held: readonly string[];
  readonly seen: string;
  /** The keys listeners are told of; undefined: nobody is told. */
  readonly told?: readonly string[];
  readonly receipts?: readonly string[];
  readonly reaped?: string;
};

describe('takeIn', () => {
  const y = { seen: 'y1', records: ['k: y1=old'] };
  test.each<[what: string, TakeIn, Outcome]>([
    [
      'a key that is new',
      { here: y, records: ['l: x1=v'], peerSeen: 'x1', adopts: {} },
      { held: ['k: y1=old', 'l: x1=v'], seen: 'x1 y1', told: ['l'] },
    ],
    [
      'a key that is new with two siblings',
      { here: y, records: ['l: x1=v z1=w'], peerSeen: 'x1 z1', adopts: {} },
      { held: ['k: y1=old', 'l: x1=v z1=w'], seen: 'x1 y1 z1', told: ['l'], receipts: ['l: added x1=v z1=w'] },
    ],
    [
      'a key that is new with a residual',
      { here: y, records: ['l: x1=v / z1-2'], peerSeen: 'x1', adopts: {} },
      { held: ['k: y1=old', 'l: x1=v / z1-2'], seen: 'x1 y1', told: ['l'], receipts: ['l: added x1=v'] },
    ],
    [
      'a residual alone, and who waits for it is told of what it takes away',
      { here: y, records: ['k:  / y1', 'l:  / z1'], peerSeen: '', adopts: {} },
      { held: ['l:  / z1'], seen: 'y1', told: ['k'], receipts: ['k: superseded y1=old', 'l: '] },
    ],
    [
      'what other residuals say too, which they need not say any more',
      { here: { seen: 'y1', records: ['m: y1=w / x1 z1'] }, records: ['l: x1=v'], peerSeen: 'x1', adopts: {} },
      { held: ['l: x1=v', 'm: y1=w / z1'], seen: 'x1 y1', told: ['l'] },
    ],
    [
      'a key that is new, of what the peer shows first',
      { here: y, records: ['l: x1=v'], peerSeen: 'x1-3' },
      { held: ['k: y1=old', 'l: x1=v / x1-3'], seen: 'x1 y1', told: ['l'], receipts: ['l: added x1=v'] },
    ],
    [
      'what its author had seen before',
      { here: y, records: ['k: x1=v'], peerSeen: 'x1 y1', adopts: {} },
      { held: ['k: x1=v'], seen: 'x1 y1', told: ['k'] },
    ],
    [
      'what stands beside what is held',
      { here: y, records: ['k: x1=v'], peerSeen: 'x1', adopts: {} },
      { held: ['k: x1=v y1=old'], seen: 'x1 y1', told: ['k'], receipts: ['k: added x1=v'] },
    ],
    [
      'nothing that was seen here and went',
      { here: { seen: 'x1', records: [] }, records: ['k: x1=v'], peerSeen: 'x1', adopts: {} },
      { held: [], seen: 'x1', receipts: ['k: stale x1=v'] },
    ],
    [
      'nothing that was seen here and superseded',
      { here: { seen: 'x1 y1', records: ['k: y1=new'] }, records: ['k: x1=v'], peerSeen: 'x1', adopts: {} },
      { held: ['k: y1=new'], seen: 'x1 y1', receipts: ['k: stale x1=v'] },
    ],
    [
      'what is held already',
      { here: y, records: ['k: y1=old'], peerSeen: 'y1', adopts: {} },
      { held: ['k: y1=old'], seen: 'y1', receipts: ['k: '] },
    ],
    [
      'one of two siblings that the peer superseded',
      {
        here: { seen: 'y1 z1', records: ['k: y1=old z1=other'] },
        records: ['k: x1=v'],
        peerSeen: 'x1 y1',
        adopts: {},
      },
      {
        held: ['k: x1=v z1=other'],
        seen: 'x1 y1 z1',
        told: ['k'],
        receipts: ['k: added x1=v superseded y1=old'],
      },
    ],
    [
      'a residual: what it covers goes, although the clock of the peer does not say so',
      { here: y, records: ['k: x1=v / y1-2'], peerSeen: 'x1', adopts: {} },
      { held: ['k: x1=v / y2'], seen: 'x1 y1', told: ['k'], receipts: ['k: added x1=v superseded y1=old'] },
    ],
    [
      'a tombstone by a residual, which may have been reaped there: it is fenced',
      { here: { seen: 'y1', records: ['k: y1'] }, records: ['k: x1=v / y1'], peerSeen: 'x1', adopts: {} },
      { held: ['k: x1=v'], seen: 'x1 y1', told: ['k'], receipts: ['k: added x1=v superseded y1'], reaped: 'y1' },
    ],
    [
      'a tombstone by the clock that is adopted, which needs no fence',
      {
        here: { seen: 'y1 z1', records: ['k: y1 z1=w'] },
        records: ['k: x1=v'],
        peerSeen: 'x1 y1',
        adopts: {},
      },
      { held: ['k: x1=v z1=w'], seen: 'x1 y1 z1', told: ['k'], receipts: ['k: added x1=v superseded y1'] },
    ],
    [
      'a tombstone that is refused before it was seen: it is fenced',
      {
        here: { seen: 'y1', records: ['k: y1=v / x1-2'] },
        records: ['k: x1'],
        peerSeen: 'x1',
        adopts: {},
      },
      { held: ['k: y1=v / x2'], seen: 'x1 y1', receipts: ['k: stale x1'], reaped: 'x1' },
    ],
    [
      'a tombstone that was seen and is gone: it was fenced then',
      { here: { seen: 'x1', records: [] }, records: ['k: x1'], peerSeen: 'x1', adopts: {} },
      { held: [], seen: 'x1', receipts: ['k: stale x1'] },
    ],
    [
      'what the peer discarded',
      {
        here: { seen: 'y1-2 z1', records: ['k: y1=old z1=w', 'l: y2=other'] },
        records: [],
        peerSeen: 'y1-2',
        adopts: { discards: 'y1-2' },
      },
      { held: ['k: z1=w'], seen: 'y1-2 z1', told: ['k', 'l'] },
    ],
    [
      'what was reaped there',
      { here: y, records: [], peerSeen: 'y1', adopts: { reaped: 'y1' } },
      { held: ['k: y1=old'], seen: 'y1', reaped: 'y1' },
    ],
    [
      'by the absence of what arrived meanwhile and the peer had seen, that it is gone',
      { here: { seen: 'w1 y1', records: ['k: w1=v'] }, records: [], peerSeen: 'w1', adopts: { toldSeen: 'y1' } },
      { held: [], seen: 'w1 y1', told: ['k'] },
    ],
    [
      'nothing by the absence of what it was told before',
      {
        here: { seen: 'w1 y1', records: ['k: w1=v'] },
        records: [],
        peerSeen: 'w1',
        adopts: { toldSeen: 'y1', takenBefore: 'w1' },
      },
      { held: ['k: w1=v'], seen: 'w1 y1' },
    ],
    [
      'nothing by the absence of what it sends',
      {
        here: { seen: 'w1 y1', records: ['k: w1=v'] },
        records: ['k: w1=v'],
        peerSeen: 'w1',
        adopts: { toldSeen: 'y1' },
      },
      { held: ['k: w1=v'], seen: 'w1 y1', receipts: ['k: '] },
    ],
    [
      'the beginning of what the peer shows: its clock is kept with it',
      { here: y, records: ['k: x1=v'], peerSeen: 'x1-3 y1' },
      {
        held: ['k: x1=v / x1-3'],
        seen: 'x1 y1',
        told: ['k'],
        receipts: ['k: added x1=v superseded y1=old'],
      },
    ],
    [
      'a tombstone that goes before the end: it is fenced',
      { here: { seen: 'y1', records: ['k: y1'] }, records: ['k: x1=v'], peerSeen: 'x1 y1' },
      {
        held: ['k: x1=v / x1'],
        seen: 'x1 y1',
        told: ['k'],
        receipts: ['k: added x1=v superseded y1'],
        reaped: 'y1',
      },
    ],
    [
      'a dot that stands for another write here: both are kept apart',
      { here: { seen: 'x1', records: ['k: x1=one'] }, records: ['k: x1=two'], peerSeen: 'x1', adopts: {} },
      {
        held: ['k: !=two !=one'],
        seen: 'x1',
        told: ['k'],
        receipts: ['k: added !=one !=two superseded x1=one collision'],
      },
    ],
  ])('takeIn takes in %s', (_, { here, records, peerSeen, adopts }, expected) => {
    const replica = new Replica(here);
    const adoption =
      adopts === undefined
        ? undefined
        : {
            reaped: clock(adopts.reaped ?? ''),
            discards: set(adopts.discards ?? ''),
            toldSeen: set(adopts.toldSeen ?? here.seen),
            takenBefore: set(adopts.takenBefore ?? ''),
          };
    const receipts = takeIn(replica.state, records.map(parsed), set(peerSeen), adoption).map((receipt) => {
      const parts = [receipt.added, receipt.superseded, receipt.stale].map(showVersions);
      const names = ['added', 'superseded', 'stale'].flatMap((name, at) => (parts[at] === '' ? [] : [name, parts[at]]));
      return [`${receipt.key}: ${names.join(' ')}`, ...(receipt.collisions.length > 0 ? ['collision'] : [])].join(' ');
    });
    const derived = (text: string): string => text.replaceAll(/![0-9a-f]+=/g, '!=');
    const found = { held: replica.held.map(derived), receipts: receipts.map(derived) };
    expect(found).toEqual({ held: expected.held, receipts: expected.receipts ?? [] });
    expect(replica.seen.replaceAll(/![0-9a-f]+-?\d* ?/g, '').trim()).toBe(expected.seen);
    expect(replica.told.map((keys) => [...keys].sort())).toEqual(expected.told === undefined ? [] : [expected.told]);
    expect(replica.reaped).toBe(expected.reaped ?? '');
  });

  test('takeIn knows the dots under which it keeps two writes apart', () => {
    const replica = new Replica({ seen: 'x1', records: ['k: x1=one'] });
    takeIn(replica.state, [parsed('k: x1=two')], set('x1'), undefined);
    const apart = replica.state.table.record('k').versions;
    expect(apart.length).toBe(2);
    for (const { id, counter } of apart) expect(replica.state.knowledge.has(id, counter)).toBe(true);
  });
});

describe('mend', () => {
  test.each<[what: string, Held, records: readonly string[], seen: string, held: readonly string[], lost: string]>([
    [
      'a value that was lost',
      { seen: 'x1-2', records: ['k: x2=w'] },
      ['l: x1=v'],
      'x1-2',
      ['k: x2=w', 'l: x1=v'],
      'x1',
    ],
    ['one of two siblings', { seen: 'x1 y1', records: ['k: y1=w'] }, ['k: x1=v y1=w'], 'x1 y1', ['k: x1=v y1=w'], 'x1'],
    ['a tombstone beside a value', { seen: 'x1 y1', records: [] }, ['k: x1 y1=w'], 'x1 y1', ['k: x1 y1=w'], 'y1'],
    ['no tombstone alone', { seen: 'x1', records: [] }, ['k: x1'], 'x1', [], ''],
    ['nothing where nothing was lost', { seen: 'x1', records: ['k: x1=v'] }, ['k: x1=v'], 'x1', ['k: x1=v'], ''],
    ['nothing once this replica moved on', { seen: 'x1 z1', records: [] }, ['k: x1=v'], 'x1', [], ''],
    ['nothing that neither has seen', { seen: 'y1', records: [] }, ['k: x1=v y1=w'], 'y1', ['k: y1=w'], 'y1'],
    [
      'nothing where a residual says why it is not held',
      { seen: 'x1', records: ['k:  / z1'] },
      ['k: x1=v'],
      'x1',
      ['k:  / z1'],
      '',
    ],
    ['what has a residual as ever', { seen: 'x1', records: [] }, ['k: x1=v / z1'], 'x1', ['k:  / z1'], ''],
    [
      'what has a residual beside what was lost',
      { seen: 'x1-2', records: ['l: x2=w'] },
      ['k: x1=v', 'l: x2=w / z1'],
      'x1-2',
      ['k: x1=v', 'l: x2=w / z1'],
      'x1',
    ],
  ])('mend brings back %s', (_, here, records, seen, held, lost) => {
    const replica = new Replica(here);
    const mended = mend(replica.state, records.map(parsed), set(seen));
    expect(replica.held).toEqual(held);
    expect(showSet(DotSet.of(mended.lost))).toBe(lost);
    expect(mended.collided.size).toBe(0);
    expect(replica.state.mends).toBe(lost === '' ? 0 : 1);
    const changed = records
      .map(parsed)
      .filter(({ versions: all }) => all.some(({ id, counter }) => set(lost).has(id, counter)));
    expect(replica.told).toEqual(lost === '' ? [] : [changed.map(({ key }) => key)]);
  });

  test.each([
    ['one key', ['k: x1=v'], 'k: x1=w', 2],
    ['two keys', ['k: x1=v'], 'l: x1=w', 1],
  ])(
    'mend sets two writes apart that have one dot under %s, and says that none was lost',
    (_, records, other, apart) => {
      const replica = new Replica({ seen: 'x1', records });
      const parsedOther = parsed(other);
      const { lost, collided } = mend(replica.state, [parsedOther], set('x1'));
      expect([lost, [...collided]]).toEqual([[], [[parsedOther.key, [{ id: 'x', counter: 1 }]]]]);
      expect([replica.state.collisions, replica.state.mends, replica.told]).toEqual([1, 1, [[parsedOther.key]]]);
      const held = [...replica.state.table.cells()].flatMap(([key]) => replica.state.table.record(key).versions);
      expect(held.map(({ value }) => value).sort()).toEqual(['v', 'w']);
      const derived = held.filter(isDerived);
      expect(derived.length).toBe(apart);
      for (const { id, counter } of derived) expect(replica.state.knowledge.has(id, counter)).toBe(true);
    },
  );
});

describe('recordsFor', () => {
  const here: Held = {
    seen: 'x1-4 y1-3',
    records: ['a: x3=a', 'b: y1=b', 'c: x1=c y2=d', 'd: x2 y3 / z1', 'e:  / z2-3', 'f: x4=f / z4'],
  };
  test.each<[what: string, dots: string, peerSeen: string, expected: readonly string[]]>([
    [
      'a peer that knows nothing, in the order of the dots, each once',
      'x1-4 y1-3',
      '',
      ['c: x1=c y2=d', 'd: x2 y3 / z1', 'a: x3=a', 'f: x4=f / z4', 'b: y1=b', 'e:  / z2-3'],
    ],
    ['a peer that lacks one dot', 'x3', 'x1-2', ['a: x3=a', 'd: x2 y3 / z1', 'e:  / z2-3', 'f: x4=f / z4']],
    [
      'a peer that lacks a dot of a sibling',
      'y2',
      'z1-4',
      ['c: x1=c y2=d', 'd: x2 y3 / z1', 'e:  / z2-3', 'f: x4=f / z4'],
    ],
    ['a peer that has seen all of it', '', 'x1-4 y1-3', ['d: x2 y3 / z1', 'e:  / z2-3', 'f: x4=f / z4']],
    ['one that knows what the residuals say too', '', 'x1-4 y1-3 z1-3', ['f: x4=f / z4']],
    ['one that knows more', '', 'x1-9 y1-9 z1-9', []],
    ['dots that nobody holds', 'w1-9 x9', 'x1-4 y1-3 z1-4', []],
  ])('recordsFor %s', (_, dots, peerSeen, expected) => {
    const { state } = new Replica(here);
    const records = recordsFor(state, set(dots), set(peerSeen));
    expect(records.map(({ key, versions: all, residual }) => shown(key, all, residual))).toEqual(expected);
  });
});
