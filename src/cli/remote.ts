/**
 * A running replica as the commands see it: a client of its HTTP interface, and the two things only operators ask. The
 * token comes from a file or from CAIRN_TOKEN, never from the address.
 */

import { CairnClient } from '../client/client.ts';
import { statusIn } from '../client/decode.ts';
import { linkFailure, problemIn, StrangeAnswer, strangeAnswer } from '../client/problems.ts';
import { CausalError } from '../errors.ts';
import type { ReplicaStatus } from '../replica/replica-types.ts';
import { option } from './arguments.ts';
import { CommandError, type Invocation } from './command.ts';
import { notice } from './output.ts';
import { httpAddress } from './serve/addresses.ts';
import { readSecret } from './serve/private-file.ts';

const TIMEOUT_MS = 30_000;

/** The secret for a running replica, if there is one. Throws: CommandError. */
export async function secretOf(invocation: Invocation): Promise<string | undefined> {
  const file = option(invocation, 'token-file');
  if (file !== undefined) return readSecret(file, 'the token file', (sentence) => notice(`Take care: ${sentence}.`));
  const secret = process.env['CAIRN_TOKEN']?.trim();
  return secret === '' ? undefined : secret;
}

/** The replica at an address, asked under the token of the invocation. */
export async function remoteAt(address: string, invocation: Invocation): Promise<Remote> {
  return new Remote(httpAddress(address), await secretOf(invocation));
}

/** Says what a running replica, or the way to it, refused: in one sentence. Throws: CommandError, CausalError. */
export async function plainly<R>(step: () => Promise<R>): Promise<R> {
  try {
    return await step();
  } catch (error) {
    // Of what HTTP calls a bad request the client makes a RangeError, as the library has it for misuse.
    if (error instanceof RangeError && error.message.startsWith('Cannot ')) throw new CommandError(error.message);
    if (!(error instanceof CausalError && error.code === 'LINK_FAILED' && 'url' in error.details)) throw error;
    const { url } = error.details;
    throw new CommandError(
      `Cannot reach ${String(url)}: ${whyOf(error)}, see that a replica serves there [LINK_FAILED]`,
    );
  }
}

/** What lies behind: fetch itself says no more than that it failed. */
function whyOf(error: Error): string {
  const { cause } = error;
  // An address that was tried twice has two causes and no message.
  const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (inner instanceof Error) return whyOf(inner);
  return error.name === 'TimeoutError' ? `there was no answer within ${TIMEOUT_MS} ms` : error.message;
}

/** One running replica, asked once: who gives a command sees at once that nobody answers. */
export class Remote {
  readonly url: string;
  readonly client: CairnClient<unknown>;
  readonly #token: string | undefined;

  constructor(url: string, token: string | undefined) {
    this.url = url;
    this.#token = token;
    this.client = new CairnClient<unknown>({
      ...{ urls: url, timeoutMs: TIMEOUT_MS, retries: 0 },
      ...(token === undefined ? {} : { token }),
    });
  }

  /** With what the client leaves out. */
  async status(): Promise<ReplicaStatus> {
    const answer = await this.#ask('GET', '/v1/status');
    try {
      return await statusIn<ReplicaStatus>(answer);
    } catch (error) {
      throw error instanceof StrangeAnswer ? strangeAnswer(error, this.url, answer.status, true) : error;
    }
  }

  /** Cuts the link to a peer, or heals it. */
  async link(peer: string, what: 'cut' | 'heal'): Promise<void> {
    await this.#ask('POST', `/v1/links/${encodeURIComponent(peer)}/${what}`);
  }

  async #ask(method: string, path: string): Promise<Response> {
    const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const answer = await fetch(this.url + path, {
      ...{ method, headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) },
    }).catch((cause: unknown) => {
      throw linkFailure(cause, this.url, method === 'GET');
    });
    if (!answer.ok) throw await problemIn(answer, method === 'GET');
    return answer;
  }
}
