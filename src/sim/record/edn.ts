/**
 * What the clients of a run did, as a history in the manner of Jepsen: a map an event, in EDN. An operation begins with
 * `:invoke` and ends with `:ok`, with `:fail` if it did not happen, or with `:info` if nobody knows; then its client goes
 * on under another number, since an operation of it may still happen. Reads show dots, since several values may stand
 * beside one another: this is no history of registers. What was written is in `:writes`, as
 * `[:put key dot [dots it supersedes]]`; what nobody was told of is an `:info` under a number below 0. `:session false`:
 * no session was asked for. A batch has its keys and its values.
 */

import type { TraceEvent } from '../recorder.ts';

type Call = {
  readonly process: number;
  readonly f: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly isInSession: boolean;
  readonly dots: string[];
};

/** The history of a trace; ends with a newline, unless nobody did anything. */
export function toEdn(events: readonly TraceEvent[]): string {
  const history = new History(events);
  for (const event of events) history.take(event);
  history.end();
  return history.lines.map((line, index) => `{:index ${index}, ${line}}\n`).join('');
}

/** What was issued, as the trace tells it. */
type Issue = { readonly key: string; readonly value: string | undefined; readonly over: readonly string[] };

class History {
  readonly lines: string[] = [];
  readonly #calls = new Map<number, Call>();
  readonly #numbers = new Map<number, number>();
  readonly #clients: number;
  /** By its dot: the last one, when one was undone and its dot issued again. */
  readonly #issues = new Map<string, Issue>();
  readonly #dotOf = new Map<string, string>();
  /** Dots that the line of a call tells; and those of what did not happen, which nobody tells. */
  readonly #told = new Set<string>();
  readonly #failed = new Set<string>();
  #others = 0;
  #at = 0;

  constructor(events: readonly TraceEvent[]) {
    this.#clients = Math.max(0, ...events.map(({ detail }) => clientOf(detail) ?? -1)) + 1;
    for (const { what, detail } of events) if (what === 'issue') this.#issued(detail);
    const calls = new Map<unknown, readonly string[]>();
    for (const { what, detail } of events) {
      if (what === 'acknowledge') this.#told.add(String(detail['dot']));
      if (what === 'call') calls.set(detail['client'], this.#dotsOf(textsOf(detail['values'])));
      const dots = calls.get(detail['client']) ?? [];
      if (what === 'call') for (const dot of dots) this.#told.add(dot);
      if (what === 'refuse' && detail['outcome'] === 'not-done') for (const dot of dots) this.#failed.add(dot);
    }
  }

  take({ at, what, detail }: TraceEvent): void {
    if (what === 'issue') this.#tellOther(String(detail['dot']), at);
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

  #issued(detail: TraceEvent['detail']): void {
    const [dot, value] = [String(detail['dot']), detail['value']];
    const written = typeof value === 'string' ? value : undefined;
    this.#issues.set(dot, { key: String(detail['key']), value: written, over: textsOf(detail['over']) });
    if (written !== undefined && !this.#dotOf.has(written)) this.#dotOf.set(written, dot);
  }

  /** Of values, the dots under which they are still there. */
  #dotsOf(values: readonly string[]): readonly string[] {
    return values.flatMap((value) => {
      const dot = this.#dotOf.get(value) ?? '';
      return this.#issues.get(dot)?.value === value ? [dot] : [];
    });
  }

  /** A write that nobody was told of, in a line of its own. */
  #tellOther(dot: string, at: number): void {
    const issue = this.#issues.get(dot);
    if (issue === undefined || this.#told.has(dot)) return;
    this.#at = at;
    this.#told.add(dot);
    this.#others += 1;
    const { key, value } = issue;
    const call = { process: -this.#others, f: value === undefined ? 'delete' : 'put', keys: [key], isInSession: true };
    this.#say('info', { ...call, values: value === undefined ? [] : [value], dots: [] }, [dot]);
  }

  #begin(client: number, detail: TraceEvent['detail']): void {
    const before = this.#calls.get(client);
    if (before !== undefined) this.#finish(client, 'info', before, []);
    const process = this.#numbers.get(client) ?? client;
    const [keys, values] = [textsOf(detail['keys']), textsOf(detail['values'])];
    const isInSession = detail['isInSession'] !== false;
    const call: Call = { process, f: String(detail['do']), keys, values, isInSession, dots: [] };
    this.#calls.set(client, call);
    this.#say('invoke', call, []);
  }

  #finish(client: number, type: 'ok' | 'fail' | 'info', call: Call, dots: readonly string[], error?: string): void {
    this.#calls.delete(client);
    const known = type === 'info' ? new Set([...call.dots, ...this.#dotsOf(call.values)]) : dots;
    this.#say(type, call, [...known], error);
    if (type === 'info') this.#numbers.set(client, call.process + this.#clients);
  }

  #say(type: string, call: Call, dots: readonly string[], error?: string): void {
    const { process, f, keys, values, isInSession } = call;
    const shown = type === 'ok' ? vector(dots) : 'nil';
    const [value] = values.map((written) => JSON.stringify(written));
    const given = f === 'get' ? shown : f === 'batch' ? vector(values) : (value ?? 'nil');
    const named = f === 'batch' ? vector(keys) : JSON.stringify(keys[0] ?? '');
    const writes = f === 'get' ? [] : dots.map((dot, at) => this.#written(dot, call, at));
    const parts = [
      `:process ${process}, :type :${type}, :f :${f}, :value [${named} ${given}]`,
      `:time ${Math.round(this.#at * 1e6)}`,
      ...(writes.length > 0 ? [`:writes [${writes.join(' ')}]`] : []),
      ...(isInSession ? [] : [':session false']),
      ...(error === undefined ? [] : [`:error ${JSON.stringify(error)}`]),
    ];
    this.lines.push(parts.join(', '));
  }

  /** What it supersedes is nil where the trace begins too late to tell. */
  #written(dot: string, { f, keys }: Call, at: number): string {
    const issue = this.#issues.get(dot);
    const [key, name] = [JSON.stringify(issue?.key ?? keys[at] ?? ''), JSON.stringify(dot)];
    if (issue === undefined) return `[:${f === 'delete' ? f : 'put'} ${key} ${name} nil]`;
    const over = issue.over.filter((older) => !this.#failed.has(older));
    return `[:${issue.value === undefined ? 'delete' : 'put'} ${key} ${name} ${vector(over)}]`;
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
