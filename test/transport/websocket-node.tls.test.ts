import { createServer } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Link } from '../../src/transport/transport.ts';
import { type NodeTlsOptions, nodeWebSocketTransport } from '../../src/transport/websocket-node.ts';
import { hasOpenssl, newAuthority } from './certificates.ts';
import { listenWith, rigOf } from './node-kit.ts';
import { testTransportLaws } from './suite.ts';

const isPossible = hasOpenssl('nodeWebSocketTransport');

describe.runIf(isPossible)('nodeWebSocketTransport over TLS', () => {
  const authority = isPossible ? newAuthority() : undefined;
  const ca = authority?.ca ?? '';
  const sign = (subject: string, names?: string) => authority?.sign(subject, names) ?? { cert: '', key: '' };
  const berlin: NodeTlsOptions = { ...sign('/CN=berlin'), ca, peerCa: ca };

  describe('with certificates on both sides', () => {
    testTransportLaws(() => rigOf('wss:', { tls: berlin }, { connectorName: 'berlin', listenerName: 'berlin' }));
  });

  async function meet(listening: NodeTlsOptions, connecting: NodeTlsOptions, host = '127.0.0.1') {
    const accepted: Link[] = [];
    const listener = await listenWith({ tls: listening }, (link) => accepted.push(link), `wss://${host}:0`);
    const near = await nodeWebSocketTransport({ tls: connecting }).connect(listener.address);
    await near.send(Uint8Array.of(1));
    return { near, far: accepted[0] };
  }

  test('proves the names of both sides: the common name, or the first DNS name', async () => {
    const paris = sign('/O=Cairn/CN=paris');
    const rome = sign('/O=Cairn', 'IP:127.0.0.1,DNS:rome,DNS:localhost');
    const first = await meet(berlin, { ca, ...paris });
    expect([first.near.provenName, first.far?.provenName]).toEqual(['berlin', 'paris']);
    const second = await meet({ ...rome, peerCa: ca }, { ca, ...rome });
    expect([second.near.provenName, second.far?.provenName]).toEqual(['rome', 'rome']);
    const ambiguous = sign('/CN=berlin/CN=paris');
    const third = await meet(berlin, { ca, ...ambiguous });
    expect(third.far?.provenName).toBeUndefined();
  });

  test('asks for no certificate without peerCa', async () => {
    const { near, far } = await meet({ ...berlin, peerCa: undefined } as unknown as NodeTlsOptions, { ca });
    expect([near.provenName, far?.provenName]).toEqual(['berlin', undefined]);
  });

  test('lets nobody in without a certificate of peerCa, and goes nowhere without one of ca', async () => {
    const stranger = newAuthority();
    await expect(meet(berlin, { ca })).rejects.toMatchObject({ code: 'LINK_FAILED' });
    await expect(meet(berlin, { ca, ...stranger.sign('/CN=berlin') })).rejects.toMatchObject({ code: 'LINK_FAILED' });
    await expect(meet(berlin, { ...berlin, ca: stranger.ca })).rejects.toMatchObject({ code: 'LINK_FAILED' });
    await expect(meet(berlin, { cert: berlin.cert, key: berlin.key } as NodeTlsOptions)).rejects.toMatchObject({
      code: 'LINK_FAILED',
    });
  });

  test('checks the host of the address, or servername instead', async () => {
    const elsewhere = { ...sign('/CN=berlin', 'DNS:berlin.example'), peerCa: ca };
    await expect(meet(elsewhere, berlin)).rejects.toMatchObject({ code: 'LINK_FAILED' });
    const { near } = await meet(elsewhere, { ...berlin, servername: 'berlin.example' });
    expect(near.provenName).toBe('berlin');
  });

  test('proves nothing by a certificate that a server of others let in unverified', async () => {
    const { cert = '', key = '' } = berlin;
    const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const names: (string | undefined)[] = [];
    const listener = nodeWebSocketTransport().attach(server, {
      onLink: (link) => {
        names.push(link.provenName);
        void link.close();
      },
    });
    expect(listener.address).toMatch(/^wss:/);
    const stranger = newAuthority().sign('/CN=berlin');
    for (const tls of [{ ca }, { ca, ...stranger }, berlin]) {
      await (await nodeWebSocketTransport({ tls }).connect(listener.address)).close();
    }
    expect(names).toEqual([undefined, undefined, 'berlin']);
    server.close();
  });

  test('gives up a TLS handshake that does not come to an end', async () => {
    const listener = await listenWith({ tls: berlin, handshakeMs: 100 }, () => undefined, 'wss://127.0.0.1:0');
    const socket = connectTcp(Number(new URL(listener.address.replace('wss', 'https')).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
  });
});
