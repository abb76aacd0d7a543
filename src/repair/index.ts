/** The public names of `cairndb/repair`: how replicas converge. */

export type { ExchangeMode } from './effects.ts';
export { type ExchangeReport, exchange, type LocalExchangeOptions } from './exchange-local.ts';
export { ExchangeSide, type SideOptions, type TakenIn } from './exchange-side.ts';
