/**
 * The command line, bundled: it starts in a third of the time that its sources take. A run of the tests makes one before
 * the first test (vitest's globalSetup); a script makes its own.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const VARIABLE = 'CAIRN_TEST_COMMAND';

/** Makes one, and says where it is. It is as deep below the root as the sources, and finds what they find. */
export async function makeCommand(): Promise<string> {
  const place = join(root, '.cairn');
  mkdirSync(place, { recursive: true });
  const outdir = mkdtempSync(join(place, 'command-'));
  await build({
    ...{ entryPoints: { cairn: join(root, 'src/cli/main.ts') }, outdir, bundle: true, splitting: true },
    ...{ outExtension: { '.js': '.mjs' }, packages: 'external', sourcemap: true, logLevel: 'error' },
    ...{ platform: 'node', format: 'esm', target: 'node20' },
  });
  return join(outdir, 'cairn.mjs');
}

export function removeCommand(command: string): void {
  rmSync(join(command, '..'), { recursive: true, force: true });
}

/** The one of this run of the tests. */
export function commandOfRun(): string {
  const command = process.env[VARIABLE];
  if (command === undefined) throw new Error('Cannot run the command: it is made for a run of vitest only');
  return command;
}

/** For vitest, before the first test. */
export async function setup(): Promise<void> {
  process.env[VARIABLE] = await makeCommand();
}

/** For vitest, after the last test. */
export function teardown(): void {
  removeCommand(commandOfRun());
}
