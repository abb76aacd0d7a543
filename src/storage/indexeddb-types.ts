/**
 * What is used of the browser, by shape: the core compiles without the types of the DOM, and this file says which part
 * of it the IndexedDB engine leans on. Knows no behaviour but whether the browser has it.
 */

import { CausalError } from '../errors.ts';

export type IdbRequest<T> = {
  readonly result: T;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
};

export type IdbOpenRequest = IdbRequest<IdbDatabase> & { onupgradeneeded: (() => void) | null };

export type IdbObjectStore = {
  get(key: Uint8Array): IdbRequest<Uint8Array | undefined>;
  getAll(range: IdbKeyRange | undefined, count: number): IdbRequest<Uint8Array[]>;
  getAllKeys(range: IdbKeyRange | undefined, count: number): IdbRequest<ArrayBuffer[]>;
  put(value: Uint8Array, key: Uint8Array): unknown;
  delete(key: Uint8Array): unknown;
};

export type IdbTransaction = {
  readonly error: unknown;
  objectStore(name: string): IdbObjectStore;
  abort(): void;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
};

export type IdbDatabase = {
  transaction(
    store: string,
    mode: 'readonly' | 'readwrite',
    options?: { readonly durability: 'strict' | 'relaxed' },
  ): IdbTransaction;
  createObjectStore(name: string): unknown;
  close(): void;
  onclose: (() => void) | null;
};

export type IdbKeyRange = { readonly lowerOpen: boolean };

type KeyRanges = {
  bound(lower: Uint8Array, upper: Uint8Array, lowerOpen: boolean, upperOpen: boolean): IdbKeyRange;
  lowerBound(lower: Uint8Array, isOpen: boolean): IdbKeyRange;
  upperBound(upper: Uint8Array, isOpen: boolean): IdbKeyRange;
};

type LockManager = {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    held: (lock: object | null) => Promise<void>,
  ): Promise<void>;
};

/** The part of a browser that the engine needs. */
export type Browser = {
  readonly indexedDB: { open(name: string, version: number): IdbOpenRequest };
  readonly IDBKeyRange: KeyRanges;
  readonly navigator: {
    readonly locks: LockManager;
    readonly storage?: { readonly persist?: () => Promise<boolean> };
  };
};

/** The browser we run in. Throws: UNSUPPORTED where there is no IndexedDB, or no Web Locks to be alone with it. */
export function browserFor(name: string): Browser {
  const { indexedDB, IDBKeyRange, navigator } = globalThis as unknown as Partial<Browser>; // checked on the next lines
  const missing = indexedDB === undefined || IDBKeyRange === undefined ? 'IndexedDB' : 'Web Locks';
  if (indexedDB === undefined || IDBKeyRange === undefined || navigator?.locks === undefined) {
    throw new CausalError(
      'UNSUPPORTED',
      `Cannot open ${name}: there is no ${missing} here, use a page of a secure origin (https or localhost).`,
      { storage: name },
    );
  }
  return { indexedDB, IDBKeyRange, navigator };
}

/** What a request answers with, or its error. */
export function answered<T>(request: IdbRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Kept when the transaction has ended well; rejected with why it was given up. */
export function completed(transaction: IdbTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was given up'));
  });
}
