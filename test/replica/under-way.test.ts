import { describe, expect, test } from 'vitest';
import { UnderWay } from '../../src/replica/under-way.ts';

describe('UnderWay', () => {
  test('none answers everybody who waits when the last call ends, and at once when there is no call', async () => {
    const calls = new UnderWay();
    await calls.none();
    const said: string[] = [];
    const wait = async (who: string): Promise<void> => {
      await calls.none();
      said.push(who);
    };
    calls.begin();
    calls.begin();
    const waiting = [wait('one'), wait('two')];
    calls.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(said).toEqual([]);
    calls.end();
    await Promise.all(waiting);
    expect(said.sort()).toEqual(['one', 'two']);
    await calls.none();
  });

  test('none goes on waiting for a call that began before it was told', async () => {
    const calls = new UnderWay();
    let isOver = false;
    calls.begin();
    const over = calls.none().then(() => {
      isOver = true;
    });
    calls.end();
    calls.begin();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    calls.end();
    await over;
  });
});
