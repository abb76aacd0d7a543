/**
 * The bad patterns by name, as data: what each one means, and which law of Cairn it breaks where it breaks one. Those of
 * registers are of Bouajjani, Enea, Guerraoui and Hamza (POPL 2017); those inside transactions are named as Plume
 * (OOPSLA 2024) names them; those of siblings are ours (docs/semantics.md, "Checking histories").
 */

/** Pattern → the sentence it means. */
export const PATTERNS = {
  ThinAirRead: 'A read returns what nobody wrote.',
  AbortedRead: 'A read returns a write that did not take effect.',
  FutureRead: 'A transaction reads its own later write.',
  NotMyOwnWrite: "A transaction wrote a key and then reads somebody else's write of it.",
  NotMyLastWrite: 'A transaction wrote a key twice and then reads the first of the two.',
  IntermediateRead: 'A read returns a write that its transaction itself overwrote.',
  NonRepeatableRead: 'A transaction reads one key twice and gets two answers, having written nothing between.',
  CyclicCO: 'Operations happen before themselves: session order and reads-from form a circle.',
  WriteCOInitRead: 'A read returns nothing, though it comes causally after a write of the key.',
  WriteCORead: 'A read returns a write that it knows to be overwritten.',
  CyclicCF: 'No order of conflicting writes agrees with what every session read.',
  WriteHBInitRead: "A read returns nothing, though a write of the key must come before it in its session's own order.",
  CyclicHB: 'One session read values that no single order of writes can give it.',
  DuplicateDot: 'L1: two writes have the same dot.',
  ThinAirShown: 'L6: a read shows a version that nobody wrote to that key.',
  ThinAirContext: 'L6: a write is based on a version that nobody wrote to that key.',
  CyclicContext: 'L3: a write is based on a version that was made after it.',
  FalseConflict: 'L8: a read shows two siblings although one of them supersedes the other.',
  Resurrection: 'L10: a read shows a version that its causal past knows to be superseded.',
  LostWrite: 'L7: a read does not show a write of its causal past, and nothing that it shows can have superseded it.',
  ReadYourWrites: 'L15: a session does not see its own write, and nothing that it shows can have superseded it.',
  MonotonicReads: 'L15: a session no longer sees what it saw, and nothing that it shows can have superseded it.',
  MonotonicWrites: 'L15: a session sees a later write of another session and not the earlier one it was made after.',
  WritesFollowReads: 'L15: a session sees a write and not what its writer had read before.',
  HiddenConflict: 'L9: a delete was shown beside a live sibling, and the sibling is shown without it.',
  Divergence: 'L12: two final reads of a key differ.',
} as const;

export type PatternName = keyof typeof PATTERNS;

/** How one operation of a witness leads to the next. */
export const EDGES = {
  session: 'session order',
  read: 'reads-from',
  conflict: 'conflict order',
  order: "the reader's own order",
  returns: 'returns what it wrote',
  context: 'superseded by',
  differs: 'differs from',
} as const;

export type EdgeKind = keyof typeof EDGES;
