// Bytes nobody honest sends.
import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { send } from '../kit/http.mjs';
import { demo } from '../kit/stories.mjs';

describe('the edge', () => {
  const world = demo();
  // Sends bytes as they are, → the status line of the answer, '' where the connection was closed without one.
  const raw = (bytes, { wait = 15_000 } = {}) => new Promise((resolve, reject) => {
    const socket = net.connect(world.server.port, '127.0.0.1');
    let got = '';
    const timer = setTimeout(() => { socket.destroy(); reject(new Error(`no end: ${got.slice(0, 200)}`)); }, wait);
    const done = () => { clearTimeout(timer); resolve(got.split('\r\n')[0]); };
    socket.on('data', (part) => { got += part; if (got.includes('\r\n\r\n')) { socket.destroy(); done(); } });
    socket.on('error', () => {});
    socket.on('close', done);
    socket.write(bytes);
  });
  const get = (path, headers = '') => `GET ${path} HTTP/1.1\r\nHost: localhost:${world.server.port}\r\n${headers}\r\n`;

  test('a header of 60 KiB is read, one of 80 KiB is 431', async () => {
    assert.match(await raw(get('/healthz', `Authorization: Negotiate ${'A'.repeat(60_000)}\r\n`)), / 200 /);
    assert.match(await raw(get('/healthz', `Authorization: Negotiate ${'A'.repeat(80_000)}\r\n`)), / 431 |^$/);
  });

  test('a body over its route\'s limit is 413', async () => {
    const reply = await send(`${world.issuer}/oauth2/token`, { form: { grant_type: 'x'.repeat(200_000) } });
    assert.equal(reply.status, 413);
    assert.match(await raw(`POST /t/demo/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999999\r\n\r\n`), / 413 | 400 |^$/);
  });

  test('what isn\'t HTTP is refused', async () => {
    for (const bytes of ['\x16\x03\x01\x02\x00\x01\x00', 'GET\r\n\r\n', `GET /healthz HTTP/1.1\r\n\r\n`, get('/healthz', 'Bad Header: x\r\n'), get('/health\0z')]) {
      assert.match(await raw(bytes), / 400 | 408 |^$/, JSON.stringify(bytes.slice(0, 40)));
    }
  });

  test('two lengths, or a length and chunks, are refused', async () => {
    const head = `POST /t/demo/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    assert.match(await raw(`${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`), / 400 |^$/);
    assert.match(await raw(`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), / 400 |^$/);
  });

  test('paths lead nowhere but where they say', async () => {
    for (const path of ['/nowhere', '/t/nobody/', '/t/demo/../../etc/passwd', '/t/demo/assets/..%2f..%2froot.key', '/t/demo/sign-in/not-an-id', '/t/%00/', '/assets/kidoban.css']) {
      const status = Number((await raw(get(path))).split(' ')[1]);
      assert.ok([400, 404, 410].includes(status), `${path}: ${status}`);
    }
  });

  test('a wrong method is told which ones there are', async () => {
    const reply = await send(`${world.issuer}/oauth2/token`);
    assert.equal(reply.status, 405);
    assert.match(reply.headers.allow, /POST/);
  });

  test('forms that are no forms are malformed, in the protocol\'s words', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    for (const body of ['grant_type=%zz', 'grant_type=%ff%fe', 'a&'.repeat(500), 'grant_type=a%00b']) {
      const reply = await send(`${world.issuer}/oauth2/token`, { method: 'POST', headers, body });
      assert.equal(reply.status, 400, body.slice(0, 20));
      assert.match(reply.json().error, /^(invalid_request|unsupported_grant_type)$/);
    }
    const json = await send(`${world.issuer}/oauth2/token`, { json: { grant_type: 'client_credentials' } });
    assert.deepEqual([json.status, json.json().error], [400, 'invalid_request']);
  });

  test('a client that never ends its header is let go', { timeout: 60_000 }, async () => {
    await raw(`GET /healthz HTTP/1.1\r\nHost: local`, { wait: 40_000 });
  });

  test('a forwarded host or proto from nobody we trust is not believed', async () => {
    const reply = await send(`${world.issuer}/.well-known/openid-configuration`, { headers: { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https', Forwarded: 'host=evil.example' } });
    assert.doesNotMatch(reply.body, /evil/);
  });

  test('it stands after all this', async () => {
    assert.equal((await send(`${world.server.url}/readyz`)).status, 200);
  });
});

describe('stopping', () => {
  const world = demo();
  test('finishes what is in flight', async () => {
    const replies = Array.from({ length: 20 }, () => send(`${world.issuer}/.well-known/openid-configuration`));
    await replies[0];
    const stopped = world.server.stop();
    const settled = await Promise.allSettled(replies);
    assert.equal(await stopped, 0);
    for (const one of settled) if (one.status === 'fulfilled') assert.equal(one.value.status, 200);
    assert.ok(settled.filter(({ status }) => status === 'fulfilled').length >= 1);
  });
});
