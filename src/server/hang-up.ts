/**
 * The end of a connection that Node has handed over bare: what is left to say is said as HTTP, and nobody waits for the
 * other side to close too, which may never do so.
 */

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Sends the text, if that can be sent, and ends the connection. */
export function hangUp(socket: Duplex, text: string): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(text);
}

/** Answers a request for another protocol with a status, and hangs up; 426 names the one protocol there is. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const connection = status === 426 ? 'upgrade: websocket\r\nconnection: upgrade, close' : 'connection: close';
  hangUp(socket, `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${connection}\r\ncontent-length: 0\r\n\r\n`);
}
