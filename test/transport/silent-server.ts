/** A server that takes connections and never says a word, and an address where nobody listens. */

import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export type SilentServer = { readonly port: number; readonly close: () => Promise<void> };

/** Takes connections on loopback and answers nothing, until it is closed. */
export async function silentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { port, close } = await silentServer();
  await close();
  return port;
}
