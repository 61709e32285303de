// Connectors that are no person: service accounts that sign in at the token endpoint by secret or key pair, with real clients, and what
// their access tokens open.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { ask, signIn, token as bareToken } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const insecure = { [oauth.allowInsecureRequests]: true };
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

onEachStore('service credentials', (world) => {
  let administrator, application;
  const api = (method, path, json) => administrator.send(`${world.issuer}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
  const done = (reply, status) => {
    assert.equal(reply.status, status, `${reply.status} ${reply.body}`);
    return status === 204 ? undefined : reply.json();
  };
  const refused = (reply, status, reason) => assert.deepEqual([reply.status, reply.json().reason], [status, reason], reply.body);
  const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
  const account = async (permissions = ['people_read', 'people_write', 'groups_read'], more = {}) =>
    done(await api('POST', '/service-accounts', { name: '名簿連携', permissions, ...more }), 201).id;
  const secretOf = async (id, days = 90) => done(await api('POST', `/service-accounts/${id}/secrets`, { label: 'connector', expires_at: inDays(days) }), 201);
  const enrol = async (id, jwk, days = 90) => api('POST', `/service-accounts/${id}/keys`, { label: 'agent', expires_at: inDays(days), jwk });
  const keyFor = async (id, algorithm, options = {}) => {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true, ...options });
    const told = done(await enrol(id, await exportJWK(publicKey)), 201);
    return { ...told, privateKey };
  };
  const bearer = (access, url, { method = 'GET', json, issuer = world.issuer } = {}) => send(`${issuer}${url}`, { method, json, headers: { Accept: 'application/json', Authorization: `Bearer ${access}` } });
  const people = (access, more) => bearer(access, '/api/v1/people', more);
  // The token endpoint without a library in between.
  const post = (form, issuer = world.issuer) => send(`${issuer}/oauth2/token`, { form: { grant_type: 'client_credentials', ...form } });
  const bySecret = (id, secret, more = {}) => post({ client_id: id, client_secret: secret, ...more });
  const assertion = (id, key, { aud = world.issuer, jti = crypto.randomUUID(), alg = 'ES256', exp = 60, iss = id, kid } = {}) => new SignJWT({ iss, sub: id, jti, aud })
    .setProtectedHeader({ alg, kid }).setIssuedAt().setExpirationTime(Math.floor(Date.now() / 1000) + exp).sign(key);
  const byKey = async (id, key, claims, issuer) => post({ client_assertion_type: jwtBearer, client_assertion: await assertion(id, key, claims) }, issuer);
  const schema = () => (world.server.store === 'postgres' ? 'kidoban.' : '');
  const errorOf = (reply) => [reply.status, reply.json().error];

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    application = world.server.application('demo', 'Reporting', ['--grant', 'client_credentials']);
  });

  test('openid-client signs in by secret in both ways and reads people by the API and by SCIM', async () => {
    const id = await account();
    const { secret, ...told } = await secretOf(id);
    assert.match(secret, /^kds_[A-Za-z0-9_-]{43}$/);
    for (const method of [oidc.ClientSecretBasic, oidc.ClientSecretPost]) {
      const config = await oidc.discovery(new URL(world.issuer), id, undefined, method(secret), { execute: [oidc.allowInsecureRequests] });
      const tokens = await oidc.clientCredentialsGrant(config);
      assert.deepEqual([tokens.token_type, tokens.expires_in, tokens.scope, tokens.refresh_token], ['bearer', 900, 'people_read people_write groups_read', undefined]);
      assert.match(tokens.access_token, /^kda_[A-Za-z0-9_-]{43}$/);
      assert.ok(done(await people(tokens.access_token), 200).people.length >= 2);
      assert.ok(done(await bearer(tokens.access_token, '/scim/v2/Users'), 200).totalResults >= 2);
      done(await people(tokens.access_token, { method: 'POST', json: { login: `made-${method.name}@demo.example`.toLowerCase(), display_name: 'Made' } }), 201);
      const said = await oidc.tokenIntrospection(config, tokens.access_token);
      assert.deepEqual([said.active, said.client_id, said.sub, said.aud], [true, id, id, [`${world.issuer}/api/v1`, `${world.issuer}/scim/v2`]]);
      await oidc.tokenRevocation(config, tokens.access_token);
      refused(await people(tokens.access_token), 401, 'token_invalid');
    }
    // The record of what was done says by which credential; nothing says the secret again.
    const acts = done(await api('GET', `/audit?actor=${id}`), 200);
    const made = acts.records.find(({ event }) => event === 'person.created');
    assert.equal(made.detail.secret, told.id);
    assert.ok(acts.records.some(({ event, detail }) => event === 'service_secret.first_used' && detail.credential === told.id));
    const listed = await api('GET', `/service-accounts/${id}/secrets`);
    assert.ok(listed.json().secrets[0].last_used_at);
    for (const text of [JSON.stringify(acts), listed.body, world.server.stderr]) assert.ok(!text.includes(secret));
  });

  test('openid-client and oauth4webapi sign in by key pair: ES256, ES384, EdDSA, RS256, PS256', async () => {
    const id = await account();
    const found = await oauth.processDiscoveryResponse(new URL(world.issuer), await oauth.discoveryRequest(new URL(world.issuer), insecure));
    for (const algorithm of ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS256']) {
      const { privateKey, jwk } = await keyFor(id, algorithm);
      const config = await oidc.discovery(new URL(world.issuer), id, undefined, oidc.PrivateKeyJwt(privateKey), { execute: [oidc.allowInsecureRequests] });
      done(await people((await oidc.clientCredentialsGrant(config)).access_token), 200);

      const client = { client_id: id };
      const reply = await oauth.clientCredentialsGrantRequest(found, client, oauth.PrivateKeyJwt({ key: privateKey, kid: jwk.kid }), { scope: 'people_read' }, insecure);
      const { access_token: access, scope } = await oauth.processClientCredentialsResponse(found, client, reply);
      assert.equal(scope, 'people_read', algorithm);
      const shown = await oauth.protectedResourceRequest(access, 'GET', new URL(`${world.issuer}/scim/v2/Users`), undefined, undefined, insecure);
      assert.equal(shown.status, 200);
      assert.ok((await shown.json()).totalResults >= 2);
    }
    // RFC 8037's name for what Web Crypto calls Ed25519 (RFC 9864).
    const { privateKey } = await keyFor(id, 'EdDSA');
    done(await byKey(id, privateKey, { alg: 'EdDSA' }), 200);
    const { token_endpoint_auth_signing_alg_values_supported: said } = found;
    for (const name of ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'RS256', 'PS256']) assert.ok(said.includes(name), name);
  });

  test('keys are public ones, strong enough, and each one account\'s', async () => {
    const id = await account(), other = await account();
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    refused(await enrol(id, await exportJWK(privateKey)), 400, 'key_unsupported');
    const jwk = await exportJWK(publicKey);
    done(await enrol(id, { ...jwk, kid: 'agent-1' }), 201);
    refused(await enrol(id, jwk), 409, 'key_taken');
    refused(await enrol(other, jwk), 409, 'key_taken');
    refused(await enrol(id, { kty: 'oct', k: 'AAAA' }), 400, 'key_unsupported');
    refused(await enrol(id, { ...jwk, crv: 'P-521' }), 400, 'key_unsupported');
    refused(await enrol(id, { ...jwk, x: jwk.y }), 400, 'jwk_malformed');
    refused(await enrol(id, 'a key'), 400, 'jwk_malformed');
    const { publicKey: short } = await import('node:crypto').then((c) => c.generateKeyPairSync('rsa', { modulusLength: 1024 }));
    refused(await enrol(id, short.export({ format: 'jwk' })), 400, 'key_unsupported');
    refused(await enrol(id, (await exportJWK((await generateKeyPair('EdDSA')).publicKey)), 367), 400, 'lifetime_malformed');
    refused(await api('POST', `/service-accounts/${id}/keys`, { label: 'x', expires_at: inDays(1) }), 400, 'member_missing');
    const { keys } = done(await api('GET', `/service-accounts/${id}/keys`), 200);
    assert.deepEqual(keys.map(({ jwk: kept }) => [kept.kid, kept.x, kept.d]), [['agent-1', jwk.x, undefined]]);
    // An assertion that names another key isn't tried with this one.
    done(await byKey(id, privateKey, { kid: 'agent-1' }), 200);
    assert.deepEqual(errorOf(await byKey(id, privateKey, { kid: 'agent-2' })), [401, 'invalid_client']);
  });

  test('an assertion is for this issuer, once, and by a key that stands', async () => {
    const id = await account();
    const { privateKey, id: keyId } = await keyFor(id, 'ES256');
    const no = [401, 'invalid_client'];
    assert.deepEqual(errorOf(await byKey(id, privateKey, { aud: 'https://elsewhere.example' })), no);
    assert.deepEqual(errorOf(await byKey(id, privateKey, { aud: [world.issuer, 'https://elsewhere.example'] })), no);
    assert.deepEqual(errorOf(await byKey(id, privateKey, { exp: 86_400 })), no);
    assert.deepEqual(errorOf(await byKey(id, privateKey, { exp: -120 })), no);
    assert.deepEqual(errorOf(await byKey(id, privateKey, { iss: 'sample-one' })), no);
    const once = { client_assertion_type: jwtBearer, client_assertion: await assertion(id, privateKey) };
    // Ten at once: one has it.
    const replies = await Promise.all(Array.from({ length: 10 }, () => post(once)));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array(9).fill(401)]);
    const access = replies.find(({ status }) => status === 200).json().access_token;
    done(await people(access), 200);
    done(await api('DELETE', `/service-accounts/${id}/keys/${keyId}`), 204);
    refused(await people(access), 401, 'token_invalid');
    assert.deepEqual(errorOf(await byKey(id, privateKey)), no);
    // A key that has run out.
    const expired = await keyFor(id, 'ES256');
    world.server.sql(`update ${schema()}service_tokens set expires_at = 1 where kind = 2`);
    assert.deepEqual(errorOf(await byKey(id, expired.privateKey)), no);
  });

  test('secrets are turned over without a stop, and what is taken away is gone at once', async () => {
    const id = await account();
    const first = await secretOf(id), second = await secretOf(id);
    const one = done(await bySecret(id, first.secret), 200).access_token, two = done(await bySecret(id, second.secret), 200).access_token;
    done(await people(one), 200);
    done(await api('DELETE', `/service-accounts/${id}/secrets/${first.id}`), 204);
    refused(await people(one), 401, 'token_invalid');
    assert.deepEqual(errorOf(await bySecret(id, first.secret)), [401, 'invalid_client']);
    done(await people(two), 200);
    refused(await people(second.secret), 401, 'token_invalid'); // a secret is no token
    done(await bearer(two, '/api/v1/groups'), 200);
    done(await api('PATCH', `/service-accounts/${id}`, { permissions: ['people_read'] }), 200);
    const denied = await bearer(two, '/api/v1/groups');
    refused(denied, 403, 'permission_missing');
    assert.match(denied.headers['www-authenticate'], /^Bearer .*error="insufficient_scope"/);
    done(await people(two), 200);
    done(await api('PATCH', `/service-accounts/${id}`, { enabled: false }), 200);
    const off = await people(two);
    refused(off, 401, 'token_invalid');
    assert.match(off.headers['www-authenticate'], /^Bearer .*error="invalid_token"/);
    assert.equal((await bearer(two, '/scim/v2/Users')).status, 401);
    assert.deepEqual(errorOf(await bySecret(id, second.secret)), [401, 'invalid_client']);
    done(await api('PATCH', `/service-accounts/${id}`, { enabled: true }), 200);
    done(await people(two), 200);
    done(await api('DELETE', `/service-accounts/${id}`), 204);
    refused(await people(two), 401, 'token_invalid');
    assert.deepEqual(errorOf(await bySecret(id, second.secret)), [401, 'invalid_client']);
  });

  test('a token may be asked for less, never for more, and lives as long as the account says', async () => {
    const id = await account(['people_read', 'people_write'], { access_token_lifetime_s: 60 });
    const { secret } = await secretOf(id);
    const narrowed = done(await bySecret(id, secret, { scope: 'people_read' }), 200);
    assert.deepEqual([narrowed.scope, narrowed.expires_in], ['people_read', 60]);
    done(await people(narrowed.access_token), 200);
    refused(await people(narrowed.access_token, { method: 'POST', json: { login: 'no@demo.example', display_name: 'No' } }), 403, 'permission_missing');
    assert.equal((await bearer(narrowed.access_token, '/scim/v2/Users', { method: 'POST', json: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'no@demo.example' } })).status, 403);
    for (const scope of ['people_read audit_read', 'fly', 'openid', 'offline_access']) assert.deepEqual(errorOf(await bySecret(id, secret, { scope })), [400, 'invalid_scope'], scope);
    assert.deepEqual(errorOf(await bySecret(id, secret, { grant_type: 'refresh_token', refresh_token: 'x' })), [400, 'unauthorized_client']);
    refused(await api('PATCH', `/service-accounts/${id}`, { access_token_lifetime_s: 3601 }), 400, 'lifetime_malformed');
    refused(await api('PATCH', `/service-accounts/${id}`, { access_token_lifetime_s: '60' }), 400, 'member_malformed');
    world.server.sql(`update ${schema()}service_access_tokens set expires_at = 1`);
    refused(await people(narrowed.access_token), 401, 'token_invalid');
  });

  test('whoever can\'t do what an account may hands out nothing of it', async () => {
    const keeper = await account(['service_accounts_write']), strong = await account(['people_read']);
    const { secret } = await secretOf(keeper);
    const { access_token: access } = done(await bySecret(keeper, secret), 200);
    const as = (method, path, json) => bearer(access, `/api/v1/service-accounts${path}`, { method, json });
    refused(await as('POST', `/${strong}/secrets`, { label: 'x', expires_at: inDays(1) }), 403, 'permission_not_yours');
    const { publicKey } = await generateKeyPair('ES256');
    refused(await as('POST', `/${strong}/keys`, { label: 'x', expires_at: inDays(1), jwk: await exportJWK(publicKey) }), 403, 'permission_not_yours');
    done(await as('POST', `/${keeper}/secrets`, { label: 'next', expires_at: inDays(1) }), 201);
  });

  test('an application\'s token opens no API of the tenant, and an account\'s token nothing of an application', async () => {
    const theirs = await bareToken(world.issuer, { id: application.client_id, secret: application.client_secret }, { grant_type: 'client_credentials' });
    const { access_token: jwt } = done(theirs, 200);
    refused(await people(jwt), 401, 'token_invalid');
    assert.equal((await bearer(jwt, '/scim/v2/Users')).status, 401);
    const { tokens } = await signIn(world.one, hanako);
    refused(await people(tokens.access_token), 401, 'token_invalid'); // not even an administrator's

    const id = await account();
    const { secret } = await secretOf(id);
    const { access_token: access } = done(await bySecret(id, secret), 200);
    assert.equal((await bearer(access, '/oauth2/userinfo')).status, 401);
    assert.deepEqual(done(await ask(world.issuer, { id: application.client_id, secret: application.client_secret }, 'introspect', { token: access }), 200), { active: false });
    done(await people(access), 200);
  });

  test('an account of one tenant is nobody in another', async () => {
    world.server.tenant('branch');
    const branch = world.server.issuer('branch');
    const id = await account();
    const { secret } = await secretOf(id);
    const { privateKey } = await keyFor(id, 'ES256');
    assert.deepEqual(errorOf(await post({ client_id: id, client_secret: secret }, branch)), [401, 'invalid_client']);
    assert.deepEqual(errorOf(await byKey(id, privateKey, { aud: branch }, branch)), [401, 'invalid_client']);
    assert.deepEqual(errorOf(await byKey(id, privateKey, { aud: branch })), [401, 'invalid_client']);
    const { access_token: access } = done(await bySecret(id, secret), 200);
    refused(await people(access, { issuer: branch }), 401, 'token_invalid');
    assert.equal((await bearer(access, '/scim/v2/Users', { issuer: branch })).status, 401);
  });

  test('guessing is bounded, and told in the audit', async () => {
    const id = await account();
    const { secret } = await secretOf(id);
    let last;
    for (let i = 0; i < 21; ++i) last = await bySecret(id, 'kds_'.padEnd(47, 'A'));
    assert.deepEqual([last.status, last.headers['retry-after']], [429, '60']);
    assert.equal((await bySecret(id, secret)).status, 429);
    const told = done(await api('GET', `/audit?target=${id}&event=oidc.client.refused&limit=100`), 200).records;
    assert.equal(told.length, 20);
    assert.ok(!JSON.stringify(told).includes('kds_'));
  });
});
