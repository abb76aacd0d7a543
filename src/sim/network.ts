/**
 * A network that loses, doubles, reorders, holds back and cuts: the transport port over virtual time. Each direction of
 * each pair has weather of its own. A link whose frames are lost is not told so, as no network tells it; a participant
 * that died may answer with a reset or with silence.
 */

import { copyBytes } from '../codec/byte-arrays.ts';
import { FRAME_BYTES_MAX, FRAME_COST_BYTES, LINK_BUFFER_BYTES } from '../limits.ts';
import type { Random } from '../random.ts';
import { frameKindOf } from '../replica/link-message.ts';
import { checkFrame, endedLink, lostFrame, unreachablePeer, unusableAddress } from '../transport/failure.ts';
import { FrameQueue } from '../transport/frame-queue.ts';
import type { Link, Listener, Transport } from '../transport/transport.ts';
import { type Delay, drawDelay, randomFor } from './chance.ts';
import type { Recorder } from './recorder.ts';
import type { Scheduler } from './scheduler.ts';

const SCHEME = 'sim:';

/** What happens to frames; shares of 1. */
export type Weather = {
  readonly latency: Delay;
  readonly loss: number;
  readonly duplicate: number;
  /** Frames that are overtaken by later ones. */
  readonly reorder: number;
};

