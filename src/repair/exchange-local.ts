/** An exchange between two stores of one process: what a link with instant delivery does, with its cost counted. */

import { CausalError } from '../errors.ts';
import type { VersionedKVStore } from '../store/versioned-kv-store.ts';
import type { ExchangeMode } from './effects.ts';
import { ExchangeSide } from './exchange-side.ts';

export type LocalExchangeOptions = {
  /** `b` only learns from `a`. */
  readonly oneWay?: boolean;
  /** Default 16 MiB. */
  readonly frameBytesMax?: number;
  readonly visibleAtOnceMax?: number;
};

/** `flights`: one-way delays a link would have cost; `records` and `bytes`: both directions together. */
export type ExchangeReport = {
  readonly mode: ExchangeMode;
  readonly records: number;
  readonly bytes: number;
  readonly messages: number;
  readonly flights: number;
  readonly roundTrips: number;
};

/**
 * Brings two replicas to the same knowledge. Law: L12, L14. Throws: IDENTITY_ALARM, STORE_CLOSED.
 * @example
 * const { mode, records } = await exchange(berlin, lima);
 */
export async function exchange<T>(
  a: VersionedKVStore<T>,
  b: VersionedKVStore<T>,
  options: LocalExchangeOptions = {},
): Promise<ExchangeReport> {
  if (a === b) throw new TypeError('Cannot exchange: both sides are the same store');
  try {
    return await exchangeOnce(a, b, options);
  } catch (error) {
    // Each side may have to begin a new incarnation; then what it has forgotten is fetched by the next exchange.
    const isRenewed = error instanceof CausalError && error.details['isRenewed'] === true;
    if (!isRenewed) throw error;
    return exchangeOnce(a, b, options).catch((again: unknown) => {
      if (again instanceof CausalError && again.details['isRenewed'] === true) return exchangeOnce(a, b, options);
      throw again;
    });
  }
}

async function exchangeOnce<T>(
  a: VersionedKVStore<T>,
  b: VersionedKVStore<T>,
  options: LocalExchangeOptions,
): Promise<ExchangeReport> {
  const { oneWay = false, ...limits } = options;
  const first = oneWay ? b : a;
  const second = oneWay ? a : b;
  const one = new ExchangeSide(first, {
    ...limits,
    role: 'initiator',
    peer: second.id,
    direction: oneWay ? 'take' : 'both',
  });
  const two = new ExchangeSide(second, { ...limits, role: 'responder', ...(oneWay ? {} : { peer: first.id }) });
  let toTwo: readonly Uint8Array[] = [...(await one.begin())];
  let toOne: readonly Uint8Array[] = [...(await two.begin())];
  let bytes = 0;
  let messages = 0;
  let flights = 0;
  while (toOne.length > 0 || toTwo.length > 0) {
    flights += 1;
    messages += toOne.length + toTwo.length;
    for (const frame of toOne) bytes += frame.length;
    for (const frame of toTwo) bytes += frame.length;
    const fromTwo: Uint8Array[] = [];
    const fromOne: Uint8Array[] = [];
    for (const frame of toTwo) fromTwo.push(...(await two.take(frame)));
    for (const frame of toOne) fromOne.push(...(await one.take(frame)));
    toOne = fromTwo;
    toTwo = fromOne;
  }
  const failure = one.failure ?? two.failure;
  if (failure !== undefined) throw failure;
  if (!one.isDone || !two.isDone) {
    throw new CausalError(
      'EXCHANGE_FAILED',
      `Cannot finish the exchange of "${a.id}" and "${b.id}": it fell silent, exchange again`,
    );
  }
  const mode = one.mode === 'difference' ? two.mode : one.mode;
  return {
    mode,
    records: one.recordsSent + two.recordsSent,
    bytes,
    messages,
    flights,
    roundTrips: Math.ceil(flights / 2),
  };
}
