// Everything that is refused, in the words of the protocol that asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begin, browser, codeFor, discover, errorOf, redeem, sampleOne, sampleTwo, signIn, token } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako, john } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const refused = (reply, status, error) => assert.deepEqual([reply.status, errorOf(reply)], [status, error], reply.body);
const error = (url) => new URL(url).searchParams.get('error');

onEachStore('at the sign-in page', (world) => {
  test('a wrong password and an unknown person read alike', async () => {
    const texts = [];
    for (const login of [hanako.login, 'nobody@demo.example']) {
      const page = await browser().signIn((await begin(world.one)).url, { login, password: 'not this one' });
      assert.equal(page.status, 403);
      texts.push(page.text.replaceAll(login, 'X'));
    }
    assert.equal(texts[0], texts[1]);
    assert.match(texts[0], /isn.t right/);
  });

  test('a disabled person is refused like a wrong password', async () => {
    world.server.person('demo', 'jiro@demo.example');
    world.server.command(['person', 'disable', '--tenant', 'demo', '--login', 'jiro@demo.example']);
    const page = await browser().signIn((await begin(world.one)).url, { ...hanako, login: 'jiro@demo.example' });
    assert.equal(page.status, 403);
  });

  test('a form without its csrf value is not taken', async () => {
    const person = browser();
    await person.go((await begin(world.one)).url);
    const reply = await person.send(person.at, { form: { step: 'identify', login: hanako.login },
      headers: { Origin: person.at.origin, 'Sec-Fetch-Site': 'same-origin' } });
    assert.match(reply.body, /name="csrf"/); // the same page again …
    await person.go(person.at);
    assert.ok('login' in person.form('login').fields, 'still the first step'); // … and nothing happened
  });

  test('another site cannot send the form', async () => {
    const person = browser();
    await person.go((await begin(world.one)).url);
    const { fields } = person.form('login');
    for (const headers of [{ Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
      const reply = await person.send(person.at, { form: { ...fields, login: hanako.login }, headers });
      assert.equal(reply.status, 403, JSON.stringify(headers));
    }
    await person.go(person.at);
    assert.ok('login' in person.form('login').fields, 'still the first step');
  });

  test('a journey belongs to the browser it began in', async () => {
    const person = browser();
    await person.go((await begin(world.one)).url);
    const stranger = browser();
    assert.equal((await stranger.go(person.at)).status, 410);
  });

  test('sign-out without the csrf value ends nothing', async () => {
    const { person } = await signIn(world.one, hanako);
    const reply = await person.send(`${world.issuer}/sign-out`, { form: { then: '' }, headers: { Origin: world.server.url, 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(reply.status, 403);
    assert.match((await person.go(`${world.issuer}/`)).text, /Sample One/);
  });
});

onEachStore('at the authorization endpoint', (world) => {
  test('an unknown client and a foreign redirect URI show a page and lead nowhere', async () => {
    const changes = [['client_id', 'nobody'], ['redirect_uri', 'https://evil.example/callback'],
      ['redirect_uri', `${sampleOne.redirectUri}/`], ['redirect_uri', `${sampleOne.redirectUri}?x=1`], ['redirect_uri', 'http://localhost:8092/callback']];
    for (const [name, value] of changes) {
      const { url } = await begin(world.one);
      url.searchParams.set(name, value);
      const reply = await browser().send(url);
      assert.equal(reply.status, 400, `${name}=${value}`);
      assert.equal(reply.headers.location, undefined);
      assert.match(reply.body, /developer/);
    }
  });

  const cases = [
    ['PKCE missing', (q) => { q.delete('code_challenge'); q.delete('code_challenge_method'); }, 'invalid_request'],
    ['PKCE plain', (q) => q.set('code_challenge_method', 'plain'), 'invalid_request'],
    ['the implicit flow', (q) => q.set('response_type', 'token'), 'unsupported_response_type'],
    ['the hybrid flow', (q) => q.set('response_type', 'code id_token'), 'unsupported_response_type'],
    ['prompt=none without a session', (q) => q.set('prompt', 'none'), 'login_required'],
    ['prompt=none login', (q) => q.set('prompt', 'none login'), 'invalid_request'],
    ['a request object', (q) => q.set('request', 'e30.e30.'), 'request_not_supported'],
    ['a scope nobody knows', (q) => q.set('scope', 'everything'), 'invalid_scope'],
    ['a parameter twice', (q) => q.append('nonce', 'again'), 'invalid_request'],
  ];
  for (const [what, change, word] of cases) {
    test(`${what} is ${word}, told to the application with its state`, async () => {
      const begun = await begin(world.one);
      change(begun.url.searchParams);
      const reply = await browser().send(begun.url);
      assert.equal(reply.status, 303, reply.body);
      const to = new URL(reply.headers.location);
      assert.equal(to.origin + to.pathname, sampleOne.redirectUri);
      assert.deepEqual([to.searchParams.get('error'), to.searchParams.get('state'), to.searchParams.get('iss')], [word, begun.state, world.issuer]);
    });
  }

  test('prompt=none with a session gives a code', async () => {
    const { person } = await signIn(world.one, hanako);
    const reply = await person.send((await begin(world.one, { prompt: 'none' })).url);
    assert.ok(new URL(reply.headers.location).searchParams.get('code'));
  });

  test('an expired session is no session', async () => {
    for (const limit of ['idle_until', 'absolute_until']) {
      const { person } = await signIn(world.one, hanako);
      world.server.sql(`update sessions set ${limit} = 1`);
      const reply = await person.send((await begin(world.one, { prompt: 'none' })).url);
      assert.equal(error(reply.headers.location), 'login_required', limit);
      assert.equal((await person.go((await begin(world.one)).url)).status, 200, 'asked again');
    }
  });
});

onEachStore('at the token endpoint', (world) => {
  test('a code works once; its second use takes back what the first gave', async () => {
    const { code, begun } = await codeFor(world.one, hanako, { more: { scope: 'openid offline_access' } });
    const first = await redeem(world.issuer, sampleOne, code, begun.verifier);
    assert.equal(first.status, 200, first.body);
    refused(await redeem(world.issuer, sampleOne, code, begun.verifier), 400, 'invalid_grant');
    const bearer = { Authorization: `Bearer ${first.json().access_token}` };
    const about = await send(`${world.issuer}/oauth2/userinfo`, { headers: bearer });
    assert.equal(about.status, 401);
    assert.match(about.headers['www-authenticate'], /error="invalid_token"/);
    refused(await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: first.json().refresh_token }), 400, 'invalid_grant');
  });

  test('a code redeemed twice at the same moment is redeemed once at most', async () => {
    const { code, begun } = await codeFor(world.one, hanako);
    const replies = await Promise.all(Array.from({ length: 8 }, () => redeem(world.issuer, sampleOne, code, begun.verifier)));
    assert.ok(replies.filter((reply) => reply.status === 200).length <= 1, replies.map((r) => r.status).join(' '));
    for (const reply of replies) assert.ok([200, 400, 503].includes(reply.status), `${reply.status} ${reply.body}`);
  });

  test('a wrong verifier, none, and another redirect URI are invalid_grant', async () => {
    for (const [verifier, more] of [['x'.repeat(43), {}], [undefined, {}], ['right', { redirect_uri: 'http://localhost:8091/other' }]]) {
      const { code, begun } = await codeFor(world.one, hanako);
      refused(await redeem(world.issuer, sampleOne, code, verifier === 'right' ? begun.verifier : verifier, more), 400, 'invalid_grant');
    }
  });

  test('one application cannot redeem the code of another', async () => {
    const { code, begun } = await codeFor(world.one, hanako);
    refused(await redeem(world.issuer, { ...sampleTwo, redirectUri: sampleOne.redirectUri }, code, begun.verifier), 400, 'invalid_grant');
  });

  test("a second tenant's code is nothing at the first's token endpoint", async () => {
    const app = { ...sampleOne, id: 'theirs' };
    world.server.tenant('second', 'Second Company');
    world.server.person('second', 'mei@second.example');
    const made = world.server.application('second', 'Theirs', ['--redirect-uri', app.redirectUri, '--client-id', 'theirs']);
    const ours = world.server.application('demo', 'Ours, of the same name', ['--redirect-uri', app.redirectUri, '--client-id', 'theirs']);
    const theirs = await discover(world.server.issuer('second'), { ...app, secret: made.client_secret });
    const { code, begun } = await codeFor(theirs, { ...hanako, login: 'mei@second.example' });
    refused(await redeem(world.issuer, { ...app, secret: made.client_secret }, code, begun.verifier), 401, 'invalid_client');
    refused(await redeem(world.issuer, { ...app, secret: ours.client_secret }, code, begun.verifier), 400, 'invalid_grant');
    const right = await redeem(world.server.issuer('second'), { ...app, secret: made.client_secret }, code, begun.verifier);
    assert.equal(right.status, 200, 'it was theirs all along');
    const about = await send(`${world.issuer}/oauth2/userinfo`, { headers: { Authorization: `Bearer ${right.json().access_token}` } });
    assert.equal(about.status, 401, "a second tenant's access token is nothing here");
  });

  test("one tenant's session is no session at another", async () => {
    const { person } = await signIn(world.one, hanako);
    for (const cookie of person.cookies.values()) cookie.name = cookie.name.replace(/demo$/, 'second');
    const page = await person.go(`${world.server.issuer('second')}/`);
    assert.ok(person.form('login'), page.text);
  });

  test('a stolen refresh token ends its family', async () => {
    const { tokens } = await signIn(world.one, hanako, { more: { scope: 'openid offline_access' } });
    const refresh = (refresh_token) => token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token });
    const thief = await refresh(tokens.refresh_token);
    assert.equal(thief.status, 200, thief.body);
    assert.notEqual(thief.json().refresh_token, tokens.refresh_token);
    refused(await refresh(tokens.refresh_token), 400, 'invalid_grant'); // the owner comes second …
    refused(await refresh(thief.json().refresh_token), 400, 'invalid_grant'); // … and the thief has nothing left
  });

  const plain = [
    ['an unknown client', { ...sampleOne, id: 'nobody' }, { grant_type: 'client_credentials' }, 401, 'invalid_client'],
    ['a wrong secret', { ...sampleOne, secret: 'x'.repeat(40) }, { grant_type: 'client_credentials' }, 401, 'invalid_client'],
    ['the password grant', sampleOne, { grant_type: 'password', username: john.login, password: john.password }, 400, 'unsupported_grant_type'],
    ['a grant the client may not use', sampleOne, { grant_type: 'client_credentials' }, 400, 'unauthorized_client'],
    ['no grant_type', sampleOne, {}, 400, 'invalid_request'],
    ['a made-up code', sampleOne, { grant_type: 'authorization_code', code: 'AAAA', redirect_uri: sampleOne.redirectUri }, 400, 'invalid_grant'],
    ['a made-up refresh token', sampleOne, { grant_type: 'refresh_token', refresh_token: 'AAAA' }, 400, 'invalid_grant'],
  ];
  for (const [what, app, form, status, word] of plain) {
    test(`${what} is ${word}`, async () => refused(await token(world.issuer, app, form), status, word));
  }

  test('a bearer token nobody made, and none at all', async () => {
    const wrong = await send(`${world.issuer}/oauth2/userinfo`, { headers: { Authorization: 'Bearer abc' } });
    assert.equal(wrong.status, 401);
    assert.match(wrong.headers['www-authenticate'], /^Bearer .*error="invalid_token"/);
    const none = await send(`${world.issuer}/oauth2/userinfo`);
    assert.equal(none.status, 401);
    assert.doesNotMatch(none.headers['www-authenticate'], /error=/); // RFC 6750 §3.1
  });
});
