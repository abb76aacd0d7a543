/**
 * The transport port: frames of bytes to and from one peer, in order, with back-pressure. A transport knows nothing of
 * what the frames mean; it may lose a link at any moment, and the protocols above take that for an interrupted exchange.
 */

/** One open link. Iterating gives the peer's frames until the link is closed by either side. */
export type Link = AsyncIterable<Uint8Array> & {
  /** The name or address the link was opened with, for people. */
  readonly peer: string;
  /** Answers when the link can take another frame. */
  readonly send: (frame: Uint8Array) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type Transport = {
  /** The largest frame a link carries. */
  readonly frameBytesMax: number;
  readonly connect: (address: string) => Promise<Link>;
  /** Calls `onLink` for each link a peer opens; returns the end of listening. */
  readonly listen: (address: string, onLink: (link: Link) => void) => Promise<() => Promise<void>>;
};
