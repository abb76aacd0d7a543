/**
 * Hosts of their own on one machine: a network namespace for each, and a switch between them. A host is unplugged by
 * taking its port off the switch, so its packets are dropped and nobody is told: no RST, no FIN, no ICMP, carrier up.
 */

import { execFileSync } from 'node:child_process';

const NETWORK = '10.231.7';

/** Hosts by name, and the switch. Needs root and `ip`. */
export class Namespaces {
  readonly #prefix: string = `cairn${process.pid}`;
  readonly #hosts: readonly string[];
  readonly #made: string[] = [];

  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
    try {
      this.#make('hub');
      this.#hub('link', 'add', 'br0', 'type', 'bridge');
      this.#hub('link', 'set', 'br0', 'up');
      for (const host of hosts) {
        this.#make(host);
        const space = this.#name(host);
        this.#hub('link', 'add', portOf(host), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
        this.#hub('link', 'set', portOf(host), 'master', 'br0', 'up');
        ip('-n', space, 'addr', 'add', `${this.address(host)}/24`, 'dev', 'eth0');
        for (const device of ['eth0', 'lo']) ip('-n', space, 'link', 'set', device, 'up');
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Why there can be none here; undefined when there can. */
  static lacking(): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces are of Linux';
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    try {
      ip('-V');
    } catch {
      return 'there is no command `ip`: install iproute2';
    }
    return undefined;
  }

  address(host: string): string {
    return `${NETWORK}.${this.#hosts.indexOf(host) + 1}`;
  }

  /** What to run before a command, so that it runs on the host. */
  on(host: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.#name(host)];
  }

  unplug(host: string): void {
    this.#hub('link', 'set', portOf(host), 'nomaster');
  }

  plug(host: string): void {
    this.#hub('link', 'set', portOf(host), 'master', 'br0');
  }

  close(): void {
    for (const space of this.#made.splice(0).reverse()) ip('netns', 'del', space);
  }

  #make(host: string): void {
    const space = this.#name(host);
    ip('netns', 'add', space);
    this.#made.push(space);
  }

  #hub(...args: readonly string[]): void {
    ip('-n', this.#name('hub'), ...args);
  }

  #name(host: string): string {
    return `${this.#prefix}-${host}`;
  }
}

function portOf(host: string): string {
  return `port-${host}`;
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 20_000 });
}
