/**
 * The sentences of a storage engine that fails: one function a code, so that every engine says the same thing in the
 * same words. What a failure means for the caller is settled by the port; which one an engine's own error is, only the
 * engine knows.
 */

import { CausalError } from '../errors.ts';

const FULL_TEXT = /no space left|not enough space|quota exceeded/i;

/** STORAGE_LOCKED: somebody else has the bytes, and nothing happened. */
export function lockedStorage(name: string, cause?: unknown): CausalError {
  return new CausalError(
    'STORAGE_LOCKED',
    `Cannot open ${name}: another store has it open, close that one first.`,
    { storage: name },
    cause,
  );
}

/** STORE_CLOSED: a call after close. */
export function closedStorage(name: string): CausalError {
  return new CausalError('STORE_CLOSED', `Cannot use ${name}: it has been closed, open it again.`, { storage: name });
}

/** STORAGE_FULL: there is no room, and nothing happened. */
export function fullStorage(name: string, cause: unknown): CausalError {
  return new CausalError(
    'STORAGE_FULL',
    `Cannot write to ${name}: there is no room left (${said(cause)}), free some and write again.`,
    { storage: name },
    cause,
  );
}

/** STORAGE_FAILED: a commit failed on its way, and may have happened. */
export function failedStorage(name: string, cause: unknown): CausalError {
  return new CausalError(
    'STORAGE_FAILED',
    `Cannot write to ${name}: it said "${said(cause)}", read what is there before you write again.`,
    { storage: name },
    cause,
  );
}

/** STORAGE_UNREADABLE: the bytes cannot be read, at least now. */
export function unreadableStorage(name: string, cause: unknown): CausalError {
  return new CausalError(
    'STORAGE_UNREADABLE',
    `Cannot read ${name}: it said "${said(cause)}", see that its files are there and can be read.`,
    { storage: name },
    cause,
  );
}

/** UNSUPPORTED: an optional package is not installed, or is not one we can use. */
export function missingPackage(name: string, packageName: string, cause: unknown): CausalError {
  return new CausalError(
    'UNSUPPORTED',
    `Cannot open ${name}: the package ${packageName} cannot be loaded (${said(cause)}), run \`npm install ${packageName}\`.`,
    { storage: name, package: packageName },
    cause,
  );
}

/** What an error and its causes say, the innermost first: engines wrap what the operating system said. */
export function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause === undefined ? '' : said(error.cause);
  return inner === '' ? error.message : inner;
}

/** The codes of an error and of all its causes. */
export function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...own, ...codesOf(error.cause)];
}

/** Whether an error says that there is no room. LevelDB and LMDB hand on the text of the operating system only. */
export function isFull(error: unknown): boolean {
  const codes = ['ENOSPC', 'EDQUOT'];
  return codesOf(error).some((code) => codes.includes(code)) || FULL_TEXT.test(said(error));
}
