// An Apache site behind mod_auth_openidc opens for whom Kidoban knows.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startApache } from '../kit/apache.mjs';
import { Person } from '../kit/person.mjs';
import { freePort } from '../kit/port.mjs';
import { Server, hanako } from '../kit/server.mjs';

describe('mod_auth_openidc', () => {
  let server, apache;
  before(async () => {
    server = await Server.start();
    const port = await freePort();
    const made = server.application('demo', 'Intranet', ['--redirect-uri', `http://localhost:${port}/callback`]);
    apache = await startApache({ port, issuer: server.issuer(), clientId: made.client_id, clientSecret: made.client_secret });
  });
  after(async () => { await apache?.stop(); await server?.stop(); });

  test('signs a person in and tells the site who it is', async () => {
    const person = new Person();
    const page = await person.signIn(`${apache.site}/`, hanako);
    assert.equal(page.status, 200, apache.log());
    assert.match(page.text, /Intranet/);
    assert.equal(page.headers['x-remote-user'], hanako.login);
  });

  test('asks nothing of a person who is signed in already', async () => {
    const person = new Person();
    await person.signIn(`${server.issuer()}/`, hanako);
    const page = await person.go(`${apache.site}/`);
    assert.match(page.text, /Intranet/, apache.log());
  });
});
