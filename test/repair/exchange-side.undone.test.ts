import { expect, test } from 'vitest';
import { ExchangeSide } from '../../src/repair/exchange-side.ts';
import { memoryStorage } from '../../src/storage/memory.ts';
import { openStore } from '../../src/store/open-store.ts';
import { journalOf } from '../../src/store/versioned-kv-store.ts';

test('ExchangeSide.begin gives no frames of a state that was undone while they waited to be durable', async () => {
  const store = await openStore({ name: 'a', storage: memoryStorage() });
  const journal = journalOf(store);
  let undone = 0;
  Object.defineProperty(journal, 'undone', { value: () => undone });
  const write = journal?.write.bind(journal);
  // The barrier passes, and found out meanwhile that a commit had not happened.
  Object.defineProperty(journal, 'write', {
    value: async (...args: Parameters<NonNullable<typeof write>>) => {
      undone += 1;
      return write?.(...args);
    },
  });
  const side = new ExchangeSide(store, { role: 'initiator', peer: 'b' });
  await expect(side.begin()).rejects.toMatchObject({ code: 'EXCHANGE_FAILED', details: { isRenewed: true } });
});
