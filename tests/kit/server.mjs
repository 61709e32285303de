// The real program, started for a test: waits until it listens, keeps its log, ends with the test.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd, temporaryFolder } from './folder.mjs';
import { forgetConnections } from './http.mjs';
import { postgresDatabase } from './postgres.mjs';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const program = process.env.KIDOBAN ?? ['check', 'release'].map((preset) => join(root, 'build', preset, 'src/kidoban')).find(existsSync)
  ?? join(root, 'build/check/src/kidoban');
export const password = 'gate of the lantern street';
export const hanako = { login: 'hanako@demo.example', password };
export const john = { login: 'john@demo.example', password };

const environment = (more = {}) => {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KIDOBAN') && name !== 'NODE_OPTIONS'));
  return { ...clean, ...more };
};

// Runs the program to its end: → {status, signal, stdout, stderr}.
export function run(args, { env, input, as, timeout = 120_000 } = {}) {
  const [first, ...rest] = [...(as ?? []), program, ...args];
  const done = spawnSync(first, rest, { env: environment(env), input: input ?? '', encoding: 'utf8', timeout });
  forgetConnections();
  if (done.error) throw done.error;
  return done;
}

export class Server {
  // store: 'sqlite' | 'postgres'; args, env: more of them; secure: {certificate, key}; as: a command to run it under.
  static async start({ store = 'sqlite', demo = true, data, args = [], env = {}, secure, as = [] } = {}) {
    const server = new Server();
    server.data = data ?? join(temporaryFolder(), 'data');
    server.store = store;
    server.secure = secure;
    server.as = as;
    server.env = environment(env);
    server.storeArgs = ['--data', server.data];
    if (store === 'postgres') {
      server.database = await postgresDatabase();
      server.storeArgs.push('--store', server.database.conninfo);
    }
    server.args = [...(demo ? ['--demo'] : []), ...args, ...(secure ? ['--tls-certificate', secure.certificate, '--tls-key', secure.key] : [])];
    server.log = [];
    server.stderr = '';
    server.stdout = '';
    server.port = 0;
    atEnd(() => { if (server.running()) process.kill(server.child.pid, 'SIGKILL'); });
    await server.begin();
    return server;
  }

  running() { return this.child && this.child.exitCode === null && this.child.signalCode === null; }

  // Starts it (again): on the port it had, so that the issuer stays.
  async begin() {
    const [first, ...rest] = ['setpriv', '--pdeathsig', 'KILL', ...this.as, program, 'serve', ...this.storeArgs,
      '--listen', `127.0.0.1:${this.port}`, ...this.args];
    const child = spawn(first, rest, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    child.stdout.on('data', (part) => { this.stdout += part; });
    let unfinished = '';
    const said = [];
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`kidoban doesn't listen after 60 s:\n${said.join('\n')}`)), 60_000);
      child.stderr.on('data', (part) => {
        this.stderr += part;
        unfinished += part;
        const lines = unfinished.split('\n');
        unfinished = lines.pop();
        for (const line of lines) {
          said.push(line);
          let record;
          try { record = JSON.parse(line); } catch { continue; }
          this.log.push(record);
          if (record.event !== 'listening') continue;
          this.port = Number(record.address.split(':').pop());
          clearTimeout(timer);
          resolve();
        }
      });
      child.on('error', reject);
      child.on('exit', (code, signal) => { clearTimeout(timer); reject(new Error(`kidoban ended (${code ?? signal}):\n${said.join('\n')}`)); });
    });
    this.url = `${this.secure ? 'https' : 'http'}://localhost:${this.port}`;
  }

  get pid() { return this.child.pid; }
  issuer(slug = 'demo') { return `${this.url}/t/${slug}`; }

  async end(signal) {
    if (!this.running()) return this.child.exitCode;
    const gone = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill(signal);
    const code = await gone;
    // A sanitizer's finding anywhere in a story fails the story that stops the server.
    assert.ok(!/(ERROR: (Address|Leak)Sanitizer|runtime error:)/.test(this.stderr), this.stderr.slice(-8000));
    return code;
  }
  stop() { return this.end('SIGTERM'); }
  kill() { return this.end('SIGKILL'); }
  async restart() {
    await this.stop();
    await this.begin();
  }

  // A subcommand on the same store: → its JSON. Fails the test when it fails.
  command(args, options = {}) {
    const done = run([...args, ...this.storeArgs, '--json'], { env: this.env, ...options });
    assert.equal(done.status, 0, `kidoban ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.trim() ? JSON.parse(done.stdout) : undefined;
  }
  tenant(slug, name = slug) { return this.command(['tenant', 'create', '--slug', slug, '--name', name]); }
  person(tenant, login, { name = login, administrator = false, secret = password } = {}) {
    return this.command(['person', 'create', '--tenant', tenant, '--login', login, '--name', name, '--password-stdin',
      ...(administrator ? ['--administrator'] : [])], { input: `${secret}\n` });
  }
  application(tenant, name, args) { return this.command(['application', 'create', '--tenant', tenant, '--name', name, ...args]); }

  // SQL on the store itself, behind the program's back.
  sql(statement) {
    if (this.store === 'postgres') return this.database.sql(statement);
    return execFileSync('sqlite3', ['-cmd', '.timeout 10000', join(this.data, 'kidoban.db'), statement], { encoding: 'utf8' }).trim();
  }

  // Resident memory now, in KiB.
  memory() { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1]); }
}
