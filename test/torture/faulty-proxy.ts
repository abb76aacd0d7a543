/**
 * A bad network between two replicas: takes WebSocket connections, opens one to the target for each, and loses, doubles,
 * reorders and delays the messages between them as a seed says. What happens to which message of which connection follows
 * from the seed; when it arrives is a matter of real time.
 */

import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { Random } from '../../src/random.ts';

/** Shares from 0 to 1, drawn for each message. */
export type Faults = {
  readonly loss?: number;
  readonly duplication?: number;
  /** A message that is overtaken by later ones, for up to `delayMsMax`. */
  readonly reordering?: number;
  /** A message that arrives late, by up to `delayMsMax`, and holds up those behind it. */
  readonly delay?: number;
  /** Default 20. */
  readonly delayMsMax?: number;
  /** Waits so long after each message before it reads the next one. Default 0. */
  readonly readEveryMs?: number;
};

export type FaultyProxyOptions = {
  /** Where the messages go: an address as `ws://127.0.0.1:4040/v1/replicate`. */
  readonly target: string;
  readonly seed: number;
  /** From those who connect to the proxy, and to them. */
  readonly there?: Faults;
  readonly back?: Faults;
};

export type FaultCounts = {
  readonly passed: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly delayed: number;
};

export type FaultyProxy = {
  /** To be given to those who are to meet the bad network. */
  readonly address: string;
  /** What happened to messages so far, both directions together. */
  readonly counts: () => FaultCounts;
  /** How many connections are open through it. */
  readonly connections: () => number;
  /** Other faults from now on, for open connections too. */
  readonly setFaults: (faults: { readonly there?: Faults; readonly back?: Faults }) => void;
  /**
   * `breaks`: every connection is lost, and none can be opened. `silence`: nothing passes, and nobody is told; what was
   * sent arrives after `heal`, as it does when a cable is put back.
   */
  readonly cut: (way: 'breaks' | 'silence') => void;
  readonly heal: () => void;
  readonly close: () => Promise<void>;
};

/** So much may wait to be sent on before the proxy reads no more. */
const FULL_BYTES = 2 ** 20;

type Counts = { -readonly [Name in keyof FaultCounts]: FaultCounts[Name] };

type Side = 'there' | 'back';

/** A proxy on loopback. */
export async function faultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const proxy = new BadNetwork(options);
  await proxy.listening;
  return {
    address: proxy.address,
    counts: () => ({ ...proxy.counts }),
    connections: () => proxy.connections.size,
    setFaults: ({ there = {}, back = {} }) => {
      proxy.faults = { there, back };
    },
    cut: (way) => proxy.cut(way),
    heal: () => proxy.heal(),
    close: () => proxy.close(),
  };
}

class BadNetwork {
  readonly connections = new Set<Connection>();
  readonly counts: Counts = { passed: 0, lost: 0, duplicated: 0, reordered: 0, delayed: 0 };
  readonly listening: Promise<unknown>;
  readonly seed: number;
  readonly target: string;
  faults: Readonly<Record<Side, Faults>>;
  state: 'healthy' | 'broken' | 'silent' = 'healthy';
  readonly #server: WebSocketServer;
  #opened = 0;
  /** Connections that were asked for in silence, and are answered after it. */
  #asked: (() => void)[] = [];