/** Who opens links and listens: runs what comes in as its own, while it lives. */
export type Participant = {
  readonly name: string;
  /** Runs it after a time, unless this life of the participant has ended by then. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly isAlive: () => boolean;
};

type Place = { readonly owner: Participant; readonly onLink: (link: Link) => void };

/** The network of one run. */
export class SimNetwork {
  readonly #scheduler: Scheduler;
  readonly #recorder: Recorder;
  readonly #seed: number;
  readonly #places = new Map<string, Place>();
  readonly #links = new Set<SimLink>();
  readonly #ways = new Map<string, Way>();
  #weather: Weather;
  #opened = 0;

  constructor(scheduler: Scheduler, recorder: Recorder, seed: number, weather: Weather) {
    this.#scheduler = scheduler;
    this.#recorder = recorder;
    this.#seed = seed;
    this.#weather = weather;
  }

  /** The network as one life of a participant sees it. It is found at its name. */
  transport(participant: Participant): Transport {
    return {
      schemes: [SCHEME],
      frameBytesMax: FRAME_BYTES_MAX,
      connect: (address, options) => this.#connect(participant, address, options?.timeoutMs ?? CONNECT_MS),
      listen: (address, onLink) => this.#listen(participant, address, onLink),
    };
  }

  /** Where a participant listens. */
  static addressOf(name: string): string {
    return `${SCHEME}${name}`;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
  }

  /** Stops everything from one participant to another; `isLossy`: what is sent meanwhile is gone, else it waits. */
  cut(from: string, to: string, isLossy: boolean): void {
    const way = this.way(from, to);
    way.cuts += 1;
    way.isLossy ||= isLossy;
  }

  /** Undoes one `cut`. */
  heal(from: string, to: string): void {
    const way = this.way(from, to);
    if (way.cuts === 0) return;
    way.cuts -= 1;
    if (way.cuts > 0) return;
    way.isLossy = false;
    way.flush();
  }

  /** Everything sent that way until then arrives then at the earliest, in order. */
  hold(from: string, to: string, ms: number): void {
    const way = this.way(from, to);
    way.notBefore = Math.max(way.notBefore, this.#scheduler.now + ms);
  }

  /** Frames of these kinds are lost that way until then. */
  filter(from: string, to: string, kinds: readonly string[], ms: number): void {
    const way = this.way(from, to);
    way.filtered = new Set(kinds);
    way.filteredUntil = this.#scheduler.now + ms;
  }

  /** All is well again, everywhere. */
  healAll(weather: Weather): void {
    this.#weather = weather;
    for (const way of this.#ways.values()) {
      way.cuts = 0;
      way.isLossy = false;
      way.notBefore = 0;
      way.filteredUntil = 0;
      way.flush();
    }
  }

  /** The links of a participant are gone; the other ends hear of it (`isReset`), or nothing ever again. */
  kill(name: string, isReset: boolean): void {
    for (const [address, { owner }] of this.#places) if (owner.name === name) this.#places.delete(address);
    for (const link of [...this.#links]) {
      if (link.owner.name !== name) continue;
      const { other } = link;
      link.lose('its process died');
      if (isReset && other !== undefined)
        this.#scheduler.after(this.#latency(name, other.owner.name), () => other.lose('reset by the other side'));
    }
  }

  /** One direction between two participants. */
  way(from: string, to: string): Way {
    const name = `${from}>${to}`;
    let way = this.#ways.get(name);
    if (way === undefined) {
      way = new Way(randomFor(this.#seed, `way ${name}`));
      this.#ways.set(name, way);
    }
    return way;
  }

  /** Carries a frame from one end of a link to the other. */
  carry(from: SimLink, frame: Uint8Array): void {
    const way = this.way(from.owner.name, from.peerName);
    const { random } = way;
    const kind = frameKindOf(frame) ?? '?';
    const message = this.#recorder.sent(from.owner.name, from.peerName, kind, frame.length);
    const isFiltered = this.#scheduler.now < way.filteredUntil && way.filtered.has(kind);
    const isLost = random.chance(this.#weather.loss);
    if (isFiltered || isLost || (way.cuts > 0 && way.isLossy)) {
      this.#recorder.lost(message, isFiltered ? 'filter' : isLost ? 'loss' : 'cut');
      from.arrived(frame);
      return;
    }
    const copies = random.chance(this.#weather.duplicate) ? 2 : 1;
    if (copies > 1) this.#recorder.fired('duplicate');
    for (let copy = 0; copy < copies; copy += 1) {
      const isFirst = copy === 0;
      const deliver = (): void => {
        if (isFirst) from.arrived(frame);
        const { other } = from;
        if (other === undefined || !other.isOpen) return;
        this.#recorder.received(message, other.owner.name);
        other.push(isFirst ? frame : copyBytes(frame));
      };
      if (way.cuts > 0) way.held.push(() => from.other?.owner.after(0, deliver));
      else this.#deliverLater(way, from, deliver);
    }
  }

  /** Carries the end of a link after what was sent on it. */
  carryEnd(from: SimLink, end: () => void): void {
    const way = this.way(from.owner.name, from.peerName);
    if (way.cuts === 0) this.#deliverLater(way, from, end);
    else way.held.push(() => from.other?.owner.after(0, end));
  }

  /** When something sent now that way arrives, at the earliest. */
  #latency(from: string, to: string): number {
    const way = this.way(from, to);
    return drawDelay(this.#weather.latency, way.random);
  }

  #deliverLater(way: Way, from: SimLink, deliver: () => void): void {
    const { now } = this.#scheduler;
    const isOvertaken = way.random.chance(this.#weather.reorder);
    const latency = drawDelay(this.#weather.latency, way.random);
    const at = Math.max(now + latency, way.notBefore, isOvertaken ? 0 : way.lastAt);
    if (isOvertaken) this.#recorder.fired('reorder');
    if (way.notBefore > now) this.#recorder.fired('hold');
    const late = isOvertaken ? at + 2 * latency * way.random.fraction() : at;
    if (!isOvertaken) way.lastAt = at;
    from.other?.owner.after(late - now, deliver);
  }

  async #connect(from: Participant, address: string, timeoutMs: number): Promise<Link> {
    if (!from.isAlive()) return new Promise(() => undefined);
    const place = this.#places.get(address);
    const to = address.slice(SCHEME.length);
    const there = this.way(from.name, to);
    const back = this.way(to, from.name);
    if (there.cuts > 0 || back.cuts > 0) {
      await delayOf(from, Math.min(timeoutMs, CONNECT_MS));
      throw unreachablePeer(address, 'nobody answered in time');
    }
    await delayOf(from, this.#latency(from.name, to) + this.#latency(to, from.name));
    if (place === undefined || !place.owner.isAlive() || this.#places.get(address) !== place)
      throw unreachablePeer(address, 'nobody listens there');
    this.#opened += 1;
    const near = new SimLink(this, from, address, to);
    const far = new SimLink(this, place.owner, `${SCHEME}${from.name}#${this.#opened}`, from.name);
    near.join(far);
    for (const link of [near, far]) {
      this.#links.add(link);
      link.onEnd = (): void => void this.#links.delete(link);
    }
    place.owner.after(0, () => place.onLink(far));
    return near;
  }

  async #listen(owner: Participant, address: string, onLink: (link: Link) => void): Promise<Listener> {
    if (!owner.isAlive()) return new Promise(() => undefined);
    const known = this.#places.get(address);
    if (known?.owner.isAlive() === true) throw unusableAddress(address, 'somebody listens there already');
    const place = { owner, onLink };
    this.#places.set(address, place);
    return {
      address,
      close: async () => {
        if (this.#places.get(address) === place) this.#places.delete(address);
      },
    };
  }
}

const CONNECT_MS = 3_000;

function delayOf(participant: Participant, ms: number): Promise<void> {
  return new Promise((resolve) => void participant.after(ms, resolve));
}

/** What holds for frames from one participant to another. */
class Way {
  readonly random: Random;
  cuts = 0;
  isLossy = false;
  notBefore = 0;
  /** When the last frame that was not overtaken arrives. */
  lastAt = 0;
  filtered: ReadonlySet<string> = new Set<string>();
  filteredUntil = 0;
  /** What waits for the end of a cut. */
  held: (() => void)[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  flush(): void {
    for (const deliver of this.held.splice(0)) deliver();
  }
}

type Waiting = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/** One end of a link. */
class SimLink implements Link {
  readonly owner: Participant;
  readonly peer: string;
  readonly peerName: string;
  readonly provenName: string | undefined = undefined;
  readonly #network: SimNetwork;
  readonly #incoming: FrameQueue;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #why: string | undefined;
  other: SimLink | undefined;
  onEnd: () => void = () => undefined;

  constructor(network: SimNetwork, owner: Participant, peer: string, peerName: string) {
    this.#network = network;
    this.owner = owner;
    this.peer = peer;
    this.peerName = peerName;
    this.#incoming = new FrameQueue(() => this.other?.makeRoom());
  }

  join(other: SimLink): void {
    this.other = other;
    other.other = this;
  }

  get isOpen(): boolean {
    return this.#why === undefined;
  }

  get bytesWaiting(): number {
    return this.#incoming.bytes;
  }

  async send(frame: Uint8Array): Promise<void> {
    if (!this.owner.isAlive()) return new Promise(() => undefined);
    checkFrame(frame, FRAME_BYTES_MAX);
    if (this.#why !== undefined) throw endedLink(this.peer, this.#why);
    this.#underWay += frame.length + FRAME_COST_BYTES;
    this.#network.carry(this, copyBytes(frame));
    if (this.#hasRoom()) return;
    await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async close(why = 'no reason given'): Promise<void> {
    if (this.#why !== undefined) return;
    this.#end('closed on this side');
    this.#incoming.drop();
    const { other } = this;
    if (other === undefined || !this.owner.isAlive()) return;
    this.#network.carryEnd(this, () => other.closedByPeer(why));
  }

  endedBecause(): string | undefined {
    return this.#why;
  }

  push(frame: Uint8Array): void {
    this.#incoming.push(frame);
  }

  /** A frame that was sent from here is under way no longer. */
  arrived(frame: Uint8Array): void {
    this.#underWay -= frame.length + FRAME_COST_BYTES;
    this.makeRoom();
  }

  makeRoom(): void {
    while (this.#waiting.length > 0 && this.#hasRoom()) this.#waiting.shift()?.resolve();
  }

  closedByPeer(why: string): void {
    if (this.#why !== undefined) return;
    this.#end(`closed by the other side: ${why}`);
    this.#incoming.end();
  }

  /** Ends this end without a word to the other. */
  lose(why: string): void {
    if (this.#why !== undefined) return;
    this.#end(why);
    this.#incoming.drop();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#incoming[Symbol.asyncIterator]();
  }

  #hasRoom(): boolean {
    return this.#underWay + (this.other?.bytesWaiting ?? 0) < LINK_BUFFER_BYTES;
  }

  #end(why: string): void {
    this.#why = why;
    this.onEnd();
    for (const { reject } of this.#waiting.splice(0)) reject(lostFrame(this.peer, why));
  }
}
