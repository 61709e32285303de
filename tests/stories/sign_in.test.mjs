// A person signs in once, and real applications let them in.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { begin, browser, complete, redeem, sampleOne, sampleTwo, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako, john } from '../kit/server.mjs';
import { demo, onEachStore } from '../kit/stories.mjs';

onEachStore('signing in', (world) => {
  test('openid-client is let in and learns who it is', async () => {
    const { claims, tokens, callback } = await signIn(world.one, hanako);
    assert.equal(claims.iss, world.issuer);
    assert.equal(claims.aud, 'sample-one');
    assert.deepEqual(claims.amr, ['pwd']);
    assert.ok(claims.auth_time <= Date.now() / 1000 + 1);
    assert.equal(callback.searchParams.get('iss'), world.issuer); // RFC 9207
    const about = await oidc.fetchUserInfo(world.one.config, tokens.access_token, claims.sub);
    assert.equal(about.email, hanako.login);
    assert.equal(about.email_verified, true);
    assert.equal(about.locale, 'ja');
  });

  test('oauth4webapi is let in as a public client', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const as = await oauth.processDiscoveryResponse(new URL(world.issuer), await oauth.discoveryRequest(new URL(world.issuer), insecure));
    const client = { client_id: sampleTwo.id };
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({ client_id: client.client_id, redirect_uri: sampleTwo.redirectUri, response_type: 'code',
      scope: 'openid email', state, nonce, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
    const { url: callback } = await browser().signIn(url, john);
    const parameters = oauth.validateAuthResponse(as, client, callback, state);
    const reply = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, sampleTwo.redirectUri, verifier, insecure);
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, reply, { expectedNonce: nonce, requireIdToken: true });
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    const about = await oauth.processUserInfoResponse(as, client, claims.sub,
      await oauth.userInfoRequest(as, client, tokens.access_token, insecure));
    assert.equal(about.email, john.login);
  });

  test('the second application opens without asking again', async () => {
    const { person, claims } = await signIn(world.one, hanako);
    const begun = await begin(world.two);
    const first = await person.send(begun.url);
    assert.equal(first.status, 303);
    assert.ok(first.headers.location.startsWith(sampleTwo.redirectUri), first.headers.location);
    const again = (await complete(world.two, begun, first.headers.location)).claims();
    assert.equal(again.sub, claims.sub);
    assert.equal(again.auth_time, claims.auth_time);
    assert.equal(again.sid, claims.sid);
  });

  test('the same steps answer JSON to a client that asks for it', async () => {
    const begun = await begin(world.one);
    const said = await browser().signInByJson(begun.url, hanako);
    assert.equal(said.step, 'done', JSON.stringify(said));
    assert.equal((await complete(world.one, begun, said.location)).claims().aud, 'sample-one');
  });

  test('My Applications shows the applications and the person', async () => {
    const person = browser();
    const page = await person.signIn(`${world.issuer}/`, john);
    assert.equal(page.status, 200);
    for (const words of ['John', 'Sample One', 'Sample Two']) assert.match(page.text, new RegExp(words));
  });

  test('a login may be typed in capitals', async () => {
    assert.ok((await signIn(world.one, { ...hanako, login: 'Hanako@DEMO.example' })).claims.sub);
  });
});

