// What an operator meets when the ground is bad: a clear message, an exit code, nothing damaged.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { browser, begin, discover, sampleOne, signIn } from '../kit/client.mjs';
import { atEnd, temporaryFolder } from '../kit/folder.mjs';
import { Server, hanako, program, run } from '../kit/server.mjs';

const isRoot = process.getuid() === 0;
const serve = (data, more = [], options = {}) => run(['serve', '--data', data, '--listen', '127.0.0.1:0', ...more], { timeout: 30_000, ...options });
async function madeStore() {
  const server = await Server.start();
  await server.stop();
  return server;
}

describe('bad ground', () => {
  test('a busy port is named', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address();
    const done = run(['serve', '--data', join(temporaryFolder(), 'data'), '--listen', `127.0.0.1:${port}`], { timeout: 30_000 });
    taken.close();
    assert.equal(done.status, 5, done.stderr);
    assert.match(done.stderr, new RegExp(String(port)));
  });

  test('a wrong root key, a missing one and one that others may read stop it, and the right one works again', async () => {
    const server = await madeStore();
    const other = await madeStore();
    const key = join(server.data, 'root.key');
    const right = readFileSync(key);
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(statSync(server.data).mode & 0o777, 0o700);
    copyFileSync(join(other.data, 'root.key'), key);
    let done = serve(server.data);
    assert.equal(done.status, 4, done.stderr);
    assert.match(done.stderr, /key/);
    rmSync(key);
    done = serve(server.data);
    assert.equal(done.status, 4, done.stderr);
    assert.ok(!existsSync(key), 'no new key is made beside an old store');
    writeFileSync(key, right, { mode: 0o644 });
    chmodSync(key, 0o644);
    done = serve(server.data);
    assert.equal(done.status, 4, done.stderr);
    chmodSync(key, 0o600);
    await server.begin();
    assert.ok((await signIn(await discover(server.issuer(), sampleOne), hanako)).claims.sub);
    await server.stop();
  });

  test('a data folder that can\'t be written is named', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const data = join(folder, 'data');
    mkdirSync(data);
    let as;
    if (isRoot) { // root may write everywhere: be nobody, with a program nobody can read
      chownSync(data, 65534, 65534);
      copyFileSync(program, join(folder, 'kidoban'));
      chmodSync(join(folder, 'kidoban'), 0o755);
      as = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', join(folder, 'kidoban')];
    }
    chmodSync(data, 0o500);
    const args = ['serve', '--data', data, '--listen', '127.0.0.1:0'];
    let done;
    try {
      execFileSync(as ? as[0] : program, as ? [...as.slice(1), ...args] : args, { encoding: 'utf8', stdio: 'pipe', timeout: 30_000, cwd: folder });
    } catch (error) {
      done = error;
    }
    assert.ok(done, 'it must not start');
    assert.ok(done.status > 0, `exit code ${done.status} ${done.signal}`);
    assert.match(done.stderr, new RegExp(data));
    chmodSync(data, 0o700);
  });

  test('a full disk refuses, says so, and damages nothing', { skip: !isRoot && 'only root can mount a small disk' }, async () => {
    const disk = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    atEnd(() => execFileSync('umount', ['-l', disk]));
    const server = await Server.start({ data: join(disk, 'data') });
    const client = await discover(server.issuer(), sampleOne);
    const { person } = await signIn(client, hanako);
    const stone = join(disk, 'stone');
    try { execFileSync('dd', ['if=/dev/zero', `of=${stone}`, 'bs=4096'], { stdio: 'pipe' }); } catch { /* that is the point */ }
    const refused = [];
    for (let i = 0; i < 40 && refused.length === 0; ++i) {
      const reply = await browser().send((await begin(client)).url);
      if (reply.status >= 400 || new URL(reply.headers.location).searchParams.has('error')) refused.push(reply);
    }
    assert.ok(refused.length > 0, 'a journey can\'t be written for ever');
    assert.ok(refused[0].status === 503 || /temporarily_unavailable|server_error/.test(refused[0].headers.location), `${refused[0].status} ${refused[0].headers.location}`);
    assert.match(server.stderr, /full|space/i, 'the operator is told');
    assert.ok(server.running());
    rmSync(stone);
    assert.ok((await signIn(client, hanako)).claims.sub, 'it goes on when there is room');
    const reply = await person.send((await begin(client, { prompt: 'none' })).url);
    assert.ok(new URL(reply.headers.location).searchParams.has('code'));
    await server.stop();
    assert.equal(server.sql('pragma integrity_check'), 'ok');
  });

  test('a wrong setting is named, with its place', () => {
    const file = join(temporaryFolder(), 'kidoban.toml');
    writeFileSync(file, '[server]\nworkres = 4\n');
    let done = serve(temporaryFolder(), ['--config', file]);
    assert.equal(done.status, 2);
    assert.match(done.stderr, /line 2.*server\.workres/);
    done = serve(temporaryFolder(), [], { env: { KIDOBAN_SERVER_WORKERS: 'many' } });
    assert.equal(done.status, 2);
    assert.match(done.stderr, /KIDOBAN_SERVER_WORKERS/);
    done = serve(temporaryFolder(), ['--public-url', 'http://id.example.com']);
    assert.equal(done.status, 2);
    assert.match(done.stderr, /public_url/);
  });

  test('a store that is no store, and PostgreSQL that isn\'t there, are named', () => {
    const data = temporaryFolder();
    const key = join(data, 'root.key');
    writeFileSync(join(data, 'kidoban.db'), 'This is a letter, no store. '.repeat(300));
    writeFileSync(key, '', { mode: 0o600 });
    assert.ok(serve(data).status > 0);
    assert.match(readFileSync(join(data, 'kidoban.db'), 'utf8'), /^This is a letter/);
    const done = serve(join(temporaryFolder(), 'data'), ['--store', `host=${temporaryFolder()} dbname=none user=nobody`]);
    assert.equal(done.status, 3, done.stderr);
  });

  test('demonstration people never listen beyond this machine', () => {
    const done = run(['serve', '--demo', '--data', join(temporaryFolder(), 'data'), '--listen', '0.0.0.0:0', '--public-url', 'https://id.example.com'], { timeout: 30_000 });
    assert.ok(done.status > 0);
    assert.match(done.stderr, /demo/);
  });
});

describe('backup', () => {
  test('of a running store, restored elsewhere, opens with the same root key', async () => {
    const server = await Server.start();
    const client = await discover(server.issuer(), sampleOne);
    const { claims } = await signIn(client, hanako);
    const file = join(temporaryFolder(), 'backup');
    server.command(['backup', file]);
    await server.stop();
    rmSync(join(server.data, 'kidoban.db'));
    for (const end of ['-wal', '-shm']) rmSync(join(server.data, `kidoban.db${end}`), { force: true });
    server.command(['restore', file]);
    await server.begin();
    assert.equal((await signIn(client, hanako)).claims.sub, claims.sub);
    await server.stop();
  });
});
