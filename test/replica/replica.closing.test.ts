import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/index.ts';
import { linkFrames } from '../../src/replica/link-message.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import type { StorageEngine } from '../../src/storage/storage.ts';
import type { Link } from '../../src/transport/transport.ts';
import { Cluster } from './cluster.ts';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.close());

describe('a replica that closes', () => {
  test('does not wait for a member that hung up as soon as it had greeted, and is owed a hint', async () => {
    const a = await cluster.open('a', [], {}, { members: ['a', 'b'] });
    await cluster.env.run(a.replica.put('k', 1));
    const link = await cluster.net.at('memory:b').connect('memory:a');
    await link.send(hello('b~1'));
    await link.close('gone');
    await cluster.env.pass(1_000);
    expect((await a.replica.status()).counters.hints).toBe(1);
    // Once it is back for good it is given what it is owed.
    await cluster.open('b', ['a'], {}, { members: ['a', 'b'] });
    await cluster.env.pass(10_000);
    expect((await a.replica.status()).counters.hints).toBe(0);
    await cluster.env.run(a.replica.close({ drainMs: 0 }));
  });

  test('does not wait for a linked member whose disk hangs', async () => {
    const members = ['a', 'b'];
    const disk = stalling(memoryStorage());
    const a = await cluster.open('a', [], {}, { members });
    const store = await openStore<unknown>({ name: 'b', env: cluster.env, members, storage: disk.engine });
    const b = await cluster.open('b', ['a'], { store });
    await cluster.env.pass(2_000);
    b.replica.cut('a');
    await cluster.env.pass(100);
    await cluster.env.run(a.replica.put('k', 1));
    const goOn = disk.stall();
    b.replica.heal('a');
    await cluster.env.pass(1_000);
    expect((await a.replica.status()).peers).toMatchObject([{ state: 'connected' }]);
    let isClosed = false;
    void a.replica.close().then(() => {
      isClosed = true;
    });
    await cluster.env.pass(600_000);
    expect(isClosed).toBe(true);
    goOn();
  });

  test('ends a link of which it does not know yet who is at the other side', async () => {
    const a = await cluster.open('a', []);
    const link = await cluster.net.at('memory:b').connect('memory:a');
    await cluster.env.settle();
    await a.replica.close({ drainMs: 0 });
    expect(link.endedBecause()).toContain('this replica closes');
    expect(cluster.env.timers).toBe(0);
  });

  test.each([
    ['it began to close', 'close'],
    ['the peer was cut by hand', 'cut'],
  ])('refuses a link that was being greeted when %s', async (_when, what) => {
    const a = await cluster.open('a', [], {
      authenticate: ({ name }) => {
        if (what === 'cut') a.replica.cut(name);
        else void a.replica.close({ drainMs: 0 });
        return { mayRelay: true };
      },
    });
    const link = await cluster.net.at('memory:b').connect('memory:a');
    await link.send(hello('b~1'));
    await readAll(link);
    await cluster.env.settle();
    expect(a.events.map(({ kind }) => kind)).not.toContain('peer-connected');
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'link-refused' }));
  });
});

function hello(id: string): Uint8Array {
  const [frame] = linkFrames(
    { kind: 'hello', versionMin: 1, versionMax: 1, frameBytesMax: 2 ** 20, id, keyspace: '', token: undefined },
    2 ** 20,
  );
  return frame as Uint8Array; // of this size there is one
}

async function readAll(link: Link): Promise<void> {
  for await (const _frame of link);
}

/** An engine whose commits wait while it is stalled, as those of a disk that hangs. */
function stalling(engine: StorageEngine): { readonly engine: StorageEngine; readonly stall: () => () => void } {
  let held: Promise<void> | undefined;
  const stall = (): (() => void) => {
    let release = (): void => undefined;
    held = new Promise<void>((resolve) => {
      release = resolve;
    });
    return release;
  };
  const open = async (): ReturnType<StorageEngine['open']> => {
    const opened = await engine.open();
    const commit: typeof opened.commit = async (...given) => {
      await held;
      return opened.commit(...given);
    };
    return new Proxy(opened, {
      get: (target, name) => {
        if (name === 'commit') return commit;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { engine: { ...engine, open }, stall };
}
