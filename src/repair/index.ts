/** The public names of `cairndb/repair`: how replicas converge. */

export type { ExchangeMode } from './effects.ts';
export { type ExchangeReport, exchange, type LocalExchangeOptions } from './exchange-local.ts';
export { ExchangeSide, type SideOptions, type TakenIn } from './exchange-side.ts';
export { type PushAnswer, PushReceiver, type PushReceiverOptions } from './push-receiver.ts';
export { type Due, PushSender } from './push-sender.ts';
export { mergeRecords, type Repair, repairOf } from './read-repair.ts';
export type { Admit, ExchangeRecord } from './take-in.ts';
