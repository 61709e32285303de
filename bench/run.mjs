// scripts/bench: Kidoban on both stores, its floor, and oidc-provider, one after another on this machine.
import { spawn, execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
process.env.KIDOBAN ??= join(root, 'build/release/src/kidoban');
const [{ Server, password, run }, { postgresDatabase }, { temporaryFolder }, { Person }, { send }] = await Promise.all(
  ['server', 'postgres', 'folder', 'person', 'http'].map((name) => import(`../tests/kit/${name}.mjs`)));

const only = process.argv.find((one) => one.startsWith('--only='))?.slice(7).split(',');
const quick = process.argv.includes('--quick') || only !== undefined;
const seconds = quick ? 1 : 5;
const loads = [16, 64];
const program = (name) => join(process.env.KIDOBAN_TEST_BENCH_PROGRAMS ?? join(root, 'build/release/bench'), name);
const secret = 'a-benchmark-secret-of-forty-characters!!';
const redirect = 'http://localhost:9/callback'; // nobody goes there
const flows = ['discovery', 'client_credentials', 'code', 'password', 'refresh', 'introspection', 'userinfo'].filter((one) => !only || only.includes(one));
const say = (text) => process.stderr.write(`${text}\n`);

// Seconds of CPU that a process has used, and those below it when asked for.
function cpu(pid, { below = false } = {}) {
  const of = (stat) => { const f = stat.slice(stat.lastIndexOf(')') + 2).split(' '); return { parent: Number(f[1]), used: (Number(f[11]) + Number(f[12])) / 100 }; };
  if (!below) return of(readFileSync(`/proc/${pid}/stat`, 'utf8')).used;
  let sum = 0;
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const { parent, used } = of(readFileSync(`/proc/${name}/stat`, 'utf8'));
      if (parent === pid || Number(name) === pid) sum += used;
    } catch { /* it ended meanwhile */ }
  }
  return sum;
}
const memory = (pid, what = 'VmRSS') => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

// One measurement: → {perSecond, p50, p99, cpuUs, databaseCpuUs, failed}
async function load(pid, settings, database) {
  const child = spawn(program('kidoban_load'), Object.entries({ seconds, secret, redirect, password, ...settings }).map(([name, value]) => `${name}=${value}`),
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).value !== 'ready') return undefined;
  const before = cpu(pid);
  const databaseBefore = database ? cpu(database, { below: true }) : 0;
  child.stdin.end('go\n');
  const { value } = await lines.next();
  if (!value) return undefined;
  const result = JSON.parse(value);
  const each = (used) => (1e6 * used) / Math.max(1, result.flows);
  return { perSecond: result.flows / result.seconds, p50: result.p50_ms, p99: result.p99_ms, failed: result.failed,
    cpuUs: each(cpu(pid) - before), databaseCpuUs: database ? each(cpu(database, { below: true }) - databaseBefore) : undefined };
}

async function loadAll(name, pid, where, cookies, skip = [], database) {
  const results = {};
  const numbered = Object.fromEntries(cookies.map((line, i) => [`cookie${i}`, line]));
  for (const flow of flows) {
    if (skip.includes(flow)) continue;
    results[flow] = {};
    for (const connections of loads) {
      const client = flow === 'client_credentials' ? 'machine' : 'bench';
      const secretOf = where.secrets?.[client] ?? secret;
      const got = await load(pid, { flow, connections, client, ...where, secrets: undefined, secret: secretOf, cookies: cookies.length, ...numbered }, database);
      results[flow][connections] = got;
      say(`${name} ${flow} ${connections}: ${got ? `${got.perSecond.toFixed(0)}/s, p99 ${got.p99.toFixed(1)} ms, ${got.cpuUs.toFixed(0)} us CPU${got.failed ? `, ${got.failed} failed` : ''}` : 'failed'}`);
    }
  }
  return results;
}

