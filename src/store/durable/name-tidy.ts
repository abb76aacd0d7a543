/**
 * Writes the names anew without those that are stale, in larger entries, so that what was overwritten leaves nothing for
 * ever; the dot index of format 1 becomes names by it. Every entry is replaced where it is, by what it says as long as
 * everything after it is read too: whoever reads the names sees the same before, between and after, and commits that
 * come meanwhile only add to the end. Cost: as many names a write as there are stale ones for each that is not.
 */

import { equalBytes } from '../../codec/byte-arrays.ts';
import { ByteReader } from '../../codec/bytes.ts';
import { CausalError } from '../../errors.ts';
import type { ByteEntry, Storage } from '../../storage/storage.ts';
import { tryText } from './check.ts';
import type { Commits } from './commits.ts';
import type { Tidying } from './draft.ts';
import { counterOf, DOT_OF_FORMAT_1, KIND, namesKey, numberOf, placeOfNames, rangeOf, seal } from './layout.ts';
import { readStoredNames } from './name-index.ts';
import { type NameVisitor, NameWriter, NO_NAMES, readNames } from './names.ts';
import { decodeMoment, MOMENT_KEY } from './stored-meta.ts';

/** Stale names that are of no account, and the part of all names that is. */
const STALE_MIN = 500;
const STALE_SHARE = 0.5;
/** An entry of so many bytes is large enough. */
const ENOUGH_BYTES = 8 * 1024;

/** Tidies up when it is worth it, beside whatever else is written. */
export class Tidier {
  readonly #storage: Storage;
  readonly #commits: Commits;
  #running: Promise<void> | undefined;
  #isEnded = false;
  /** After a failure, how many stale names are waited for before another attempt. */
  #patience = 0;

  constructor(storage: Storage, commits: Commits) {
    this.#storage = storage;
    this.#commits = commits;
  }

  /** To be told of each commit. */
  noteCommit(): void {
    const { named, stale } = this.#commits.moment;
    if (this.#running !== undefined || stale <= STALE_MIN + named * STALE_SHARE + this.#patience) return;
    this.#run().then(
      () => {
        this.#patience = 0;
      },
      () => {
        this.#patience = stale;
      },
    );
  }

  /** Answers when nothing stale is left of what was there at the call. Throws: as a commit does; RECORD_CORRUPT. */
  async tidyAll(): Promise<void> {
    // What is under way may have begun before.
    await this.#running?.catch(() => undefined);
    await this.#run();
  }

  /** Ends what is under way between two commits. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#running?.catch(() => undefined);
  }

  #run(): Promise<void> {
    this.#running ??= this.#tidy().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #tidy(): Promise<void> {
    const gathering = new Gathering();
    let last: Uint8Array | undefined;
    let part = 0;
    for await (const chunk of this.#storage.scan(rangeOf(KIND.names))) {
      for (const [key, sealed] of chunk) {
        readStoredNames(key, sealed, gathering.ahead);
        const place = placeOfNames(key);
        if (place.sequence === 0) part = place.part + 1;
        last = key;
      }
      this.#goOn();
    }
    // What ends with the newest names, which lie behind all entries, has ended before them too.
    const [moment] = await this.#storage.getMany([MOMENT_KEY]);
    if (moment !== undefined) readNames(new ByteReader(decodeMoment(moment).names.bytes), gathering.ahead);
    for await (const chunk of this.#storage.scan(rangeOf(DOT_OF_FORMAT_1))) {
      for (const entry of chunk) {
        gathering.convert(entry);
        if (gathering.length >= ENOUGH_BYTES) await this.#write(gathering, namesKey(0, part++));
      }
    }
    await this.#write(gathering, namesKey(0, part));
    if (last === undefined) return;
    for await (const chunk of this.#storage.scan({ ...rangeOf(KIND.names), to: Uint8Array.of(...last, 0) })) {
      for (const entry of chunk) {
        gathering.take(entry);
        if (gathering.length >= ENOUGH_BYTES) await this.#write(gathering, entry[0]);
      }
    }
    await this.#write(gathering, last);
  }

  /** Puts what was gathered at `at`, in the place of the entries it was gathered from. */
  async #write(gathering: Gathering, at: Uint8Array): Promise<void> {
    this.#goOn();
    const tidying = gathering.cut(at);
    if (tidying !== undefined) await this.#commits.carry(tidying);
  }

  #goOn(): void {
    if (this.#isEnded) throw new CausalError('STORE_CLOSED', 'Cannot go on: the store is closed');
  }
}

/** Names that are left, out of entries that are gathered in their order. */
class Gathering {
  /** How often each dot is unnamed from here on: as long as it is, its names are stale. */
  readonly #ahead = new Map<number, Map<number, number>>();
  readonly #names = new NameWriter();
  #taken: Uint8Array[] = [];
  #isChanged = false;
  #converted = 0;
  #dropped = 0;

  constructor() {
    this.#names.begin(NO_NAMES);
  }

  /** To be told of all names before any of them are gathered. */
  readonly ahead: NameVisitor = {
    name: () => undefined,
    unname: (number, counter) => this.#unnamings(number).set(counter, this.#left(number, counter) + 1),
  };

  readonly #visitor: NameVisitor = {
    name: (number, counter, key) => {
      if (this.#left(number, counter) > 0) this.#isChanged = true;
      else this.#names.name(number, counter, key);
    },
    unname: (number, counter) => {
      const left = this.#left(number, counter) - 1;
      if (left > 0) this.#unnamings(number).set(counter, left);
      else this.#unnamings(number).delete(counter);
      this.#dropped += 1;
      this.#isChanged = true;
    },
  };

  /** Bytes of names gathered since the last cut. */
  get length(): number {
    return this.#names.length;
  }

  take([key, sealed]: ByteEntry): void {
    readStoredNames(key, sealed, this.#visitor);
    this.#taken.push(key);
  }

  /** Takes an entry of format 1. */
  convert([key, named]: ByteEntry): void {
    this.#taken.push(key);
    this.#isChanged = true;
    const text = tryText(Uint8Array.of(DOT_OF_FORMAT_1, ...named));
    const [number, counter] = [numberOf(key), counterOf(key)];
    if (text === undefined || this.#left(number, counter) > 0) return;
    this.#names.name(number, counter, text);
    this.#converted += 1;
  }

  /** What to write: the names gathered, at `at`; undefined when they are there as they are. */
  cut(at: Uint8Array): Tidying | undefined {
    const isEmpty = this.#names.length === 0;
    const taken = this.#taken;
    const isSame = !this.#isChanged && taken.length < 2;
    const puts: ByteEntry[] = isEmpty ? [] : [[at, seal(at, (writer) => this.#names.cut(writer))]];
    const deletes = isEmpty ? taken : taken.filter((key) => !equalBytes(key, at));
    const tidying = { puts, deletes, named: this.#converted, dropped: this.#dropped };
    this.#names.begin(NO_NAMES);
    this.#taken = [];
    this.#isChanged = false;
    this.#converted = 0;
    this.#dropped = 0;
    return isSame ? undefined : tidying;
  }

  #unnamings(number: number): Map<number, number> {
    let counters = this.#ahead.get(number);
    if (counters === undefined) {
      counters = new Map();
      this.#ahead.set(number, counters);
    }
    return counters;
  }

  #left(number: number, counter: number): number {
    return this.#ahead.get(number)?.get(counter) ?? 0;
  }
}
