/**
 * The transport of a serving replica: it opens links of its own, and takes those that peers open on the port of the HTTP
 * interface. That server needs the replica first, so the door is made before there is a wall: `open` sets it in.
 */

import type { Server } from 'node:http';
import type { Link, Listener, Transport } from '../../transport/transport.ts';
import type { NodeWebSocketTransport } from '../../transport/websocket-node.ts';
import { REPLICATE_PATH } from './addresses.ts';

/** The address to name as `listen` of the replica. */
export const DOOR: string = `ws:${REPLICATE_PATH}`;

/** See above. */
export class PeerDoor implements Transport {
  readonly schemes: readonly string[];
  readonly frameBytesMax: number;
  readonly #webSockets: NodeWebSocketTransport;
  readonly #provesNames: boolean;
  #onLink: ((link: Link) => void) | undefined;
  #listener: Listener | undefined;
  #url = '';
  #isOpen = false;

  /** `provesNames`: whether certificates are those of replicas; else they only name hosts. */
  constructor(webSockets: NodeWebSocketTransport, provesNames: boolean) {
    this.#webSockets = webSockets;
    this.#provesNames = provesNames;
    this.schemes = webSockets.schemes;
    this.frameBytesMax = webSockets.frameBytesMax;
  }

  /** Whether it answers those who come; before and after, somebody else must. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  async connect(address: string, options?: { readonly timeoutMs?: number }): Promise<Link> {
    const link = await this.#webSockets.connect(address, options);
    return this.#provesNames ? link : unproven(link);
  }

  async listen(_: string, onLink: (link: Link) => void): Promise<Listener> {
    this.#onLink = onLink;
    const address = (): string => this.#url;
    return {
      get address() {
        return address();
      },
      close: async () => {
        this.#onLink = undefined;
        this.#isOpen = false;
        await this.#listener?.close();
      },
    };
  }

  /** Takes links at this server from now on; `url` is how a peer writes it. */
  open(server: Server, url: string): void {
    this.#url = url;
    const onLink = (link: Link): void => {
      const take = this.#onLink;
      if (take === undefined) void link.close('this replica closes');
      else take(this.#provesNames ? link : unproven(link));
    };
    this.#isOpen = true;
    this.#listener = this.#webSockets.attach(server, { path: REPLICATE_PATH, onLink });
  }
}

/** The link as one whose certificate says nothing of the name of a replica. */
function unproven(link: Link): Link {
  if (link.provenName === undefined) return link;
  return {
    ...{ peer: link.peer, provenName: undefined },
    send: (frame) => link.send(frame),
    close: (why) => link.close(why),
    restrict: (bytesMax) => link.restrict?.(bytesMax),
    endedBecause: () => link.endedBecause(),
    [Symbol.asyncIterator]: () => link[Symbol.asyncIterator](),
  };
}
