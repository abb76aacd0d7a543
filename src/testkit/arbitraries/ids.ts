/**
 * Replica ids and keys: mostly ordinary ones from a small pool, so that examples meet, and some that have broken other
 * programs (names of Object.prototype, NUL, composed and decomposed letters, the longest allowed).
 */

import fc from 'fast-check';

/** A failing example shrinks to the first, ordinary kind wherever that fails too. */
export const CROSSWISE = { withCrossShrink: true } as const;

/** Well-formed texts that break code which uses objects as dictionaries, C strings or UTF-16 order. */
export const HOSTILE_TEXTS: readonly string[] = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'prototype',
  '\u0000',
  'a\u0000b',
  ' ',
  '~',
  '0',
  '-1',
  '1e3',
  '\u00e9',
  'e\u0301',
  '\ufb01',
  '\uffff',
  '\u{1f5ff}',
  '\u{10ffff}',
  '\u2028',
  '\u202etxt.exe',
  'null',
  'undefined',
  'NaN',
];

const ORDINARY_IDS: readonly string[] = ['a', 'b', 'c', 'laptop~1f', 'phone~2e', 'eu-west~3d'];
const LONGEST_IDS: readonly string[] = ['x'.repeat(256), '\u{1f5ff}'.repeat(64)];
const LONGEST_KEYS: readonly string[] = ['k'.repeat(1_024), '\u{1f5ff}'.repeat(256)];

/** Replica ids, hostile ones included. Bound: 1 to 256 UTF-8 bytes. */
export function replicaIds(): fc.Arbitrary<string> {
  return fc.oneof(
    CROSSWISE,
    { weight: 6, arbitrary: fc.constantFrom(...ORDINARY_IDS) },
    { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS, ...LONGEST_IDS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }) },
  );
}

/** Keys, hostile ones included. Bound: 1 to 1,024 UTF-8 bytes. */
export function keys(): fc.Arbitrary<string> {
  return fc.oneof(
    CROSSWISE,
    { weight: 6, arbitrary: fc.constantFrom('k', 'user/1', 'user/2', 'cart') },
    { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS, ...LONGEST_KEYS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }) },
  );
}
