import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { CausalError } from '../../src/errors.ts';
import { PUSH_HELD_BYTES_MAX } from '../../src/limits.ts';
import { decodePush, encodePush, type Push } from '../../src/repair/push-message.ts';
import { PushReceiver, type PushReceiverOptions } from '../../src/repair/push-receiver.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { idOf, seenBy } from '../../src/store/membership.ts';
import type { Report } from '../../src/store/operations.ts';
import { stateOf } from '../../src/store/versioned-kv-store.ts';
import { clock, set, showSet } from '../clock/literals.ts';
import { digest, expectRefused, open, recordOf, refusalOf, shown, versions } from '../store/replicas.ts';
import { failingEngine, Trouble } from '../torture/failing-storage.ts';
import type { Store } from './pair.ts';

type Given = {
  readonly number?: number;
  readonly from?: number;
  readonly base?: string;
  readonly added?: string;
  readonly hidden?: string;
  readonly reaped?: string;
  /** `k: x1=red y2 / z3`: a key, its versions, its residual. */
  readonly records?: readonly string[];
};

/** A push as literals; without `from` it begins a chain. */
function push({ number = 1, from = 0, base = '', added = '', hidden = '', reaped, records = [] }: Given): Push {
  const isFirst = from === 0;
  return {
    ...{ number, from, base: isFirst ? set(base) : undefined, added: set(added), hidden: set(hidden) },
    reaped: isFirst || reaped !== undefined ? clock(reaped ?? '') : undefined,
    records: records.map((text) => {
      const [key = '', rest = ''] = text.split(': ');
      const [held = '', residual = ''] = rest.split(' / ');
      return { key, versions: versions(held), residual: set(residual) };
    }),
  };
}

type Receiving = { readonly told: string[]; readonly take: (...pushes: Given[]) => Promise<void> } & {
  readonly receiver: PushReceiver<string>;
};

/** The receiving end for pushes of x; `told` are its answers, and `wait`. */
function receiving(store: Store, options: Partial<PushReceiverOptions> = {}): Receiving {
  const told: string[] = [];
  const receiver = new PushReceiver(store, {
    peerId: 'x',
    isExpected: () => true,
    answer: (answer) => told.push(answer.kind === 'lost' ? `lost, ${answer.why}` : `${answer.kind} ${answer.number}`),
    onWait: (number) => told.push(`wait ${number}`),
    ...options,
  });
  const take = async (...pushes: Given[]): Promise<void> => {
    for (const each of pushes) await receiver.take(encodePush(push(each)));
  };
  return { told, take, receiver };
}

/** A replica that has seen y1-2 and holds y1 under `k` and y2 under `l`. */
async function met(): Promise<Store> {
  const store = await open<string>('a', { members: ['a', 'x'] });
  await store.receiveReplica('k', recordOf('k', 'y1=old'));
  await store.receiveReplica('l', recordOf('l', 'y2=else'));
  return store;
}

const beginning: Given = { base: 'y1-2', added: 'x1', records: ['k: x1=new'] };