describe('what a request may ask for', () => {
  const world = demo();

  test('prompt=login asks again and auth_time moves', async () => {
    const { person, claims } = await signIn(world.one, hanako);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const begun = await begin(world.one, { prompt: 'login' });
    const page = await person.go(begun.url);
    assert.equal(page.status, 200, 'a step is shown');
    const { url } = await person.signIn(begun.url, hanako);
    assert.ok((await complete(world.one, begun, url)).claims().auth_time > claims.auth_time);
  });

  test('max_age=0 asks again', async () => {
    const { person } = await signIn(world.one, hanako);
    assert.equal((await person.go((await begin(world.one, { max_age: '0' })).url)).status, 200);
  });

  test('prompt=select_account lets the person choose another account', async () => {
    const { person, claims } = await signIn(world.one, hanako);
    const begun = await begin(world.one, { prompt: 'select_account' });
    await person.go(begun.url);
    await person.answer({ account: 'another' });
    await person.answer({ login: john.login });
    await person.answer({ password: john.password });
    assert.notEqual((await complete(world.one, begun, person.at)).claims().sub, claims.sub);
  });

  test('login_hint fills the field in', async () => {
    const person = browser();
    await person.go((await begin(world.one, { login_hint: john.login })).url);
    assert.equal(person.form('login').fields.login, john.login);
  });

  test('response_mode=fragment and form_post answer as they say', async () => {
    const { person } = await signIn(world.one, hanako);
    const fragment = await person.send((await begin(world.one, { response_mode: 'fragment' })).url);
    assert.match(new URL(fragment.headers.location).hash, /^#.*code=/);
    const begun = await begin(world.one, { response_mode: 'form_post' });
    const page = await person.go(begun.url);
    assert.equal(page.status, 200);
    const form = person.form('code');
    assert.equal(form.action, sampleOne.redirectUri);
    assert.equal(form.fields.state, begun.state);
    assert.equal((await redeem(world.issuer, sampleOne, form.fields.code, begun.verifier)).status, 200);
  });

  test('consent is asked when the request wants it, and a refusal goes to the application', async () => {
    const person = browser();
    let begun = await begin(world.one, { prompt: 'consent' });
    await person.signIn(begun.url, { ...hanako, consent: 'deny' });
    assert.equal(person.at.searchParams.get('error'), 'access_denied');
    assert.equal(person.at.searchParams.get('state'), begun.state);
    begun = await begin(world.one, { prompt: 'consent' });
    await person.go(begun.url);
    assert.match(person.page.text, /email/i);
    await person.answer({ decision: 'allow' });
    assert.ok((await complete(world.one, begun, person.at)).claims().sub);
  });

  test('the words follow Accept-Language, and ui_locales before it', async () => {
    const japanese = await browser({ language: 'ja-JP,ja;q=0.9,en;q=0.1' }).go((await begin(world.one)).url);
    assert.match(japanese.body, /<html lang="ja"/);
    assert.match(japanese.text, /サインイン/);
    const english = await browser({ language: 'ja' }).go((await begin(world.one, { ui_locales: 'en' })).url);
    assert.match(english.body, /<html lang="en"/);
  });

  for (const algorithm of ['ES256', 'RS256', 'PS256', 'EdDSA']) {
    test(`an application may have its ID tokens in ${algorithm}`, async () => {
      const redirectUri = 'http://localhost:8091/callback';
      const made = world.server.application('demo', `Takes ${algorithm}`, ['--redirect-uri', redirectUri, '--algorithm', algorithm]);
      const app = { id: made.client_id, secret: made.client_secret, redirectUri };
      const person = browser();
      const begun = await begin({ config: world.one.config, app });
      begun.url.searchParams.set('client_id', app.id);
      const { url } = await person.signIn(begun.url, hanako);
      const reply = await redeem(world.issuer, app, url.searchParams.get('code'), begun.verifier);
      assert.equal(reply.status, 200, reply.body);
      const keys = jose.createLocalJWKSet((await send(`${world.issuer}/oauth2/jwks`)).json());
      const verified = await jose.jwtVerify(reply.json().id_token, keys, { issuer: world.issuer, audience: app.id, algorithms: [algorithm] });
      assert.equal(verified.payload.nonce, begun.nonce);
    });
  }

  test('an id token signed before a rotation still verifies after it', async () => {
    const { tokens } = await signIn(world.one, hanako);
    world.server.command(['keys', 'rotate', '--tenant', 'demo']);
    await world.server.restart();
    const keys = jose.createLocalJWKSet((await send(`${world.issuer}/oauth2/jwks`)).json());
    const old = await jose.jwtVerify(tokens.id_token, keys, { issuer: world.issuer });
    const { tokens: newer } = await signIn(world.one, hanako);
    assert.notEqual(jose.decodeProtectedHeader(newer.id_token).kid, old.protectedHeader.kid);
  });
});
