// With a certificate of its own Kidoban speaks TLS, and its cookies are bound to the host.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as oidc from 'openid-client';
import { browser, sampleOne, signIn } from '../kit/client.mjs';
import { temporaryFolder } from '../kit/folder.mjs';
import { send } from '../kit/http.mjs';
import { Server, hanako } from '../kit/server.mjs';

describe('TLS', () => {
  let server, ca;
  before(async () => {
    const folder = temporaryFolder();
    const secure = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost', '-keyout', secure.key, '-out', secure.certificate], { stdio: 'pipe' });
    ca = readFileSync(secure.certificate);
    server = await Server.start({ secure });
  });
  after(() => server?.stop());

  test('a person signs in over it', async () => {
    const fetch = async (url, { method, headers, body }) => {
      const reply = await send(url, { method, headers: Object.fromEntries(new Headers(headers)), body: body && String(body), ca });
      return new Response(reply.body, { status: reply.status, headers: Object.entries(reply.headers).map(([name, value]) => [name, String(value)]) });
    };
    const config = await oidc.discovery(new URL(server.issuer()), sampleOne.id, undefined, oidc.ClientSecretBasic(sampleOne.secret), { [oidc.customFetch]: fetch });
    config[oidc.customFetch] = fetch;
    const { claims, person } = await signIn({ config, app: sampleOne }, hanako, { person: browser({ ca }) });
    assert.equal(claims.iss, `https://localhost:${server.port}/t/demo`);
    const names = [...person.cookies.values()].map(({ name }) => name);
    assert.ok(names.includes('__Host-kidoban-demo'), names.join(' '));
    for (const { name, line } of person.cookies.values()) {
      assert.match(name, /^__Host-/);
      assert.match(line, /Secure/i);
      assert.match(line, /Path=\/(;|$)/i);
    }
  });

  test('pages ask browsers to stay with it', async () => {
    const page = await browser({ ca }).go(`${server.issuer()}/`);
    assert.match(page.headers['strict-transport-security'], /max-age=\d{7,}/);
  });

  test('TLS 1.1 is refused, 1.2 and 1.3 are taken', () => {
    const ends = (version) => spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, version, '-CAfile', server.secure.certificate,
      '-cipher', 'DEFAULT@SECLEVEL=0'], { input: '', encoding: 'utf8', timeout: 20_000 });
    assert.notEqual(ends('-tls1_1').status, 0);
    for (const version of ['-tls1_2', '-tls1_3']) assert.equal(ends(version).status, 0, version);
  });

  test('plain http at the TLS port ends at once', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.on('error', () => {});
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('still open')), 15_000);
      socket.on('close', () => { clearTimeout(timer); resolve(); });
      socket.resume();
    });
  });
});
