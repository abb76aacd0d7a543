/**
 * One exchange as a machine without I/O: inputs in (what the store is, frames, what the store answered), effects out
 * (frames to send, what the store must do). Both directions go at once. A clock is adopted only after everything the
 * peer had to show was taken in, so an exchange cut off anywhere is harmless and the next one resumes it.
 *
 * docs/protocol.md gives the messages, docs/semantics.md why each step is safe.
 */

import { unreachable } from '../assert.ts';
import { DotSet } from '../clock/dot-set.ts';
import type { VectorClock } from '../clock/vector-clock.ts';
import { CausalError } from '../errors.ts';
import { FRAME_BYTES_MAX, VISIBLE_AT_ONCE_RECORDS_MAX } from '../limits.ts';
import { dotOf } from '../store/record.ts';
import type { ExchangeEffect, ExchangeInput, ExchangeMode, ExchangeOptions, Snapshot, View } from './effects.ts';
import { checkClock, checkFrameLimit, checkSpeaker, checkVersion } from './exchange-bounds.ts';
import { mayAdopt, mustReconcile } from './fence.ts';
import { helloOf, mustSayHello, showsSame } from './meeting.ts';
import { type Clocks, encodeFrames, FrameReader, type Hello, type Message, PROTOCOL_VERSION } from './messages.ts';
import { Reconciler } from './reconcile.ts';
import { RecordReader, recordFrames } from './record-stream.ts';
import type { Adoption, ExchangeRecord } from './take-in.ts';
import { violation } from './violation.ts';

