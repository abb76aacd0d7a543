/**
 * What the clients of a run did, as a history in the manner of Jepsen: a map an event, in EDN. An operation begins with
 * `:invoke` and ends with `:ok`, with `:fail` if it did not happen, or with `:info` if nobody knows; then its client goes
 * on under another number, since an operation of it may still happen. Reads show dots, and writes tell theirs: several
 * values may stand beside one another, so this is no history of registers. A batch has its keys and its values.
 */

import type { TraceEvent } from '../recorder.ts';

type Call = {
  readonly process: number;
  readonly f: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly dots: string[];
};

/** The history of a trace; ends with a newline, unless nobody did anything. */
export function toEdn(events: readonly TraceEvent[]): string {
  const history = new History(events);
  for (const event of events) history.take(event);
  history.end();
  return history.lines.map((line, index) => `{:index ${index}, ${line}}\n`).join('');
}

class History {
  readonly lines: string[] = [];
  readonly #calls = new Map<number, Call>();
  readonly #numbers = new Map<number, number>();
  readonly #clients: number;
  #at = 0;

  constructor(events: readonly TraceEvent[]) {
    this.#clients = Math.max(0, ...events.map(({ detail }) => clientOf(detail) ?? -1)) + 1;
  }

  take({ at, what, detail }: TraceEvent): void {
    const client = clientOf(detail);
    if (client === undefined) return;
    this.#at = at;
    if (what === 'call') this.#begin(client, detail);
    const call = this.#calls.get(client);
    if (call === undefined) return;
    if (what === 'acknowledge') {
      call.dots.push(String(detail['dot']));
      if (call.dots.length === call.keys.length) this.#finish(client, 'ok', call, call.dots);
    } else if (what === 'get') this.#finish(client, 'ok', call, textsOf(detail['shown']));
    else if (what === 'refuse') {
      const type = detail['outcome'] === 'not-done' ? 'fail' : 'info';
      this.#finish(client, type, call, [], String(detail['code']));
    }
  }

  /** What never came back. */
  end(): void {
    for (const [client, call] of [...this.#calls]) this.#finish(client, 'info', call, []);
  }

  #begin(client: number, detail: TraceEvent['detail']): void {
    const before = this.#calls.get(client);
    if (before !== undefined) this.#finish(client, 'info', before, []);
    const process = this.#numbers.get(client) ?? client;
    const [keys, values] = [textsOf(detail['keys']), textsOf(detail['values'])];
    const call: Call = { process, f: String(detail['do']), keys, values, dots: [] };
    this.#calls.set(client, call);
    this.#say('invoke', call, []);
  }

  #finish(client: number, type: 'ok' | 'fail' | 'info', call: Call, dots: readonly string[], error?: string): void {
    this.#calls.delete(client);
    this.#say(type, call, dots, error);
    if (type === 'info') this.#numbers.set(client, call.process + this.#clients);
  }

  #say(type: string, { process, f, keys, values }: Call, dots: readonly string[], error?: string): void {
    const shown = type === 'ok' ? vector(dots) : 'nil';
    const [value] = values.map((written) => JSON.stringify(written));
    const given = f === 'get' ? shown : f === 'batch' ? vector(values) : (value ?? 'nil');
    const named = f === 'batch' ? vector(keys) : JSON.stringify(keys[0] ?? '');
    const parts = [
      `:process ${process}, :type :${type}, :f :${f}, :value [${named} ${given}]`,
      `:time ${Math.round(this.#at * 1e6)}`,
      ...(type === 'ok' && f !== 'get' ? [`:dots ${vector(dots)}`] : []),
      ...(error === undefined ? [] : [`:error ${JSON.stringify(error)}`]),
    ];
    this.lines.push(parts.join(', '));
  }
}

function clientOf({ client }: TraceEvent['detail']): number | undefined {
  return typeof client === 'number' ? client : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function vector(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}