describe('PushReceiver', () => {
  test.each<[what: string, pushes: readonly Given[], told: readonly string[], seen: string, k: string, l: string]>([
    ['a write over what is held', [beginning], ['ack 1'], 'x1 y1-2', 'live new', 'live else'],
    [
      'a chain, each on the one before',
      [beginning, { number: 2, from: 1, added: 'x2', records: ['l: x2'] }],
      ['ack 1', 'ack 2'],
      'x1-2 y1-2',
      'live new',
      'deleted',
    ],
    ['one that only tells', [{ base: 'y1', added: 'y2', hidden: 'y2' }], ['ack 1'], 'y1-2', 'live old', 'live else'],
    [
      'a residual that is news, of a key without versions',
      [{ base: 'y1-2', records: ['k:  / z1-3'] }],
      ['ack 1'],
      'y1-2',
      'absent',
      'live else',
    ],
    ['a base that is not here', [{ ...beginning, base: 'y1-3' }], ['lost'], 'y1-2', 'live old', 'live else'],
    [
      'what was reaped and never seen here',
      [{ ...beginning, reaped: 'z4' }],
      ['lost'],
      'y1-2',
      'live old',
      'live else',
    ],
    [
      'what it adds and has reaped itself',
      [{ base: 'y1-2', added: 'x1', reaped: 'x1' }],
      ['lost'],
      'y1-2',
      'live old',
      'live else',
    ],
    [
      'nothing after a chain that was lost',
      [
        { ...beginning, base: 'y1-3' },
        { number: 2, from: 1, added: 'x2', records: ['l: x2'] },
      ],
      ['lost'],
      'y1-2',
      'live old',
      'live else',
    ],
    [
      'a chain that begins anew after it was lost',
      [
        { ...beginning, base: 'y1-3' },
        { ...beginning, number: 5 },
      ],
      ['lost', 'ack 5'],
      'x1 y1-2',
      'live new',
      'live else',
    ],
    [
      'nothing of what hides dots that are not here, nor what comes after',
      [
        { base: 'y1-2', added: 'x1 z1', hidden: 'z1', records: ['k: x1=new'] },
        { number: 2, from: 1, added: 'x2', records: ['l: x2'] },
      ],
      ['wait 1'],
      'y1-2',
      'live old',
      'live else',
    ],
    [
      'what is sent again in place of what waits',
      [
        beginning,
        { number: 2, from: 1, added: 'x2 z1', hidden: 'z1', records: ['l: x2'] },
        { number: 3, from: 1, added: 'x2 z1', records: ['l: x2', 'm: z1=third'] },
      ],
      ['ack 1', 'wait 2', 'ack 3'],
      'x1-2 y1-2 z1',
      'live new',
      'deleted',
    ],
  ])('PushReceiver takes in %s', async (_, pushes, told, seen, k, l) => {
    const store = await met();
    const it = receiving(store);
    await it.take(...pushes);
    expect(it.told.map((text) => text.split(',')[0])).toEqual(told);
    expect(showSet(store.seen)).toBe(seen);
    expect([shown(store.peek('k')), shown(store.peek('l'))]).toEqual([k, l]);
  });

  test('PushReceiver goes on with what waits when it is here by another way', async () => {
    const store = await met();
    const it = receiving(store);
    await it.take(
      { base: 'y1-2', added: 'x1 z1', hidden: 'z1', records: ['k: x1=new'] },
      { number: 2, from: 1, added: 'x2', records: ['l: x2'] },
    );
    expect(it.receiver.isWaiting).toBe(true);
    await store.receiveReplica('m', recordOf('m', 'z1=third'));
    await it.receiver.retry();
    expect(it.told).toEqual(['wait 1', 'ack 1', 'ack 2']);
    expect(it.receiver.isWaiting).toBe(false);
    expect(showSet(store.seen)).toBe('x1-2 y1-2 z1');
  });

  test('PushReceiver asks at once for what nobody else is to bring, and takes nothing before it came', async () => {
    const store = await met();
    const it = receiving(store, { isExpected: (id) => id !== 'z' });
    await it.take(
      { base: 'y1-2', added: 'x1 z1', hidden: 'z1', records: ['k: x1=new'] },
      { number: 2, from: 1, added: 'x2', records: ['l: x2'] },
      { number: 3, from: 2, added: 'x3' },
    );
    expect(it.told).toEqual(['want 1']);
    await it.take({ number: 4, base: 'y1-2', added: 'x1-3 z1', records: ['k: x1=new', 'l: x2', 'm: z1=third'] });
    expect(it.told).toEqual(['want 1', 'ack 4']);
    expect(showSet(store.seen)).toBe('x1-3 y1-2 z1');
  });

  test('PushReceiver asks for what has waited long enough, and gives up after three times', async () => {
    const store = await met();
    const it = receiving(store);
    const hiding = (number: number): Given => ({ number, base: 'y1-2', added: 'x1 z1', hidden: 'z1' });
    for (let number = 1; number <= 4; number += 1) {
      await it.take(hiding(number));
      await it.receiver.expire(number + 1);
      await it.receiver.expire(number);
    }
    expect(it.told.slice(0, 4)).toEqual(['wait 1', 'want 1', 'wait 2', 'want 2']);
    expect(it.told.slice(6)).toEqual(['wait 4', 'lost, it was asked for in vain']);
    await it.take({ number: 5, from: 4, added: 'x2' });
    expect(it.told.length).toBe(8);
  });

  test('PushReceiver takes nothing of a chain whose beginning never came, and throws nothing', async () => {
    const store = await met();
    const it = receiving(store);
    await it.take({ number: 2, from: 1, added: 'x2', records: ['l: x2'] });
    expect([it.told, it.receiver.isWaiting, showSet(store.seen)]).toEqual([[], false, 'y1-2']);
    await it.take({ ...beginning, number: 3 });
    expect(it.told).toEqual(['ack 3']);
  });

  test('PushReceiver asks at once when one of several is on its way from nowhere', async () => {
    const store = await met();
    const it = receiving(store, { isExpected: (id) => id === 'z' });
    await it.take({ base: 'y1-2', added: 'x1 z1 w1', hidden: 'z1 w1' });
    expect(it.told).toEqual(['want 1']);
  });

  test('PushReceiver reports a dot that stands for two writes, and nothing without one', async () => {
    const reports: Report[] = [];
    const store = await open<string>('a', { onReport: (report) => reports.push(report) });
    await store.receiveReplica('k', recordOf('k', 'y1=one'));
    const it = receiving(store);
    await it.take({ added: 'x1', records: ['k: x1=v'] });
    expect([shown(await store.get('k')), reports]).toEqual(['conflict v|one', []]);
    await it.take({ number: 2, from: 1, added: 'x2 y1', records: ['k: x1=v x2=w y1=two'] });
    expect(reports).toEqual([{ kind: 'collision', key: 'k', dots: [{ id: 'y', counter: 1 }] }]);
  });

  test('PushReceiver merges with what is stored, although nothing of it was read before', async () => {
    const storage = memoryStorage();
    const before = await open<string>('a', { storage });
    await before.put('k', 'mine');
    await before.close();
    const store = await open<string>('a', { storage });
    const it = receiving(store);
    await it.take({ added: 'x1', records: ['k: x1=theirs'] });
    expect(shown(await store.get('k'))).toBe('conflict mine|theirs');
  });

  test('PushReceiver is settled when what it was given has been taken in', async () => {
    const store = await open<string>('a', { storage: memoryStorage() });
    const it = receiving(store);
    await it.receiver.settled();
    const taking = it.take({ added: 'x1', records: ['k: x1=v'] });
    await it.receiver.settled();
    expect(it.told).toEqual(['ack 1']);
    await taking;
  });

  test('PushReceiver makes room again for what it has taken in', async () => {
    const store = await met();
    const it = receiving(store);
    const value = 'v'.repeat(PUSH_HELD_BYTES_MAX >> 1);
    const hiding = (number: number): Given => ({
      ...{ number, added: `x${number} z${number}`, hidden: `z${number}`, records: [`k: x${number}=${value}`] },
      ...(number === 1 ? { base: 'y1-2' } : { from: number - 1 }),
    });
    for (let number = 1; number <= 4; number += 1) {
      await it.take(hiding(number));
      await store.receiveReplica('m', recordOf('m', `z${number}=v`));
      await it.receiver.retry();
    }
    expect(it.told).toEqual([1, 2, 3, 4].flatMap((number) => [`wait ${number}`, `ack ${number}`]));
  });

  test('PushReceiver does not ask for what is being taken in when its time is up', async () => {
    const store = await open<string>('a', { storage: memoryStorage() });
    await store.receiveReplica('k', recordOf('k', 'y1=old'));
    const it = receiving(store);
    const taken = it.take({ base: 'y1', added: 'x1', records: ['k: x1=new'] });
    const expired = it.receiver.expire(1);
    await Promise.all([taken, expired]);
    expect(it.told).toEqual(['ack 1']);
  });

  test('PushReceiver holds no more than its bound', async () => {
    const store = await met();
    const it = receiving(store);
    const value = 'v'.repeat(PUSH_HELD_BYTES_MAX >> 1);
    await it.take({ base: 'y1-2', added: 'x1 z1', hidden: 'z1', records: [`k: x1=${value}`] });
    await it.take({ number: 2, from: 1, added: 'x2', records: [`l: x2=${value}`] });
    expect(it.told).toEqual(['wait 1', 'lost, too much waits here']);
    expect(it.receiver.isWaiting).toBe(false);
  });

  test('PushReceiver believes of its peer what it took in, and not what a former incarnation of it had', async () => {
    const store = await met();
    const peer = (): string => showSet(seenBy(stateOf(store).membership, 'x') ?? set(''));
    const it = receiving(store);
    await it.take(beginning);
    expect(peer()).toBe('x1 y1-2');
    const late = receiving(store, { peerId: 'x~1' });
    stateOf(store).membership.advance('x~2', DotSet.empty);
    await late.take({ base: 'y1-2', added: 'x2', records: ['l: x2'] });
    expect(late.told).toEqual(['ack 1']);
    expect(idOf(stateOf(store).membership, 'x')).toBe('x~2');
    expect((await store.reap()).reaped).toBe(0);
  });

  test('PushReceiver is lost while records are lost here', async () => {
    const store = await met();
    stateOf(store).damaged.set('k', set('y1'));
    const it = receiving(store);
    await it.take({ base: 'y2', added: 'x1', records: ['l: x1=new'] });
    expect(it.told).toEqual(['lost, records were lost here']);
  });

  test.each<[what: string, code: string, bytes: Uint8Array]>([
    ['is no push', 'ENCODING_INVALID', Uint8Array.of(9)],
    ['comes a second time', 'PROTOCOL_VIOLATION', encodePush(push({ number: 3, base: 'y1-2' }))],
    [
      'has a version beyond its clock',
      'PROTOCOL_VIOLATION',
      encodePush(push({ number: 9, added: 'x1', records: ['k: x2=v'] })),
    ],
    ['builds on one that never came', 'PROTOCOL_VIOLATION', encodePush(push({ number: 9, from: 8, added: 'x2' }))],
    ['has a residual with writes of this replica that it never made', 'IDENTITY_ALARM', forgedResidual()],
    ['admit refuses', 'FORBIDDEN', encodePush(push({ number: 9, added: 'x1', records: ['forbidden: x1=v'] }))],
  ])('PushReceiver throws and changes nothing when a push %s; a new chain is taken', async (_, code, bytes) => {
    const store = await met();
    const it = receiving(store, {
      admit: (_seen, records) => {
        if (records.some(({ key }) => key === 'forbidden')) throw new CausalError('FORBIDDEN', 'Cannot take it in');
      },
    });
    await it.take({ number: 3, base: 'y1-2' });
    await expectRefused(store, code, () => it.receiver.take(bytes));
    expect(it.receiver.isWaiting).toBe(false);
    await it.take({ ...beginning, number: 11 });
    expect(it.told).toEqual(['ack 3', 'ack 11']);
  });

  test('PushReceiver is lost when a push names writes of this replica that it never made', async () => {
    const store = await met();
    await store.put('own', 'v');
    const it = receiving(store);
    const added = DotSet.empty.add('a~1', 2);
    await it.receiver.take(encodePush({ ...push({ base: 'y1-2' }), added }));
    expect(it.told).toEqual(['lost, it names writes of this replica that it never made']);
    expect(store.seen.has('a~1', 2)).toBe(false);
  });

  test('PushReceiver changes nothing for a push cut short at any byte', async () => {
    const store = await met();
    const it = receiving(store);
    await it.take({ base: 'y1-2' });
    const bytes = encodePush(
      push({ number: 2, from: 1, added: 'x1-3 z1', hidden: 'z1', records: ['k: x1=new', 'l: x3'] }),
    );
    const before = await digest(store);
    for (let length = 0; length < bytes.length; length += 1)
      expect(await refusalOf(() => it.receiver.take(bytes.subarray(0, length)))).toBe('ENCODING_INVALID');
    expect(await digest(store)).toBe(before);
    expect(decodePush(bytes).records.length).toBe(2);
  });

  test('PushReceiver acknowledges nothing whose commit failed, and follows no chain on it', async () => {
    const trouble = new Trouble();
    const store = await open<string>('a', { storage: failingEngine(memoryStorage(), trouble) });
    await store.receiveReplica('k', recordOf('k', 'y1=old'));
    const it = receiving(store);
    trouble.commitFails(0, 'failed, not applied');
    expect(await refusalOf(() => it.take({ base: 'y1', added: 'x1', records: ['k: x1=new'] }))).toBe('STORAGE_FAILED');
    await it.take({ number: 2, from: 1, added: 'x2', records: ['l: x2=v'] });
    expect(it.told).toEqual([]);
    expect(showSet(store.seen)).toBe('y1');
    await it.take({ number: 3, base: 'y1', added: 'x1-2', records: ['k: x1=new', 'l: x2=v'] });
    expect(it.told).toEqual(['ack 3']);
    expect(shown(await store.get('k'))).toBe('live new');
  });
});

function forgedResidual(): Uint8Array {
  const residual = DotSet.empty.add('a~1', 7);
  const { records, ...rest } = push({ number: 9, added: 'x1', records: ['k: x1=v'] });
  return encodePush({ ...rest, records: records.map((record) => ({ ...record, residual })) });
}
