import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { json, serveFetch, serveNode } from './serving.ts';

/** Reads a stream of events until `enough` holds of all that was read. */
async function readUntil(answer: Response, enough: (text: string) => boolean): Promise<string> {
  let text = '';
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const next = await reader?.read();
    if (next === undefined || next.done) return text;
    text += next.value;
    if (enough(text)) {
      await reader?.cancel();
      return text;
    }
  }
}

const keysIn = (text: string): string[] =>
  [...text.matchAll(/^event: change\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data).key);
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => id);

describe.each([
  ['node', serveNode],
  ['fetch', serveFetch],
])('CHANGES_ROUTE through the %s adapter', (_, serve) => {
  it('CHANGES_ROUTE tells what there is and what comes, and goes on after the last event', async () => {
    const { ask, replica } = await serve();
    await replica.store.put('one', 1);
    const answer = await ask('/v1/changes');
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    let isSecondPut = false;
    const text = await readUntil(answer, (sofar) => {
      // What is there was told; now something comes.
      if (keysIn(sofar).length === 1 && !isSecondPut) {
        isSecondPut = true;
        void replica.store.put('two', 2);
      }
      return keysIn(sofar).length === 2;
    });
    expect(keysIn(text)).toEqual(['one', 'two']);
    await replica.store.delete('one');
    const last = idsIn(text).at(-1) ?? '';
    const resumed = await ask('/v1/changes?live=false', { headers: { 'last-event-id': last } });
    expect(keysIn(await resumed.text())).toEqual(['one']);
    const asked = await ask(`/v1/changes?live=false&after=${last}`);
    expect(keysIn(await asked.text())).toEqual(['one']);
    const bad = await ask('/v1/changes', { headers: { 'last-event-id': 'nonsense' } });
    expect(bad.status).toBe(400);
  });

  it('CHANGES_ROUTE says that all was told, which a stream that is cut off does not', async () => {
    const { ask, handler } = await serve();
    expect(await (await ask('/v1/changes?live=false')).text()).toContain('event: end\n');
    const live = await ask('/v1/changes');
    handler.close();
    expect(await live.text()).not.toContain('event: end');
  });

  it('CHANGES_ROUTE goes on at another replica', async () => {
    const berlin = await serve({ name: 'berlin' });
    const lima = await serve({ name: 'lima' });
    await berlin.replica.store.put('one', 1);
    const last = idsIn(await (await berlin.ask('/v1/changes?live=false')).text()).at(-1) ?? '';
    await lima.replica.pull(berlin.replica);
    await lima.replica.store.put('two', 2);
    const headers = { 'last-event-id': last };
    expect(keysIn(await (await lima.ask('/v1/changes?live=false', { headers })).text())).toEqual(['two']);
  });

  it('CHANGES_ROUTE tells values when asked, only keys of the prefix, and how far it is past the others', async () => {
    const { ask, replica } = await serve();
    await replica.store.put('a/1', { n: 1n });
    await replica.store.put('b/1', 2);
    const text = await (await ask('/v1/changes?live=false&prefix=a/&values=true')).text();
    expect(keysIn(text)).toEqual(['a/1']);
    expect(text).toContain('"value":{"n":{"$bigint":"1"}}');
    const headers = { 'last-event-id': idsIn(text).at(-1) ?? '' };
    expect(keysIn(await (await ask('/v1/changes?live=false', { headers })).text())).toEqual([]);
  });

  it('CHANGES_ROUTE gives a sign of life while nothing happens, ends with the server, and is limited in number', async () => {
    const { ask, handler } = await serve({ limits: { heartbeatMs: 10, streamsMax: 1 } });
    const answer = await ask('/v1/changes');
    expect((await ask('/v1/changes')).status).toBe(429);
    const reading = readUntil(answer, (sofar) => {
      if (sofar.split(': still here').length > 3) handler.close();
      return false;
    });
    expect((await reading).split(': still here').length).toBeGreaterThan(3);
    expect((await ask('/v1/changes')).status).toBe(503);
  });
});

describe('ChangesStream', () => {
  it('ChangesStream costs a reader who does not read bounded memory, and the place is free when it leaves', async () => {
    const { ask, replica, url } = await serveNode({ limits: { streamsMax: 1 } });
    const big = 'x'.repeat(100_000);
    for (let i = 0; i < 50; i++) await replica.store.put(`k${i}`, big);
    const asked = request(`${url}/v1/changes?values=true`);
    asked.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      asked.on('response', (answer) => {
        answer.pause();
        resolve();
      });
      asked.end();
    });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 500; i++) await replica.store.put(`k${i % 50}`, `${i}${big}`);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    asked.destroy();
    await expect.poll(async () => (await ask('/v1/changes?live=false')).status).toBe(200);
    expect((await ask('/v1/kv/k1', json('PUT', 1))).status).toBe(200);
  });

  it('ChangesStream tells what it cannot go on with as its last event', async () => {
    const { ask, replica } = await serveNode();
    const answer = await ask('/v1/changes?values=true');
    await replica.store.put('k', 1);
    replica.store.get = () => Promise.reject(new Error('lost'));
    const text = await answer.text();
    expect(text).toContain('event: problem\ndata: {"type":"urn:cairn:error:INTERNAL"');
    expect(text).not.toContain('lost');
  });
});
