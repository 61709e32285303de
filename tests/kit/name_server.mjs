// A real name server (NSD) for a story, on a loopback port of its own; and one that never answers.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { atEnd, temporaryFolder } from './folder.mjs';
import { freePort } from './port.mjs';

export class NameServer {
  static async start(zones = {}) {
    const server = new NameServer();
    server.folder = temporaryFolder();
    server.port = await freePort();
    atEnd(() => server.child?.kill('SIGKILL'));
    await server.publish(zones);
    return server;
  }
  get address() { return `127.0.0.1:${this.port}`; }

  // Zones by name, with records as a zone file has them; 'broken' for one that answers SERVFAIL. Takes the place of what was.
  async publish(zones) {
    await this.stop();
    const conf = [`server:\n  ip-address: 127.0.0.1@${this.port}\n  username: ""\n  chroot: ""\n  server-count: 1\n  database: ""`,
      `  zonesdir: "${this.folder}"\n  pidfile: "${this.folder}/pid"\n  xfrdfile: ""\n  xfrdir: "${this.folder}"`,
      `  zonelistfile: "${this.folder}/zones"\n  logfile: "${this.folder}/log"\nremote-control:\n  control-enable: no`];
    for (const [name, records] of Object.entries(zones)) {
      conf.push(`zone:\n  name: "${name}"\n  zonefile: "${records === 'broken' ? 'missing' : `${name}.zone`}"`);
      writeFileSync(join(this.folder, `${name}.zone`), `$ORIGIN ${name}.\n$TTL 0\n@ SOA ns hostmaster 1 60 60 60 0\n@ NS ns\nns A 127.0.0.1\n${records}\n`);
    }
    writeFileSync(join(this.folder, 'nsd.conf'), `${conf.join('\n')}\n`);
    this.child = spawn('setpriv', ['--pdeathsig', 'TERM', '/usr/sbin/nsd', '-d', '-c', join(this.folder, 'nsd.conf')], { stdio: 'ignore' });
    this.child.on('error', () => {});
    for (let tries = 0; tries < 500; ++tries) {
      if (await this.#listens()) return;
      await wait(20);
    }
    throw new Error("NSD doesn't listen");
  }
  #listens() {
    return new Promise((resolve) => {
      const socket = net.connect(this.port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
  }
  async stop() {
    if (!this.child || this.child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGTERM');
    await gone;
  }
}

export async function silentServer() {
  const socket = dgram.createSocket('udp4');
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}