// Start-up to the first answer on a store that is there: the median of five, in milliseconds.
async function startUp(args) {
  const port = (await (await import('../tests/kit/port.mjs')).freePort());
  const times = [];
  for (let i = 0; i < 5; ++i) {
    const begun = process.hrtime.bigint();
    const child = spawn(process.env.KIDOBAN, ['serve', ...args, '--listen', `127.0.0.1:${port}`], { stdio: 'ignore' });
    for (;;) {
      try {
        await send(`http://localhost:${port}/readyz`, { agent: false });
        break;
      } catch {
        if (child.exitCode !== null) throw new Error('kidoban ended');
        await sleep(1);
      }
    }
    times.push(Number(process.hrtime.bigint() - begun) / 1e6);
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
  }
  return times.sort((a, b) => a - b)[2];
}

async function kidoban(store) {
  const database = store === 'postgres' ? await postgresDatabase({ durable: true }) : undefined;
  const data = join(temporaryFolder('kidoban-bench'), 'data');
  const storeArgs = ['--data', data, ...(database ? ['--store', database.conninfo] : [])];
  const server = await Server.start({ data, args: database ? ['--store', database.conninfo] : [], env: { KIDOBAN_SERVER_TRUSTED_PROXIES: '127.0.0.1', KIDOBAN_LOG_LEVEL: 'info' } });
  await server.restart(); // making the demonstration people took memory
  server.child.stderr.removeAllListeners('data').resume(); // a line a request: thrown away, as it is kept by somebody else
  server.storeArgs = storeArgs;
  const idle = memory(server.pid);
  const secrets = {
    bench: server.application('demo', 'Bench', ['--client-id', 'bench', '--redirect-uri', redirect]).client_secret,
    machine: server.application('demo', 'Machine', ['--client-id', 'machine', '--grant', 'client_credentials']).client_secret,
  };
  for (let i = 0; i < Math.max(...loads); ++i) server.person('demo', `person${i}@demo.example`);
  const cookies = [];
  for (let i = 0; i < Math.max(...loads); ++i) {
    const person = new Person();
    await person.signIn(`${server.issuer()}/`, { login: `person${i}@demo.example`, password });
    cookies.push(person.cookieHeader(server.issuer()));
  }
  const at = (path) => `/t/demo${path}`;
  const where = { port: server.port, authorize: at('/oauth2/authorize'), token: at('/oauth2/token'), introspect: at('/oauth2/introspect'),
    userinfo: at('/oauth2/userinfo'), discovery: at('/.well-known/openid-configuration'), secrets };
  const results = await loadAll(`kidoban ${store}`, server.pid, where, cookies, [], database?.pid);
  const loaded = memory(server.pid, 'VmHWM');
  await server.stop();
  return { results, idle, loaded, startUp: await startUp(storeArgs), floor: floor(store, database) };
}

function floor(store, database) {
  const target = store === 'postgres' ? database.conninfo : join(temporaryFolder('kidoban-floor'), 'floor.db');
  // Its table is its own; in PostgreSQL the server's database has it beside the others.
  const out = execFileSync(program('kidoban_floor'), [store, target, String(quick ? 1 : 3), '16', ...flows], { encoding: 'utf8' });
  return Object.fromEntries(out.trim().split('\n').map((line) => JSON.parse(line)).map((one) => [one.flow, one]));
}

async function peer() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('peer.mjs', import.meta.url))],
    { env: { ...process.env, NODE_ENV: 'production', BENCH_SECRET: secret }, stdio: ['ignore', 'pipe', 'ignore'] });
  process.on('exit', () => child.kill());
  const begun = process.hrtime.bigint();
  const { port } = JSON.parse((await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()).value);
  await send(`http://localhost:${port}/.well-known/openid-configuration`);
  const up = Number(process.hrtime.bigint() - begun) / 1e6;
  const idle = memory(child.pid);
  const cookies = [];
  for (let i = 0; i < Math.max(...loads); ++i) {
    const person = new Person({ stopAt: [redirect] });
    await person.signIn(`http://localhost:${port}/auth?client_id=bench&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(redirect)}` +
      '&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', { login: `person${i}`, password: 'x' });
    cookies.push(person.cookieHeader(`http://localhost:${port}/`));
  }
  const where = { port, authorize: '/auth', token: '/token', introspect: '/token/introspection', userinfo: '/me', discovery: '/.well-known/openid-configuration' };
  // Its development sign-in page checks no password, so there is nothing to compare.
  const results = await loadAll('oidc-provider', child.pid, where, cookies, ['password']);
  const loaded = memory(child.pid, 'VmHWM');
  child.kill();
  return { results, idle, loaded, startUp: up };
}

