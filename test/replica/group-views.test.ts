import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { sessionTokenOf } from '../../src/replica/group-views.ts';
import { decodeToken, encodeToken } from '../../src/store/context-token.ts';
import { SeenAt } from '../../src/store/knowledge.ts';
import { three } from './three.ts';

const seenIn = (token: string): unknown => decodeToken('session', '', token).toJSON().vector;

describe('GroupWrittenView and GroupAnswerView', () => {
  test('session is of the moment of the call, however late it is asked for (L15)', async () => {
    const { env, a } = await three({ n: 3, r: 1, w: 1 });
    const first = await env.run(a.group.put('k', 'x'));
    const read = await env.run(a.group.get('k'));
    const [batched] = await env.run(
      a.group.batch([
        { put: 'k', value: 'y' },
        { put: 'l', value: 'z' },
      ]),
    );
    await env.run(a.group.put('k', 'later'));
    expect(seenIn(first.session)).toEqual({ 'a~1': 1 });
    expect(seenIn(read.session)).toEqual({ 'a~1': 1 });
    expect(seenIn(batched?.session ?? '')).toEqual({ 'a~1': 3 });
    expect(seenIn(a.group.sessionToken())).toEqual({ 'a~1': 4 });
  });

  test('session holds what a key knows beyond what was seen, and the session that was brought', async () => {
    const { cluster, env, a, b } = await three({ n: 3, r: 1, w: 1 });
    cluster.isPushing = false;
    cluster.isExchanging = false;
    await a.store.receiveReplica('k', { key: 'k', versions: [], context: DotSet.empty.addRange('x~1', 2, 3) });
    const heard = await env.run(a.group.get('k'));
    expect([...decodeToken('session', '', heard.session)]).toEqual([
      { id: 'x~1', counter: 2 },
      { id: 'x~1', counter: 3 },
    ]);
    const { session } = await env.run(b.group.put('other', 'x'));
    await env.run(cluster.exchange('a', 'b'));
    const written = await env.run(a.group.put('k', 'x', { session }));
    expect([...decodeToken('session', '', written.session)].map(({ id, counter }) => `${id}:${counter}`)).toEqual([
      'a~1:1',
      'b~1:1',
      'x~1:2',
      'x~1:3',
    ]);
  });
});

describe('sessionTokenOf', () => {
  test('sessionTokenOf joins what was seen, heard, written and brought', () => {
    const session = encodeToken('session', '', DotSet.empty.add('d', 1));
    const token = sessionTokenOf({
      seen: new SeenAt('a', DotSet.empty, 2),
      heard: DotSet.empty.add('b', 1),
      writes: [{ dot: { id: 'c', counter: 1 } }],
      session,
    });
    expect(seenIn(token)).toEqual({ a: 2, b: 1, c: 1, d: 1 });
  });
});
