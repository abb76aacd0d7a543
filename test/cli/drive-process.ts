/** A running `cairn drive`: one process, asked line by line. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { commandOfRun } from '../command.ts';

export type Reply = { readonly [field: string]: unknown };

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The command line in a process of its own. */
export function startCairn(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--enable-source-maps', commandOfRun(), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  });
}

/** What a whole run of the command line says, and its exit status. */
export async function runCairn(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}) {
  const child = startCairn(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  return { status: status as number, stdout, stderr };
}

export class DriveProcess {
  readonly #child = startCairn(['drive']);
  readonly #replies: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  #id = 0;

  constructor() {
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#replies.push(line);
      else waiting(line);
    });
  }

  /** Sends a request under the next id, and checks that the reply is to it. */
  async ask(op: string, fields: Reply = {}): Promise<Reply> {
    this.#id += 1;
    const { id, ...reply } = await this.send(JSON.stringify({ id: this.#id, op, ...fields }));
    if (id !== this.#id) throw new Error(`reply to ${String(id)}, wanted ${this.#id}`);
    return reply;
  }

  /** Sends any line; the reply, parsed. */
  async send(line: string | Buffer): Promise<Reply> {
    this.#child.stdin.write(line);
    this.#child.stdin.write('\n');
    const early = this.#replies.shift();
    const reply = early ?? (await new Promise<string>((resolve) => this.#waiting.push(resolve)));
    return JSON.parse(reply) as Reply;
  }

  /** Ends the input; the exit status. */
  async end(): Promise<number> {
    this.#child.stdin.end();
    const [status] = await once(this.#child, 'close');
    return status as number;
  }
}
