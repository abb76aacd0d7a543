import { describe, expect, test } from 'vitest';
import { GroupCommit } from '../../../src/store/durable/group-commit.ts';

/** A committer whose commits end when they are told to. */
function manual(): { readonly commits: PromiseWithResolvers[]; readonly run: () => Promise<void> } {
  const commits: PromiseWithResolvers[] = [];
  return {
    commits,
    run: () =>
      new Promise((resolve, reject) => {
        commits.push({ resolve, reject });
      }),
  };
}
type PromiseWithResolvers = { readonly resolve: () => void; readonly reject: (error: unknown) => void };

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await undefined;
};

describe('GroupCommit', () => {
  test('lets callers that come while a commit runs share the next one', async () => {
    const { commits, run } = manual();
    const group = new GroupCommit(run);
    const first = group.request();
    await turns();
    const later = [group.request(), group.request(), group.request()];
    await turns();
    expect(commits).toHaveLength(1);
    commits[0]?.resolve();
    await first;
    await turns();
    expect(commits).toHaveLength(2);
    commits[1]?.resolve();
    await Promise.all(later);
    expect(group.pending).toBeUndefined();
  });

  test('gathers the callers that the last commit woke into one commit', async () => {
    let commits = 0;
    const group = new GroupCommit(async () => {
      commits += 1;
    });
    const caller = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) await group.request();
    };
    await Promise.all(Array.from({ length: 64 }, caller));
    expect(commits).toBe(10);
  });

  test('rejects exactly those who wait for the commit that failed', async () => {
    const { commits, run } = manual();
    const group = new GroupCommit(run);
    const first = group.request();
    await turns();
    const second = group.request();
    commits[0]?.reject(new Error('full'));
    await expect(first).rejects.toThrow('full');
    await turns();
    commits[1]?.resolve();
    await expect(second).resolves.toBeUndefined();
  });

  test('goes on after those who wait were rejected while it gathered', async () => {
    const { commits, run } = manual();
    const group = new GroupCommit(run);
    const refused = group.request();
    group.rejectNext(new Error('undone'));
    await expect(refused).rejects.toThrow('undone');
    const next = group.request();
    await turns();
    commits[0]?.resolve();
    await expect(next).resolves.toBeUndefined();
  });
});
