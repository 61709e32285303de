// Sessions: seen, ended, kept over a restart; guessing gets slower; signing out.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as oidc from 'openid-client';
import { begin, browser, complete, sampleOne, signIn, token } from '../kit/client.mjs';
import { hanako, john } from '../kit/server.mjs';
import { demo, onEachStore } from '../kit/stories.mjs';

const json = { Accept: 'application/json' };

onEachStore('sessions', (world) => {
  const silent = async (person) => {
    const reply = await person.send((await begin(world.one, { prompt: 'none' })).url);
    return new URL(reply.headers.location).searchParams.get('error') ?? 'in';
  };

  test('a person sees their sessions and ends one of them', async () => {
    const { person: here } = await signIn(world.one, john);
    const { person: there } = await signIn(world.one, john);
    const page = await here.go(`${world.issuer}/account`);
    const ends = page.forms.filter((form) => /\/account\/sessions\/.*\/end$/.test(form.action));
    assert.equal(ends.length, 2, page.text);
    const begun = await begin(world.one);
    const { sid } = (await complete(world.one, begun, (await there.send(begun.url)).headers.location)).claims();
    const form = ends.find(({ action }) => action.includes(sid));
    assert.ok(form, 'the other session is listed by its sid');
    await here.go(new URL(form.action, here.at), { form: form.fields, headers: { Origin: world.server.url, 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(await silent(there), 'login_required');
    assert.equal(await silent(here), 'in');
  });

  test('an administrator lists and ends the sessions of a person, a person not those of others', async () => {
    const { person, claims } = await signIn(world.one, john);
    const { person: administrator, claims: theirs } = await signIn(world.one, hanako);
    const sessions = (who) => `${world.server.issuer()}/api/v1/people/${who}/sessions`;
    assert.equal((await person.send(sessions(theirs.sub), { headers: json })).status, 403);
    const list = (await administrator.send(sessions(claims.sub), { headers: json })).json().sessions;
    assert.ok(list.some(({ id }) => id === claims.sid));
    const headers = { ...json, Origin: world.server.url, 'Sec-Fetch-Site': 'same-origin' };
    assert.equal((await administrator.send(`${sessions(claims.sub)}/${claims.sid}`, { method: 'DELETE', headers })).status, 204);
    assert.equal(await silent(person), 'login_required');
    assert.equal((await administrator.send(sessions(claims.sub), { method: 'DELETE', headers: { ...json, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' } })).status, 403);
  });

  test('end when the password is set anew, or the person disabled', async () => {
    const who = { login: 'saburo@demo.example', password: 'the river under nine bridges' };
    world.server.person('demo', who.login, { secret: who.password });
    const { person } = await signIn(world.one, who);
    assert.equal(await silent(person), 'in');
    world.server.command(['person', 'set-password', '--tenant', 'demo', '--login', who.login], { input: 'nine bridges over the river\n' });
    assert.equal(await silent(person), 'login_required');
    const { person: again } = await signIn(world.one, { ...who, password: 'nine bridges over the river' });
    world.server.command(['person', 'disable', '--tenant', 'demo', '--login', who.login]);
    world.server.command(['person', 'enable', '--tenant', 'demo', '--login', who.login]);
    assert.equal(await silent(again), 'login_required');
  });

  test('sign-out ends the session for every application', async () => {
    const { person } = await signIn(world.one, hanako);
    const twin = person.twin();
    await person.go(`${world.issuer}/sign-out`);
    await person.answer({ csrf: person.form('csrf').fields.csrf });
    assert.equal(person.page.status, 200);
    assert.equal(await silent(person), 'login_required');
    assert.equal(await silent(twin), 'login_required', 'the cookie alone is worth nothing');
  });

  test('an application signs the person out and gets them back', async () => {
    const { person, tokens } = await signIn(world.one, hanako);
    const url = oidc.buildEndSessionUrl(world.one.config, { id_token_hint: tokens.id_token,
      post_logout_redirect_uri: 'http://localhost:8091/', state: 'bye' });
    const reply = await person.send(url);
    assert.equal(reply.status, 303, reply.body);
    assert.equal(reply.headers.location, 'http://localhost:8091/?state=bye');
    assert.equal(await silent(person), 'login_required');
  });

  test('a logout without a hint asks first; one to a foreign address is refused', async () => {
    const { person } = await signIn(world.one, hanako);
    const asked = await person.go(`${world.issuer}/oauth2/logout?client_id=sample-one`);
    assert.equal(asked.status, 200);
    assert.match(asked.text, /Sign out\?/);
    assert.equal(await silent(person), 'in');
    const foreign = await person.send(`${world.issuer}/oauth2/logout?client_id=sample-one&post_logout_redirect_uri=https://evil.example/`);
    assert.equal(foreign.status, 400);
    assert.equal(foreign.headers.location, undefined);
  });

  test('a refresh token with offline_access outlives the session', async () => {
    const { person, tokens } = await signIn(world.one, hanako, { more: { scope: 'openid offline_access' } });
    await person.go(`${world.issuer}/sign-out`);
    await person.answer({ csrf: person.form('csrf').fields.csrf });
    // OIDC Core §11.
    assert.equal((await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).status, 200);
  });

  test('a restart keeps sessions, refresh tokens and journeys under way', async () => {
    const { person, tokens } = await signIn(world.one, hanako, { more: { scope: 'openid offline_access' } });
    const halfway = browser();
    const begun = await begin(world.one);
    await halfway.go(begun.url);
    await halfway.answer({ login: john.login });
    await world.server.restart();
    assert.equal(await silent(person), 'in');
    assert.equal((await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).status, 200);
    await halfway.answer({ password: john.password });
    assert.ok((await complete(world.one, begun, halfway.at)).claims().sub);
  });

  test('signing in again gives a new session cookie', async () => {
    const { person } = await signIn(world.one, hanako);
    const value = () => [...person.cookies.values()].find(({ name }) => /kidoban-demo$/.test(name)).value;
    const before = value();
    await person.signIn((await begin(world.one, { prompt: 'login' })).url, hanako);
    assert.notEqual(value(), before);
  });
});

describe('guessing', () => {
  const world = demo();

  test('gets slower, for the right password too, and a restart forgives nothing', async () => {
    const guess = async (password) => browser().signIn((await begin(world.one)).url, { login: john.login, password });
    let page;
    let wait = 0;
    const until = Date.now() + 60_000;
    while (wait < 8 && Date.now() < until) { // 2, 4, 8 seconds
      page = await guess('a guess');
      if (page.status !== 429) continue;
      wait = Number(page.headers['retry-after']);
      assert.match(page.text, /Too many attempts/);
      if (wait < 8) await sleep(wait * 1000 + 100);
    }
    assert.ok(wait >= 8, `the delay grows: ${wait}`);
    await world.server.restart();
    page = await guess(john.password);
    assert.equal(page.status, 429, 'still locked after the restart');
    assert.ok((await signIn(world.one, hanako)).claims.sub, 'others are not');
    await sleep(Number(page.headers['retry-after']) * 1000 + 200);
    assert.ok((await signIn(world.one, john)).claims.sub, 'never for good');
  });
});

describe('cookies', () => {
  const world = demo();
  test('are out of reach of scripts and other sites', async () => {
    const { person } = await signIn(world.one, hanako);
    const cookies = [...person.cookies.values()].filter(({ name }) => name.includes('kidoban'));
    assert.ok(cookies.length >= 1);
    for (const { line } of cookies) {
      assert.match(line, /HttpOnly/i);
      assert.match(line, /SameSite=Lax/i);
      assert.match(line, /Path=\//i);
      assert.doesNotMatch(line, /Domain=/i);
    }
  });
});
