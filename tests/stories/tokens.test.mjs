// Tokens after signing in: refreshed, asked about, revoked; of applications themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as jose from 'jose';
import { ask, codeFor, discover, redeem, sampleOne, signIn, token } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const offline = { more: { scope: 'openid profile email offline_access' } };
const redirectUri = 'http://localhost:8091/callback';

onEachStore('tokens', (world) => {
  const active = async (value) => (await ask(world.issuer, sampleOne, 'introspect', { token: value })).json().active;

  test('a refresh gives a new pair, for a person still here', async () => {
    const { tokens, claims } = await signIn(world.one, hanako, offline);
    const reply = await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    assert.equal(reply.status, 200, reply.body);
    assert.equal(jose.decodeJwt(reply.json().id_token).sub, claims.sub);
    assert.notEqual(reply.json().access_token, tokens.access_token);
    assert.match(reply.headers['cache-control'], /no-store/);
  });

  test('a refresh may ask for less and not for more', async () => {
    const { tokens } = await signIn(world.one, hanako, { more: { scope: 'openid email offline_access' } });
    const less = await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, scope: 'openid' });
    assert.equal(less.json().scope, 'openid');
    const more = await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: less.json().refresh_token, scope: 'openid profile' });
    assert.deepEqual([more.status, more.json().error], [400, 'invalid_scope']);
  });

  test('a disabled person gets no more tokens', async () => {
    world.server.person('demo', 'saburo@demo.example');
    const who = { ...hanako, login: 'saburo@demo.example' };
    const { tokens } = await signIn(world.one, who, offline);
    world.server.command(['person', 'disable', '--tenant', 'demo', '--login', who.login]);
    const reply = await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
    assert.deepEqual([reply.status, reply.json().error], [400, 'invalid_grant']);
  });

  test('introspection knows live tokens, revocation ends them', async () => {
    const { tokens, claims } = await signIn(world.one, hanako, offline);
    const told = (await ask(world.issuer, sampleOne, 'introspect', { token: tokens.access_token })).json();
    assert.deepEqual([told.active, told.sub, told.client_id], [true, claims.sub, sampleOne.id]);
    assert.equal(await active(tokens.refresh_token), true);
    assert.equal((await ask(world.issuer, sampleOne, 'revoke', { token: tokens.refresh_token })).status, 200);
    assert.equal(await active(tokens.refresh_token), false);
    assert.equal(await active(tokens.access_token), false);
    assert.equal((await send(`${world.issuer}/oauth2/userinfo`, { headers: { Authorization: `Bearer ${tokens.access_token}` } })).status, 401);
    assert.equal((await ask(world.issuer, sampleOne, 'revoke', { token: 'unknown' })).status, 200); // RFC 7009 §2.2
    assert.equal(await active('unknown'), false);
  });

  test("another application's refresh token doesn't exist, and can't be revoked", async () => {
    const { tokens } = await signIn(world.one, hanako, offline);
    const made = world.server.application('demo', 'Curious', ['--redirect-uri', redirectUri]);
    const curious = { id: made.client_id, secret: made.client_secret };
    assert.equal((await ask(world.issuer, curious, 'introspect', { token: tokens.refresh_token })).json().active, false);
    await ask(world.issuer, curious, 'revoke', { token: tokens.refresh_token });
    assert.equal(await active(tokens.refresh_token), true);
  });

  test('an application gets a token of its own, JWT by RFC 9068', async () => {
    const made = world.server.application('demo', 'Nightly job', ['--grant', 'client_credentials']);
    const app = { id: made.client_id, secret: made.client_secret };
    const reply = await token(world.issuer, app, { grant_type: 'client_credentials' });
    assert.equal(reply.status, 200, reply.body);
    assert.equal(reply.json().refresh_token, undefined);
    const keys = jose.createLocalJWKSet((await send(`${world.issuer}/oauth2/jwks`)).json());
    const { payload } = await jose.jwtVerify(reply.json().access_token, keys, { issuer: world.issuer, typ: 'at+jwt' });
    assert.equal(payload.sub, app.id);
    assert.ok(payload.jti && payload.exp && payload.aud);
  });

  test('an application may have opaque access tokens', async () => {
    const made = world.server.application('demo', 'Opaque', ['--redirect-uri', redirectUri, '--access-token', 'opaque']);
    const app = { id: made.client_id, secret: made.client_secret, redirectUri };
    const { code, begun } = await codeFor(await discover(world.issuer, app), hanako);
    const reply = await redeem(world.issuer, app, code, begun.verifier);
    const value = reply.json().access_token;
    assert.notEqual(value.split('.').length, 3);
    assert.equal((await send(`${world.issuer}/oauth2/userinfo`, { headers: { Authorization: `Bearer ${value}` } })).json().email, hanako.login);
    assert.equal((await ask(world.issuer, app, 'introspect', { token: value })).json().active, true);
  });

  test('client_secret_post works for a client that is registered for it, basic then does not', async () => {
    const made = world.server.application('demo', 'Posts', ['--grant', 'client_credentials', '--auth-method', 'client_secret_post']);
    const form = { grant_type: 'client_credentials', client_id: made.client_id, client_secret: made.client_secret };
    assert.equal((await send(`${world.issuer}/oauth2/token`, { form })).status, 200);
    const basic = await token(world.issuer, { id: made.client_id, secret: made.client_secret }, { grant_type: 'client_credentials' });
    assert.deepEqual([basic.status, basic.json().error], [401, 'invalid_client']);
  });

  test('discovery stands at both addresses and names what is there', async () => {
    const said = (await send(`${world.issuer}/.well-known/openid-configuration`)).json();
    assert.equal(said.issuer, world.issuer);
    assert.deepEqual(said.response_types_supported, ['code']);
    assert.ok(!said.grant_types_supported.includes('password') && !said.grant_types_supported.includes('implicit'));
    assert.deepEqual(said.code_challenge_methods_supported, ['S256']);
    for (const path of ['/t/demo/.well-known/oauth-authorization-server', '/.well-known/oauth-authorization-server/t/demo']) {
      assert.equal((await send(world.server.url + path)).json().issuer, world.issuer, path);
    }
    for (const name of Object.keys(said).filter((key) => /_endpoint$|jwks_uri/.test(key))) assert.ok(said[name].startsWith(world.issuer), name);
  });
});