  constructor({ target, seed, there = {}, back = {} }: FaultyProxyOptions) {
    [this.seed, this.target, this.faults] = [seed, target, { there, back }];
    const verifyClient = (_: unknown, answer: (isLetIn: boolean, status?: number) => void): void => {
      if (this.state === 'broken') answer(false, 502);
      else if (this.state === 'silent') this.#asked.push(() => answer(this.state !== 'broken', 502));
      else answer(true);
    };
    this.#server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, verifyClient });
    this.#server.on('connection', (socket) => {
      this.connections.add(new Connection(this, socket, this.#opened++));
    });
    this.listening = new Promise((resolve) => this.#server.once('listening', resolve));
  }

  get address(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(way: 'breaks' | 'silence'): void {
    this.state = way === 'breaks' ? 'broken' : 'silent';
    for (const connection of this.connections) {
      if (way === 'breaks') connection.lose();
      else connection.hold();
    }
  }

  heal(): void {
    this.state = 'healthy';
    for (const connection of this.connections) connection.release();
    for (const answer of this.#asked.splice(0)) answer();
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.lose();
    // Those whose other side has ended already may still wait for a word of goodbye.
    for (const client of this.#server.clients) client.terminate();
    for (const answer of this.#asked.splice(0)) answer();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One connection through the proxy: two sockets and what is between them. */
class Connection {
  readonly #proxy: BadNetwork;
  readonly #sockets: readonly [WebSocket, WebSocket];
  readonly #directions: readonly Direction[];

  constructor(proxy: BadNetwork, client: WebSocket, number: number) {
    this.#proxy = proxy;
    const server = new WebSocket(proxy.target, client.protocol === '' ? [] : [client.protocol], {
      perMessageDeflate: false,
    });
    this.#sockets = [client, server];
    this.#directions = [
      new Direction(proxy, 'there', client, server, proxy.seed * 1_000_003 + number * 2),
      new Direction(proxy, 'back', server, client, proxy.seed * 1_000_003 + number * 2 + 1),
    ];
    for (const direction of this.#directions) direction.brake('connecting');
    server.once('open', () => {
      if (proxy.state === 'silent') this.hold();
      for (const direction of this.#directions) direction.release('connecting');
    });
    for (const socket of this.#sockets) {
      socket.on('error', () => undefined);
      socket.once('close', () => this.#ended(socket));
    }
  }

  lose(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  hold(): void {
    for (const direction of this.#directions) direction.brake('silence');
  }

  release(): void {
    for (const direction of this.#directions) direction.release('silence');
  }

  /** What one side has sent before it closed still arrives, if the network lets it; then the other side is closed too. */
  #ended(socket: WebSocket): void {
    this.#proxy.connections.delete(this);
    const [direction, other] = socket === this.#sockets[0] ? this.#directions : [...this.#directions].reverse();
    other?.end();
    void direction?.drained().then(() => {
      const [a, b] = this.#sockets;
      const left = socket === a ? b : a;
      if (left.readyState === WebSocket.CONNECTING) left.terminate();
      else left.close();
    });
  }
}

/** Why a direction does not read. */
type Brake = 'connecting' | 'silence' | 'slow' | 'full';

/** Messages from one socket to another. */
class Direction {
  readonly #proxy: BadNetwork;
  readonly #side: Side;
  readonly #from: WebSocket;
  readonly #to: WebSocket;
  readonly #random: Random;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #brakes = new Set<Brake>();
  /** What waits for its turn, for a message that is late, or for the end of silence. */
  #queue: (() => void)[] = [];
  #isLate = false;
  #onDrained: (() => void)[] = [];

  constructor(proxy: BadNetwork, side: Side, from: WebSocket, to: WebSocket, seed: number) {
    [this.#proxy, this.#side, this.#from, this.#to, this.#random] = [proxy, side, from, to, new Random(seed)];
    from.on('message', (data: Buffer, isBinary) => {
      this.#take(data, isBinary);
      const { readEveryMs = 0 } = this.#faults;
      if (readEveryMs === 0) return;
      this.brake('slow');
      this.#later(readEveryMs, () => this.release('slow'));
    });
  }

  get #faults(): Faults {
    return this.#proxy.faults[this.#side];
  }

  brake(brake: Brake): void {
    this.#brakes.add(brake);
    this.#from.pause();
  }

  release(brake: Brake): void {
    this.#brakes.delete(brake);
    if (this.#brakes.size === 0) this.#from.resume();
    this.#flush();
  }

  /** Gives up what is under way. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue = [];
    this.#settle();
  }

  /** Answers when nothing is under way any more. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained.push(resolve);
      this.#settle();
    });
  }

  #take(data: Buffer, isBinary: boolean): void {
    const { loss = 0, duplication = 0, reordering = 0, delay = 0, delayMsMax = 20 } = this.#faults;
    const { counts } = this.#proxy;
    // Always as many draws, so that the fate of one message does not move the fates of those behind it.
    const [isLost, isDoubled, isOvertaken, isLate] = [loss, duplication, reordering, delay].map(
      (share) => this.#random.fraction() < share,
    );
    const delayMs = this.#random.between(1, Math.max(1, delayMsMax));
    if (isLost) {
      counts.lost += 1;
      return;
    }
    const pass = (): void => {
      if (this.#to.readyState !== WebSocket.OPEN) return;
      counts.passed += 1;
      this.#to.send(data, { binary: isBinary }, () => {
        if (this.#brakes.has('full') && this.#to.bufferedAmount < FULL_BYTES) this.release('full');
      });
      if (this.#to.bufferedAmount >= FULL_BYTES) this.brake('full');
    };
    if (isDoubled) counts.duplicated += 1;
    for (let copy = 0; copy < (isDoubled ? 2 : 1); copy++) {
      if (isOvertaken && copy === 0) {
        counts.reordered += 1;
        this.#later(delayMs, () => this.#enqueue(pass));
      } else {
        this.#enqueue(pass);
      }
    }
    if (!isLate) return;
    counts.delayed += 1;
    this.#enqueue(() => {
      this.#isLate = true;
      this.#later(delayMs, () => {
        this.#isLate = false;
        this.#flush();
      });
    });
  }

  #enqueue(turn: () => void): void {
    this.#queue.push(turn);
    this.#flush();
  }

  #flush(): void {
    while (!this.#brakes.has('connecting') && !this.#brakes.has('silence') && !this.#isLate) {
      const turn = this.#queue.shift();
      if (turn === undefined) break;
      turn();
    }
    this.#settle();
  }

  #settle(): void {
    if (this.#queue.length > 0 || this.#timers.size > 0) return;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  #later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
      this.#settle();
    }, delayMs);
    this.#timers.add(timer);
  }
}
