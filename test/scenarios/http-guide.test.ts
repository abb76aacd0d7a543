/** The chapter of the guide on HTTP: its commands and its client are run, and print what it says. */

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { openStore, type Value } from '../../src/index.ts';
import { openReplica } from '../../src/replica/index.ts';
import { createHttpHandler } from '../../src/server/handler.ts';
import { nodeHost, serveHttp } from '../../src/server/node-server.ts';
import { readText, root } from '../house/source.ts';

const GUIDE = readText('docs/guide/8-http.md');
const SAID = 'http://127.0.0.1:4040';
const run = promisify(execFile);

/** `…` stands for what differs from time to time. */
function matching(text: string): RegExp {
  const literal = text.trim().replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('…', '[^"]*?')}$`);
}

/** What an example in TypeScript prints, with the address of a real server. */
async function runExample(code: string, url: string): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'cairn-http-guide');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'example.mjs');
  const aliases = ['client', 'server', 'replica'].map((name) => [
    `cairndb/${name}`,
    join(root, `src/${name}/index.ts`),
  ]);
  await build({
    stdin: { contents: code.replaceAll(SAID, url), loader: 'ts', resolveDir: root },
    alias: {
      'cairndb/server/node': join(root, 'src/server/node-server.ts'),
      ...Object.fromEntries(aliases),
      cairndb: join(root, 'src/index.ts'),
    },
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' },
    external: ['classic-level', 'lmdb'],
  });
  return (await run(process.execPath, [outfile])).stdout;
}

test('docs/guide/8-http.md: its commands and its client print what it says', async () => {
  const replica = await openReplica<Value>({ store: await openStore<Value>({ name: 'berlin' }) });
  const server = await serveHttp({ handler: await createHttpHandler({ replica, host: nodeHost }) });
  try {
    let commands = 0;
    for (const [, block = ''] of GUIDE.matchAll(/```console\n([\s\S]*?)```/g)) {
      for (const step of block.split(/^\$ /m).filter((text) => text !== '')) {
        const [command = '', ...printed] = step.split('\n');
        const { stdout } = await run('sh', ['-c', command.replaceAll(SAID, server.url)]);
        expect(stdout.trim(), command).toMatch(matching(printed.join('\n')));
        commands += 1;
      }
    }
    expect(commands).toBeGreaterThan(10);
    const example = /```ts\n(\/\/ client example[\s\S]*?)```/.exec(GUIDE)?.[1] ?? '';
    const promised = [...example.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text);
    expect((await runExample(example, server.url)).trim().split('\n')).toEqual(promised);
  } finally {
    await server.close({ drainMs: 0 });
    await replica.close({ drainMs: 0 });
  }
});

test('docs/guide/8-http.md: its server listens', async () => {
  const example = /```ts\n(\/\/ server example[\s\S]*?)```/.exec(GUIDE)?.[1] ?? '';
  const ending = '\nawait server.close({ drainMs: 0 });\nawait replica.close({ drainMs: 0 });\n';
  const printed = await runExample(example.replace('port: 4040', 'port: 0') + ending, SAID);
  expect(printed).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
});