/** One side of an exchange: `step` takes an input and gives the effects to carry out, in order. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #frameBytesMax: number;
  readonly #frames: FrameReader;
  #reader: RecordReader | undefined;
  #mode: ExchangeMode = 'difference';
  #recordsSent = 0;
  #me: View | undefined;
  #snapshot: Snapshot | undefined;
  #hasSentHello = false;
  #hasSentClocks = false;
  /** This side knew the peer's clocks when it sent its own. */
  #hasReplied = false;
  #peer: { readonly id: string; readonly takesOnly: boolean; readonly isDamaged: boolean } | undefined;
  #peerLife = 0;
  #peerClocks: Clocks | undefined;
  #peerHasReplied = false;
  #peerNow: Clocks | undefined;
  #reconciler: Reconciler | undefined;
  #received: ExchangeRecord[] = [];
  #takenBefore: DotSet = DotSet.empty;
  #hasAllRecords = false;
  #isAdopting = false;
  #adopted: DotSet | undefined;
  #peerCommit: boolean | undefined;
  #isDone = false;

  /** Throws: RangeError when the frame limit is too small, or the version not spoken. */
  constructor(options: ExchangeOptions) {
    const { frameBytesMax = FRAME_BYTES_MAX, version = PROTOCOL_VERSION, role } = options;
    checkFrameLimit(frameBytesMax);
    checkVersion(version);
    this.#options = options;
    this.#frameBytesMax = frameBytesMax;
    this.#frames = new FrameReader(frameBytesMax, version, role === 'responder');
  }

  get mode(): ExchangeMode {
    return this.#mode;
  }

  get recordsSent(): number {
    return this.#recordsSent;
  }

  /** Whether this side has taken in all that the peer had to show, or found that there is nothing. */
  get hasAdopted(): boolean {
    return this.#adopted !== undefined || this.#mode === 'equal';
  }

  /** The peer and what it has seen, once everything that it had to show is here, believed or not. */
  get asked(): { readonly id: string; readonly isDamaged: boolean; readonly seen: DotSet } | undefined {
    if (this.#peer === undefined || !(this.#isAdopting || this.#mode === 'equal')) return undefined;
    return { ...this.#peer, seen: this.#peerNow?.seen ?? this.#view().seen };
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Throws: ENCODING_INVALID, PROTOCOL_VIOLATION, VERSION_UNSUPPORTED; the exchange is over then. */
  step(input: ExchangeInput): ExchangeEffect[] {
    switch (input.kind) {
      case 'start':
        return this.#start(input.view);
      case 'frame':
        return this.#readFrame(input.bytes);
      case 'snapshot':
        return this.#give(input.snapshot);
      case 'adopted':
        return this.#isAdopting ? this.#commit(input.seen) : [];
      default:
        return unreachable(input);
    }
  }

  /** Refuses, in a message that any version can read, a peer of another version; a refusal is never answered. */
  #readFrame(bytes: Uint8Array): ExchangeEffect[] {
    if (this.#isDone) throw violation('a frame after the end');
    try {
      const message = this.#frames.read(bytes);
      return message === undefined ? [] : this.#receive(message);
    } catch (error) {
      this.#isDone = true;
      if (!(error instanceof CausalError) || error.details['isRefusal'] !== false) throw error;
      return [this.#send({ kind: 'refuse', versionMax: this.#frames.version }), { kind: 'fail', error }];
    }
  }

  /** A side that knows of news for the peer sends its clocks at once; a responder without any waits. */
  #start(view: View): ExchangeEffect[] {
    this.#me = view;
    const hasNews = view.peerKnew !== undefined && !view.peerKnew.covers(view.seen);
    if (this.#options.role === 'responder' && !hasNews) return [];
    return [this.#sendHello(view, hasNews)];
  }

  #receive(message: Message): ExchangeEffect[] {
    switch (message.kind) {
      case 'hello':
        checkSpeaker(message.id, this.#options.peerName);
        // Whoever has the name now: what a former incarnation had seen no longer counts.
        return [
          { kind: 'greeted', peer: message.id, life: message.life },
          { kind: 'advance', peer: message.id, seen: DotSet.empty, life: 0 },
          ...this.#onMet(message),
          ...this.#onHello(message),
        ];
      case 'equal':
        if (!this.#hasSentHello || this.#peer !== undefined) throw violation('equal at the wrong time');
        checkSpeaker(message.id, this.#options.peerName);
        return this.#endEqual(message.id);
      case 'clocks':
        if (this.#peer === undefined || this.#peerClocks !== undefined) throw violation('clocks at the wrong time');
        return this.#onClocks(message.clocks, message.isReply);
      case 'records':
        return this.#onRecords(message.isLast, message.clocks, message.body);
      case 'ranges':
        return this.#onRanges(message.body);
      case 'commit':
        if (this.#peerClocks === undefined || this.#peerCommit !== undefined || !this.#gives()) {
          throw violation('a commit at the wrong time');
        }
        this.#peerCommit = message.isIntact;
        return this.#finish();
      case 'refuse':
        throw new CausalError(
          'VERSION_UNSUPPORTED',
          `Cannot exchange: the peer speaks no protocol version but up to ${message.versionMax}`,
          { versionMax: message.versionMax },
        );
      default:
        return unreachable(message);
    }
  }

  #onMet({ life, met }: Hello): ExchangeEffect[] {
    this.#peerLife = life;
    return met?.id === this.#view().id ? [{ kind: 'met', life: met.life, counter: met.counter }] : [];
  }

  #onHello(hello: Hello): ExchangeEffect[] {
    const me = this.#view();
    if (this.#peer !== undefined) throw violation('a second hello');
    if (hello.id === me.id) {
      throw new CausalError(
        'IDENTITY_ALARM',
        `Cannot exchange with "${me.id}": the peer has the same id, open one of the stores under a new incarnation`,
        { id: me.id },
      );
    }
    this.#peer = { id: hello.id, takesOnly: hello.takesOnly, isDamaged: hello.isDamaged };
    if (showsSame(hello, me, this.#asksMarks())) {
      if (this.#hasSentHello) return this.#endEqual(hello.id);
      const answer = mustSayHello(hello, me) ? this.#sendHello(me, false) : this.#send({ kind: 'equal', id: me.id });
      return [answer, ...this.#endEqual(hello.id)];
    }
    if (hello.clocks !== undefined) return this.#onClocks(hello.clocks, hello.isReply);
    if (!this.#hasSentHello) return [this.#sendHello(me, true)];
    return this.#hasSentClocks ? [] : [this.#sendClocks()];
  }

  #onClocks(clocks: Clocks, isReply: boolean): ExchangeEffect[] {
    checkClock(clocks.seen, this.#options.clockEntriesMax);
    const me = this.#view();
    const isFenced = this.#options.rules['reaped-is-a-fence'];
    this.#peerClocks = clocks;
    this.#peerNow = clocks;
    this.#reader = new RecordReader(clocks.seen.ids());
    this.#peerHasReplied = isReply;
    if (clocks.seen.equals(me.seen)) this.#mode = 'mend';
    else if (isFenced && mustReconcile(me, clocks)) this.#mode = 'reconcile';
    const effects: ExchangeEffect[] = [];
    if (!this.#hasSentClocks) {
      this.#hasReplied = true;
      effects.push(this.#hasSentHello ? this.#sendClocks() : this.#sendHello(me, true));
    }
    const { rules } = this.#options;
    if (!rules['peers-are-fully-taken-in'])
      effects.push({ kind: 'advance', peer: this.#peerId(), seen: clocks.seen, life: 0 });
    effects.push({
      kind: 'read',
      peer: this.#peerId(),
      peerSeen: clocks.seen,
      common: this.#mode === 'difference' ? undefined : me.seen.intersect(clocks.seen),
      isMarked: this.#isMarked(),
      givesRecords: this.#gives() && this.#mode !== 'mend',
    });
    if (!rules['clock-is-adopted-last'] && this.#takes()) {
      effects.push({
        kind: 'take-in',
        records: [],
        peerSeen: clocks.seen,
        adoption: this.#adoption(clocks.reaped, DotSet.empty),
      });
    }
    return effects;
  }

  /** Sends what the peer lacks, and begins to reconcile if this side was the first to know both clocks. */
  #give(snapshot: Snapshot): ExchangeEffect[] {
    const me = this.#view();
    const isFirst = this.#snapshot === undefined;
    this.#snapshot = snapshot;
    const effects: ExchangeEffect[] = [];
    if (this.#gives() && (!isFirst || this.#mode !== 'mend')) {
      const hasMoved = !snapshot.seen.equals(me.seen) || !snapshot.reaped.equals(me.reaped);
      // What differs can only be mended between sides that still have seen the same.
      const records = this.#mode === 'mend' && hasMoved ? [] : snapshot.records;
      effects.push({
        kind: 'send',
        frames: recordFrames(records, hasMoved ? snapshot : undefined, me.seen.ids(), ...this.#format()),
      });
      this.#recordsSent += records.length;
    }
    if (!isFirst || snapshot.dots === undefined) return [...effects, ...this.#settle()];
    this.#reconciler = new Reconciler(snapshot.dots);
    const begins = this.#hasReplied || (!this.#peerHasReplied && this.#options.role === 'initiator');
    if (begins) effects.push(this.#send({ kind: 'ranges', body: this.#reconciler.start() }));
    return [...effects, ...this.#settle()];
  }

  #onRecords(isLast: boolean, clocks: Clocks | undefined, body: Uint8Array): ExchangeEffect[] {
    if (this.#peerClocks === undefined || this.#reader === undefined || this.#hasAllRecords || !this.#takes())
      throw violation('records at the wrong time');
    if (clocks !== undefined) {
      if (!clocks.seen.covers(this.#peerClocks.seen)) throw violation('a clock that went back');
      this.#peerNow = clocks;
    }
    const peerSeen = this.#now().seen;
    for (const record of this.#reader.readAll(body)) {
      for (const version of record.versions) {
        if (!peerSeen.has(version.id, version.counter)) throw violation('a version beyond the clock of its sender');
      }
      this.#received.push(record);
    }
    this.#hasAllRecords = isLast;
    const { visibleAtOnceMax = VISIBLE_AT_ONCE_RECORDS_MAX } = this.#options;
    if (isLast || this.#mode === 'mend' || this.#received.length <= visibleAtOnceMax) return this.#settle();
    const records = this.#received;
    this.#received = [];
    this.#takenBefore = this.#takenBefore.union(DotSet.of(records.flatMap(({ versions }) => versions.map(dotOf))));
    return [{ kind: 'take-in', records, peerSeen }];
  }

  #onRanges(body: Uint8Array): ExchangeEffect[] {
    if (this.#reconciler === undefined || this.#reconciler.isDone) throw violation('ranges at the wrong time');
    const answer = this.#reconciler.receive(body);
    const effects: ExchangeEffect[] = answer === undefined ? [] : [this.#send({ kind: 'ranges', body: answer })];
    if (this.#reconciler.isDone && this.#mode === 'mend')
      effects.push({ kind: 'read-lost', dots: this.#reconciler.mineOnly });
    return [...effects, ...this.#settle()];
  }

  /** Takes everything in once it is all here. */
  #settle(): ExchangeEffect[] {
    if (this.#isAdopting || this.#snapshot === undefined) return [];
    if (this.#reconciler !== undefined && !this.#reconciler.isDone) return [];
    if (!this.#takes()) return this.#peer?.takesOnly === true ? this.#finish() : [];
    if (!this.#hasAllRecords) return [];
    this.#isAdopting = true;
    const { seen: peerSeen, reaped } = this.#now();
    const records = this.#received;
    this.#received = [];
    const isWhole = this.#peer?.isDamaged !== true && this.#peerNow === this.#peerClocks;
    if (this.#mode === 'mend') return [{ kind: 'mend', records, seen: peerSeen, isWhole }, ...this.#end()];
    const isFenced = this.#options.rules['reaped-is-a-fence'];
    const isSafe = !isFenced || mayAdopt(this.#view(), this.#peerClocks, this.#now());
    if (this.#peer?.isDamaged === true || !isSafe)
      return [{ kind: 'take-in', records, peerSeen }, ...this.#commit(undefined)];
    const discards = this.#reconciler?.mineOnly ?? DotSet.empty;
    return [{ kind: 'take-in', records, peerSeen, adoption: this.#adoption(reaped, discards) }];
  }

  #adoption(reaped: VectorClock, discards: DotSet): Adoption {
    return { reaped, discards, toldSeen: this.#view().seen, takenBefore: this.#takenBefore };
  }

  /** Tells the peer whether this side now knows exactly what both had shown, then waits for the same from it. */
  #commit(seen: DotSet | undefined): ExchangeEffect[] {
    this.#adopted = seen;
    const effects: ExchangeEffect[] = [];
    if (seen !== undefined)
      effects.push({ kind: 'advance', peer: this.#peerId(), seen: this.#now().seen, life: this.#peerLife });
    if (!this.#gives()) return [...effects, ...this.#end()];
    const isIntact =
      seen !== undefined && this.#snapshot !== undefined && seen.equals(this.#snapshot.seen.union(this.#now().seen));
    effects.push(this.#send({ kind: 'commit', isIntact }));
    return [...effects, ...this.#finish()];
  }

  #finish(): ExchangeEffect[] {
    if (this.#isDone) return [];
    if (this.#peer?.takesOnly === true) return this.#snapshot === undefined ? [] : this.#end();
    if (this.#peerCommit === undefined || !this.#isAdopting) return [];
    if (!this.#peerCommit || this.#adopted === undefined || this.#snapshot === undefined) return this.#end();
    const both = this.#snapshot.seen.union(this.#now().seen);
    return [{ kind: 'advance', peer: this.#peerId(), seen: both, life: this.#peerLife }, ...this.#end()];
  }

  #end(): ExchangeEffect[] {
    this.#isDone = true;
    // Even if nothing was adopted: what the peer tells from now on is of this life of it. Who has none was met at its hello.
    const peer = this.#peer?.id;
    const met =
      peer === undefined || this.#peerLife === 0
        ? []
        : [{ kind: 'advance', peer, seen: DotSet.empty, life: this.#peerLife } as const];
    return [...met, { kind: 'done' }];
  }

  #endEqual(peer: string): ExchangeEffect[] {
    const { seen } = this.#view();
    this.#mode = 'equal';
    // A mere 'equal' does not say whether it has lost anything.
    this.#peer ??= { id: peer, takesOnly: false, isDamaged: true };
    const isKnown = this.#options.direction === 'take' || !this.#peer.takesOnly;
    return [...(isKnown ? [{ kind: 'advance', peer, seen, life: this.#peerLife } as const] : []), ...this.#end()];
  }

  #sendHello(me: View, hasClocks: boolean): ExchangeEffect {
    this.#hasSentHello = true;
    this.#frames.mayFollow = false;
    this.#hasSentClocks = hasClocks;
    const said = { takesOnly: !this.#gives(), isReply: this.#hasReplied, hasClocks };
    return this.#send(helloOf(me, { ...said, peer: this.#peer?.id ?? me.peerId }));
  }

  #sendClocks(): ExchangeEffect {
    const { seen, reaped } = this.#view();
    this.#hasSentClocks = true;
    return this.#send({ kind: 'clocks', clocks: { seen, reaped }, isReply: this.#hasReplied });
  }

  #send(message: Message): ExchangeEffect {
    return { kind: 'send', frames: encodeFrames(message, ...this.#format()) };
  }

  #format(): readonly [frameBytesMax: number, version: number] {
    return [this.#frameBytesMax, this.#frames.version];
  }

  /** Whether it is asked if one dot stands for two writes; version 1 cannot tell. */
  #asksMarks(): boolean {
    return this.#frames.version > 1 && this.#options.rules['collisions-are-detected'];
  }

  /** What is compared dot by dot has marks only where nothing is dropped for it. */
  #isMarked(): boolean {
    return this.#mode === 'mend' && this.#frames.version > 1;
  }

  #gives(): boolean {
    return this.#options.direction !== 'take';
  }

  #takes(): boolean {
    return this.#peer?.takesOnly !== true;
  }

  #view(): View {
    if (this.#me === undefined) throw violation('a message before the start');
    return this.#me;
  }

  #now(): Clocks {
    if (this.#peerNow === undefined) throw violation('a message before the clocks');
    return this.#peerNow;
  }

  #peerId(): string {
    if (this.#peer === undefined) throw violation('a message before the hello');
    return this.#peer.id;
  }
}
