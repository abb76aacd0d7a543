/** Server-sent events out of a stream of bytes, as the HTML standard reads them: lines, fields, and an id that stays. */

export type ServerEvent = { readonly kind: string; readonly data: string; readonly id: string | undefined };

/** One event may have as many characters; a server that sends more is none of ours. */
const EVENT_UNITS_MAX = 64 * 1_024 * 1_024;

/** Reads events; an id without data is an event of kind `id`. */
export class EventReader {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #kind = '';
  #data: string[] = [];
  #id: string | undefined;
  #hasNewId = false;

  /** The events that end in these bytes. Throws: RangeError for an event without end. */
  take(bytes: Uint8Array): ServerEvent[] {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const lines = text.split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > EVENT_UNITS_MAX) throw new RangeError('Cannot read the event: it has no end');
    return lines.flatMap((line) => this.#line(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #line(line: string): readonly ServerEvent[] {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    if (colon === 0) return [];
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#kind = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\u0000')) {
      this.#id = value;
      this.#hasNewId = true;
    }
    return [];
  }

  #end(): readonly ServerEvent[] {
    const isEvent = this.#data.length > 0;
    const event = { kind: isEvent ? this.#kind || 'message' : 'id', data: this.#data.join('\n'), id: this.#id };
    const isTold = isEvent || this.#hasNewId;
    this.#kind = '';
    this.#data = [];
    this.#hasNewId = false;
    return isTold ? [event] : [];
  }
}
