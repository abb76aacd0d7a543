/**
 * As much of EDN as histories use: nil, booleans, numbers, strings, keywords, symbols, vectors, lists, sets, maps, tags,
 * comments and discards. Keywords are texts with their colon, maps are Maps from text, tags are read past. Written from
 * the format's own description (edn-format); one value at a time, so that each knows its line.
 */

import { HistoryFault } from '../register-history.ts';

/** What EDN and JSON have in common. */
export type Plain = null | boolean | number | string | readonly Plain[] | PlainMap;
export type PlainMap = ReadonlyMap<string, Plain>;

/** A value and the line it starts on, from 1. */
export type Placed = { readonly value: Plain; readonly line: number };

const SPACE = /[\s,]/;
const END: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' };
const NAMED_CHARACTERS: Readonly<Record<string, string>> = { newline: '\n', return: '\r', space: ' ', tab: '\t' };
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const DEPTH_MAX = 200;

/** The values of a text, or of the one vector or list that the text is. Throws: HistoryFault with the line. */
export function* readEdn(text: string): Generator<Placed, void> {
  const reader = new EdnReader(text);
  reader.skip();
  const end = reader.at('[') || reader.at('(') ? reader.open() : undefined;
  for (;;) {
    reader.skip();
    if (end === undefined && reader.isDone) return;
    if (end !== undefined && reader.at(end)) return;
    const { line } = reader;
    yield { value: reader.value(0), line };
  }
}

class EdnReader {
  readonly #text: string;
  #place = 0;
  #counted = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  get isDone(): boolean {
    return this.#place >= this.#text.length;
  }

  /** The line of the next character. Cost: what was read since it was last asked for. */
  get line(): number {
    for (; this.#counted < this.#place; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line += 1;
    return this.#line;
  }

  at(character: string): boolean {
    return this.#text[this.#place] === character;
  }

  /** Goes into a vector, list or map; what ends it. */
  open(): string {
    return END[this.#text[this.#place++] ?? ''] ?? '';
  }

  /** Past spaces, comments and discarded values. */
  skip(): void {
    for (;;) {
      while (!this.isDone && SPACE.test(this.#text[this.#place] ?? '')) this.#place += 1;
      if (this.at(';')) {
        const end = this.#text.indexOf('\n', this.#place);
        this.#place = end === -1 ? this.#text.length : end;
      } else if (this.#text.startsWith('#_', this.#place)) {
        this.#place += 2;
        this.value(0);
      } else return;
    }
  }

  value(depth: number): Plain {
    this.skip();
    if (depth > DEPTH_MAX) throw this.#fault('it is nested too deep');
    const character = this.#text[this.#place];
    if (character === undefined) throw this.#fault('it ends in the middle of a value');
    if (character === '[' || character === '(') return this.#items(depth);
    if (character === '{') return mapOf(this.#items(depth), () => this.#fault('a map has a key without a value'));
    if (character === '"') return this.#string();
    if (character === '\\') return this.#character();
    if (character === '#') return this.#tagged(depth);
    if (character === '^') {
      this.#place += 1;
      this.value(depth + 1);
      return this.value(depth);
    }
    return this.#atom();
  }

  #items(depth: number): Plain[] {
    const end = this.open();
    const items: Plain[] = [];
    for (;;) {
      this.skip();
      if (this.at(end)) {
        this.#place += 1;
        return items;
      }
      items.push(this.value(depth + 1));
    }
  }

  #string(): string {
    let text = '';
    for (this.#place += 1; !this.at('"'); this.#place++) {
      if (this.isDone) throw this.#fault('a string does not end');
      let character = this.#text[this.#place] ?? '';
      if (character === '\\') {
        character = this.#text[++this.#place] ?? '';
        if (character === 'u') {
          character = String.fromCharCode(Number.parseInt(this.#text.slice(this.#place + 1, this.#place + 5), 16));
          this.#place += 4;
        } else character = ESCAPES[character] ?? character;
      }
      text += character;
    }
    this.#place += 1;
    return text;
  }

  #character(): string {
    const name = this.#word(this.#place + 1) || (this.#text[this.#place + 1] ?? '');
    this.#place += 1 + name.length;
    return NAMED_CHARACTERS[name] ?? name;
  }

  /** A set, a number that is none, or a value with a tag, which says nothing that a history needs. */
  #tagged(depth: number): Plain {
    this.#place += 1;
    if (this.at('{')) return this.#items(depth);
    if (this.at('#')) {
      this.#place += 1;
      return this.#atom();
    }
    this.#place += this.#word(this.#place).length;
    return this.value(depth + 1);
  }

  #atom(): Plain {
    const word = this.#word(this.#place);
    if (word === '') throw this.#fault(`${JSON.stringify(this.#text[this.#place])} begins no value`);
    this.#place += word.length;
    if (word === 'nil') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (!/^[+-]?\d/.test(word)) return word;
    const number = Number(word.replace(/[NM]$/, ''));
    if (Number.isNaN(number)) throw this.#fault(`${word} is no number`);
    return Number.isInteger(number) && !Number.isSafeInteger(number) ? word : number;
  }

  #word(from: number): string {
    let to = from;
    while (to < this.#text.length && !/[\s,[\](){}";]/.test(this.#text[to] ?? '')) to += 1;
    return this.#text.slice(from, to);
  }

  #fault(what: string): HistoryFault {
    return new HistoryFault(`line ${this.line}: Cannot read the EDN: ${what}`);
  }
}

function mapOf(items: readonly Plain[], fault: () => HistoryFault): PlainMap {
  if (items.length % 2 === 1) throw fault();
  const map = new Map<string, Plain>();
  for (let at = 0; at < items.length; at += 2) map.set(String(items[at] ?? 'nil'), items[at + 1] ?? null);
  return map;
}

/** A value as EDN: texts that are keywords are written as such. */
export function writeEdn(value: Plain): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return /^:[A-Za-z][\w.*+!?<>=/-]*$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (!(value instanceof Map)) return `[${(value as readonly Plain[]).map(writeEdn).join(' ')}]`; // no map is left
  const pairs = [...(value as PlainMap)].map(([key, held]) => `${writeEdn(key)} ${writeEdn(held)}`); // as asked above
  return `{${pairs.join(', ')}}`;
}
