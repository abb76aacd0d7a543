import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Play, storeCommands } from '../../../src/testkit/index.ts';
import { toyStore } from './toy.ts';

const KEYS = ['cart', 'name'];

async function runCommands(
  store: ReturnType<typeof toyStore>,
): Promise<{ readonly failed: boolean; readonly shown: string }> {
  const commands = fc.commands(storeCommands(store, { keys: KEYS }), { maxCommands: 20, size: 'max' });
  const { failed, counterexample } = await fc.check(
    fc.asyncProperty(commands, (list) =>
      fc.asyncModelRun(async () => ({ model: {}, real: await Play.open(store, 3, KEYS) }), list),
    ),
    { seed: 1, numRuns: 500 },
  );
  return { failed, shown: String(counterexample?.[0]) };
}

test('storeCommands go with fc.commands, and hold for a right store', async () => {
  expect((await runCommands(toyStore())).failed).toBe(false);
});

test('storeCommands show a defect as a short list of commands in words', async () => {
  const { failed, shown } = await runCommands(toyStore('deletes clear the key'));
  expect(failed).toBe(true);
  expect(shown).toMatch(/: delete (cart|name), based on the context that was kept last/);
  expect(shown.split(/(?<=\w),(?=\w: |sync )/).length).toBeLessThanOrEqual(4);
});
