/** `cairn serve` as a process of its own, for the tests around a running replica. */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { afterAll } from 'vitest';
import { runCairn, startCairn } from './drive-process.ts';

type Entry = { readonly level: string; readonly event: string; readonly [field: string]: unknown };

const running = new Set<ServeProcess>();

/** One replica in a process; what is left of them is killed after the tests of a file. */
export class ServeProcess {
  readonly child: ChildProcessWithoutNullStreams;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number | null>;

  private constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.child = startCairn(['serve', ...args], env);
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => (this.stdout += chunk));
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.stderr += chunk));
    this.#ended = once(this.child, 'close').then(([status]) => status as number | null);
    running.add(this);
    void this.#ended.then(() => running.delete(this));
  }

  /** Started, and ready; listens at a free port unless told otherwise. */
  static async start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ServeProcess> {
    const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    const process = new ServeProcess([...args, ...listen], env);
    await process.until(() => process.stdout.includes('\n'), 'ready');
    return process;
  }

  /** What the line `ready` says. */
  get ready(): readonly string[] {
    return this.stdout.trim().split(' ');
  }

  get url(): string {
    return this.ready[2] ?? '';
  }

  get peerUrl(): string {
    return this.ready[3] ?? '';
  }

  get log(): readonly Entry[] {
    return this.stderr
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry);
  }

  events(): readonly string[] {
    return this.log.map(({ event }) => event);
  }

  /** Waits until it has logged this. */
  async logged(event: string): Promise<Entry> {
    const found = (): Entry | undefined => this.log.find((entry) => entry.event === event);
    await this.until(() => found() !== undefined, event);
    return found() as Entry; // waited for
  }

  /** Its exit status, once it has one. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.#ended;
  }

  /** Waits for output, or for the end, which is then an error. */
  async until(isThere: () => boolean, what: string): Promise<void> {
    let hasEnded = false;
    void this.#ended.then(() => (hasEnded = true));
    while (!isThere()) {
      if (hasEnded) throw new Error(`cairn serve ended before ${what}:\n${this.stdout}${this.stderr}`);
      await Promise.race([once(this.child.stdout, 'data'), once(this.child.stderr, 'data'), this.#ended]);
    }
  }
}

afterAll(async () => {
  await Promise.all([...running].map((process) => process.stop('SIGKILL')));
});

/** What a command says about a running replica, as JSON. */
export async function asked(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await runCairn([...args, '--json'], '', env);
  if (stderr !== '' || stdout === '') throw new Error(`cairn ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Asks until the answer is as wanted; for what takes its time in another process. */
export async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean, ms = 30_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > end) throw new Error(`not within ${ms} ms; the last answer is ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
