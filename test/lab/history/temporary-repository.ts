/** Git repositories for tests, made in one go with git fast-import: any graph, any file name, nothing checked out. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `files`: what differs from the first parent; null removes, `{ submodule }` is a commit of elsewhere, `mode` alone may change. */
export type PlannedCommit = {
  readonly parents: readonly number[];
  readonly time: number;
  readonly files: readonly (readonly [
    path: string | Buffer,
    content: string | null | { submodule: string } | { executable: string },
  ])[];
};

const environment = {
  ...process.env,
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

export function git(directory: string, args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('git', ['-C', directory, ...args], { env: environment, input, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** A repository whose HEAD is the last of the commits; parents are named by their place in the list. */
export function makeRepository(commits: readonly PlannedCommit[]): {
  readonly directory: string;
  readonly remove: () => void;
} {
  const directory = mkdtempSync(join(tmpdir(), 'cairn-history-'));
  git(directory, ['init', '--quiet', '--initial-branch=main']);
  const parts: (string | Buffer)[] = [];
  for (const [at, { parents, time, files }] of commits.entries()) {
    parts.push(
      `commit refs/heads/c${at}\nmark :${at + 1}\ncommitter P <p${at % 2}@example.org> ${time} +0000\ndata 0\n`,
    );
    parts.push(...parents.map((parent, place) => `${place === 0 ? 'from' : 'merge'} :${parent + 1}\n`));
    for (const [path, content] of files) {
      const name = quote(path);
      if (content === null) parts.push(`D ${name}\n`);
      else if (typeof content === 'string')
        parts.push(`M 100644 inline ${name}\ndata ${Buffer.byteLength(content)}\n${content}\n`);
      else if ('submodule' in content) parts.push(`M 160000 ${content.submodule} ${name}\n`);
      else
        parts.push(`M 100755 inline ${name}\ndata ${Buffer.byteLength(content.executable)}\n${content.executable}\n`);
    }
    parts.push('\n');
  }
  parts.push(`reset refs/heads/main\nfrom :${commits.length}\n\ndone\n`);
  git(directory, ['fast-import', '--quiet', '--done'], Buffer.concat(parts.map((part) => Buffer.from(part))));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function quote(path: string | Buffer): string {
  let quoted = '"';
  for (const byte of Buffer.from(path)) quoted += `\\${byte.toString(8).padStart(3, '0')}`;
  return `${quoted}"`;
}
