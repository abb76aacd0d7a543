import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type HistoryCommit, historyFacts, treeText } from '../../src/model/history.ts';

const read = (name: string): string => readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8');

describe('historyFacts', () => {
  test('historyFacts reproduces every known figure of the shared history, merge by merge', () => {
    const commits = read('git-history-immer.jsonl')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as HistoryCommit); // the file's format
    const { head, ...facts } = historyFacts(commits);
    const digest = createHash('sha256').update(treeText(head.live)).digest('hex');
    expect({ ...facts, headLive: head.live.size, headDeleted: head.deleted.size, headDigest: digest }).toEqual(
      JSON.parse(read('git-history-immer.expected.json')),
    );
  });

  const root: HistoryCommit = { id: 'r', parents: [], changes: [{ p: '1', q: '1' }] };
  const child = (id: string, blob: string | null): HistoryCommit => ({ id, parents: ['r'], changes: [{ p: blob }] });
  const kinds: [string, string | null, string | null, string | null, string][] = [
    ['two blobs', '2', '3', '3', 'write-vs-write'],
    ['one blob twice', '2', '2', '2', 'same-value'],
    ['a delete and a write', null, '3', '3', 'delete-vs-write'],
    ['two deletes', null, null, null, 'same-value'],
  ];
  test.each(kinds)('historyFacts names the concurrent pair of %s', (_, a, b, merged, kind) => {
    const changes = [a === merged ? {} : { p: merged }, b === merged ? {} : { p: merged }];
    const facts = historyFacts([root, child('a', a), child('b', b), { id: 'm', parents: ['a', 'b'], changes }]);
    expect(facts.perMerge).toEqual([{ merge: 'm', conflicts: { p: kind } }]);
    expect(facts.head.live.get('p') ?? null).toBe(merged);
  });

  test('historyFacts meets no conflict where one side was merged before, and counts what a merge changes on its own', () => {
    const facts = historyFacts([
      root,
      child('a', '2'),
      { id: 'b', parents: ['r'], changes: [{ q: '9' }] },
      {
        id: 'm',
        parents: ['a', 'b'],
        changes: [
          { q: '9', z: '1' },
          { p: '2', z: '1' },
        ],
      },
    ]);
    expect(facts.perMerge).toEqual([]);
    expect(facts.events).toEqual({ writes: 5, deletes: 0 });
  });

  test('historyFacts takes an octopus merge, several roots and a path called __proto__', () => {
    const path = JSON.parse('{"__proto__":"1"}') as Record<string, string>; // an own field of that name
    const roots = ['a', 'b', 'c'].map((id): HistoryCommit => ({ id, parents: [], changes: [path] }));
    const facts = historyFacts([...roots, { id: 'm', parents: ['a', 'b', 'c'], changes: [{}, {}, {}] }]);
    expect(facts.conflicts['same-value']).toBe(1);
    expect(Object.keys(facts.perMerge[0]?.conflicts ?? {})).toEqual(['__proto__']);
  });

  test('historyFacts refuses a commit that comes before its parent', () => {
    expect(() => historyFacts([child('a', '1')])).toThrow('before its parent');
  });
});
