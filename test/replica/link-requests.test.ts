import { describe, expect, test } from 'vitest';
import { DotSet } from '../../src/clock/dot-set.ts';
import { CausalError } from '../../src/errors.ts';
import type { LinkMessage } from '../../src/replica/link-message.ts';
import { LinkRequests } from '../../src/replica/link-requests.ts';
import { refusalOf } from '../store/replicas.ts';

const RECORD = { key: 'k', versions: [], context: DotSet.empty };

function requests(): { readonly requests: LinkRequests; readonly sent: LinkMessage[] } {
  const sent: LinkMessage[] = [];
  const send = async (message: LinkMessage): Promise<void> => void sent.push(message);
  return { requests: new LinkRequests('b', 2, send), sent };
}

describe('LinkRequests', () => {
  test('holds back what is asked until it is opened', async () => {
    const { requests: asking, sent } = requests();
    const given = asking.give(RECORD);
    expect(sent).toEqual([]);
    asking.open();
    expect(sent).toMatchObject([{ kind: 'give', request: 1 }]);
    asking.answered({ kind: 'given', request: 1, counts: [1, 0, 0, 0] });
    expect(await given).toEqual({ added: 1, superseded: 0, stale: 0, conflict: false });
  });

  test.each([
    ['before it was opened', false],
    ['after it was opened', true],
  ])('fails what waits when the link is lost %s, and what is asked for from then on', async (_when, isOpened) => {
    const { requests: asking, sent } = requests();
    if (isOpened) asking.open();
    const before = refusalOf(() => asking.ask('k'));
    asking.abandon(new CausalError('LINK_FAILED', 'the link is lost'));
    expect(await before).toBe('LINK_FAILED');
    const sentBefore = sent.length;
    const after = ['give', 'ask'] as const;
    const outcomes = after.map((what) => refusalOf(() => (what === 'ask' ? asking.ask('k') : asking.give(RECORD))));
    asking.open();
    expect(await Promise.all(outcomes)).toEqual(['LINK_FAILED', 'LINK_FAILED']);
    expect(sent.length).toBe(sentBefore);
  });
});
