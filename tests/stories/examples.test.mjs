// The example applications, as a person meets them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { Person } from '../kit/person.mjs';
import { freePort } from '../kit/port.mjs';
import { Server, john, root } from '../kit/server.mjs';

async function startExample(server, name, args) {
  const port = await freePort();
  const home = `http://localhost:${port}/`;
  const made = server.application('demo', name, ['--redirect-uri', `${home}callback`, '--post-logout-redirect-uri', home, ...args]);
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, `${root}examples/oidc-node/app.mjs`], { stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ISSUER: server.issuer(), CLIENT_ID: made.client_id, PORT: String(port), NAME: name, ...(made.client_secret && { CLIENT_SECRET: made.client_secret }) } });
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return { home, stop: () => child.kill() };
}

describe('oidc-node', () => {
  let server, first, second;
  before(async () => {
    server = await Server.start();
    first = await startExample(server, 'First', []);
    second = await startExample(server, 'Second', ['--public']);
  });
  after(async () => { first?.stop(); second?.stop(); await server?.stop(); });

  test('lets a person in, the second one without asking, and signs out', async () => {
    const person = new Person();
    assert.match((await person.go(first.home)).text, /Nobody is signed in/);
    assert.match((await person.signIn(`${first.home}sign-in`, john)).text, /Hello, John/);
    assert.match((await person.go(`${second.home}sign-in`)).text, /Hello, John/);
    assert.match((await person.go(`${first.home}sign-out`)).text, /Nobody is signed in/);
    assert.equal(String(person.at), first.home);
    await person.go(`${second.home}sign-out`);
    await person.go(`${second.home}sign-in`);
    assert.ok(person.form('login'), 'the session is gone');
  });

  test('says what went wrong when the answer is not its own', async () => {
    const page = await new Person().go(`${first.home}callback?code=x&state=y`);
    assert.equal(page.status, 400);
    assert.match(page.text, /It did not work/);
  });
});
