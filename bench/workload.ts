/**
 * What the benches write: keys like `user:00048213` in a seeded random order, and flat objects of five fields, built
 * beforehand so that building costs neither side. Content is random with a fixed seed. Of the 78 bytes a value
 * takes as JSON, some 11 are entropy: the id (17 bits), the name (5 + 38), the score (13), the flag (1), the group (3);
 * the rest is field names and punctuation that every value repeats. An overwrite changes two fields.
 */

/** A type alias and no interface: only those are Values by structure. */
export type Profile = {
  readonly id: number;
  readonly name: string;
  readonly score: number;
  readonly active: boolean;
  readonly group: string;
};

export type Workload = {
  readonly keys: readonly string[];
  /** One value for each key. */
  readonly values: readonly Profile[];
  /** What each key is overwritten with. */
  readonly changed: readonly Profile[];
};

/** A seeded source of numbers in [0, 1). */
export type Random = () => number;

const FIRST_NAMES: readonly string[] = [
  ...['Ada', 'Aino', 'Amir', 'Anke', 'Bela', 'Cora', 'Dario', 'Edda', 'Emil', 'Farah', 'Greta', 'Hugo', 'Ines', 'Ivo'],
  ...['Jana', 'Karim', 'Lena', 'Luca', 'Maren', 'Milo', 'Nadia', 'Noah', 'Olga', 'Pia', 'Quinn', 'Rosa', 'Samir'],
  ...['Tess', 'Uma', 'Vera', 'Wim', 'Zoe'],
];
const SURNAME_LETTERS = 8;
const GROUPS: readonly string[] = ['amber', 'blue', 'green', 'grey', 'red', 'rose', 'teal', 'white'];
const NUMBERS = 100_000;

/** `count` keys in random order, each with a value and what it is overwritten with. */
export function makeWorkload(count: number, seed: number): Workload {
  const random = seeded(seed);
  const ids = shuffled(
    Array.from({ length: count }, (_, at) => Math.floor((at * NUMBERS) / count)),
    random,
  );
  const values = ids.map((id) => makeProfile(id, random));
  return { keys: ids.map(keyOf), values, changed: values.map((value) => change(value, random)) };
}

/** `user:00048213`, as a string of its own: a template would leave a rope that takes twice the memory. */
export function keyOf(id: number): string {
  return flat(`user:${String(id).padStart(8, '0')}`);
}

/** A value with seeded random content. */
export function makeProfile(id: number, random: Random): Profile {
  let surname = String.fromCharCode(65 + below(26, random));
  while (surname.length < SURNAME_LETTERS) surname += String.fromCharCode(97 + below(26, random));
  return {
    id,
    name: flat(`${pick(FIRST_NAMES, random)} ${surname}`),
    score: below(10_000, random) / 100,
    active: random() < 0.5,
    group: pick(GROUPS, random),
  };
}

/** The value with a new score, and another flag or group. */
export function change(value: Profile, random: Random): Profile {
  const score = below(10_000, random) / 100;
  return random() < 0.5 ? { ...value, score, active: !value.active } : { ...value, score, group: pick(GROUPS, random) };
}

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A copy in random order. */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = below(at + 1, random);
    [copy[at], copy[other]] = [copy[other] as T, copy[at] as T]; // both in range
  }
  return copy;
}

export function below(bound: number, random: Random): number {
  return Math.floor(random() * bound);
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[below(items.length, random)] as T; // in range
}

function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