const ratio = (a, b) => (a !== undefined && b ? `${(a / b).toFixed(a / b < 10 ? 1 : 0)}×` : '–');
function table(store, mine, theirs) {
  const lines = [`## ${store === 'sqlite' ? 'SQLite (embedded, synchronous=FULL)' : 'PostgreSQL 15 (fsync on, unix socket)'}`, '',
    `| flow | connections | flows/s | of oidc-provider's | p50 | p99 | CPU a flow | of the floor's${store === 'postgres' ? ' | PostgreSQL\'s CPU a flow' : ''} |`,
    `| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---:${store === 'postgres' ? ' | ---:' : ''} |`];
  for (const flow of flows) for (const connections of loads) {
    const got = mine.results[flow][connections];
    if (!got) { lines.push(`| ${flow} | ${connections} | failed |`); continue; }
    lines.push(`| ${flow} | ${connections} | ${got.perSecond.toFixed(0)}${got.failed ? ` (${got.failed} failed)` : ''} | ${ratio(got.perSecond, theirs?.results[flow]?.[connections]?.perSecond)} | ${got.p50.toFixed(1)} ms | ${got.p99.toFixed(1)} ms | ` +
      `${got.cpuUs.toFixed(0)} µs | ${ratio(got.cpuUs, mine.floor[flow]?.cpu_us)}${store === 'postgres' ? ` | ${got.databaseCpuUs.toFixed(0)} µs` : ''} |`);
  }
  lines.push('', `Start-up to the first answer ${mine.startUp.toFixed(0)} ms (oidc-provider ${ratio(theirs?.startUp, mine.startUp)} of that), resident memory idle ` +
    `${mine.idle.toFixed(0)} MiB (${ratio(theirs?.idle, mine.idle)}), at its highest ${mine.loaded.toFixed(0)} MiB (${ratio(theirs?.loaded, mine.loaded)}).`, '');
  return lines.join('\n');
}

if (process.argv.includes('--peer')) { await peer(); process.exit(0); }
const version = run(['--version']).stdout.trim();
const mine = {};
for (const store of ['sqlite', 'postgres']) if (!only || !['sqlite', 'postgres'].some((one) => only.includes(one)) || only.includes(store)) mine[store] = await kidoban(store);
const theirs = only && !only.includes('peer') ? undefined : await peer();
const text = `# How fast it is

\`scripts/bench\`, ${version}, one process, ${cpus().length} cores shared with the load generator and (there) PostgreSQL, over loopback, ${seconds} s a
measurement. Believe the ratios; the rest depends on the machine. The floor is what a flow can't do without:
its signatures, its password hash and its commits, with nothing around them (\`bench/floor.cpp\`), in the same run.
oidc-provider is the npm package with everything in memory: it has no store to wait for, so its refresh, code
and client_credentials are not durable; its sign-in page checks no password (\`bench/peer.mjs\`).
A \`password\` flow is six requests: both pages loaded and filled in, and the code redeemed.

${Object.entries(mine).map(([store, of]) => table(store, of, theirs)).join('\n')}`;
if (quick) process.stdout.write(text);
else {
  // Sections that other programs measure (README.md) stay as they stand.
  const file = join(root, 'bench/RESULTS.md');
  const others = /\n## (?:Search|The directory)\n[^]*/.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
  writeFileSync(file, text.trimEnd() + '\n' + others);
}
process.exit(0);
