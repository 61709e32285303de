// Real OpenID Connect clients, and one authorization after another driven through them.
import assert from 'node:assert/strict';
import * as oidc from 'openid-client';
import './contract.mjs';
import { send } from './http.mjs';
import { Person } from './person.mjs';

export const sampleOne = { id: 'sample-one', secret: 'sample-one-demo-secret-0123456789abcdef', redirectUri: 'http://localhost:8091/callback' };
export const sampleTwo = { id: 'sample-two', redirectUri: 'http://localhost:8092/callback' };

// openid-client, discovered. `app`: {id, secret, redirectUri}.
export async function discover(issuer, app) {
  const config = await oidc.discovery(new URL(issuer), app.id, app.secret,
    app.secret ? oidc.ClientSecretBasic(app.secret) : oidc.None(), { execute: [oidc.allowInsecureRequests] });
  return { config, app };
}

// What an application does before it sends the person away: → {url, verifier, state, nonce}.
export async function begin({ config, app }, more = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, { redirect_uri: app.redirectUri, scope: 'openid profile email', state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...more });
  return { url, verifier, state, nonce };
}

// What it does when the person comes back: checks everything, → openid-client's tokens.
export function complete({ config }, begun, callback) {
  return oidc.authorizationCodeGrant(config, new URL(callback),
    { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce, idTokenExpected: true });
}

export const browser = (options = {}) => new Person({ stopAt: [sampleOne.redirectUri, sampleTwo.redirectUri], ...options });

// The whole of it: → {tokens, claims, person, callback, begun}.
export async function signIn(client, who, { person = browser(), more } = {}) {
  const begun = await begin(client, more);
  const { url } = await person.signIn(begun.url, who);
  assert.ok(url.searchParams.has('code'), `no code at ${url}: ${person.page.text}`);
  const tokens = await complete(client, begun, url);
  return { tokens, claims: tokens.claims(), person, callback: url, begun };
}

// The code alone, not redeemed: → {code, begun, person}.
export async function codeFor(client, who, { person = browser(), more } = {}) {
  const begun = await begin(client, more);
  const { url } = await person.signIn(begun.url, who);
  assert.ok(url.searchParams.has('code'), `no code at ${url}: ${person.page.text}`);
  return { code: url.searchParams.get('code'), begun, person, callback: url };
}

// The token endpoint without a library in between: → the reply. `app` authenticates by basic, or by its id alone.
export function token(issuer, app, form) {
  const headers = app.secret ? { Authorization: `Basic ${Buffer.from(`${encodeURIComponent(app.id)}:${encodeURIComponent(app.secret)}`).toString('base64')}` } : {};
  return send(`${issuer}/oauth2/token`, { headers, form: app.secret ? form : { client_id: app.id, ...form } });
}
export const redeem = (issuer, app, code, verifier, more = {}) => token(issuer, app,
  { grant_type: 'authorization_code', code, redirect_uri: app.redirectUri, ...(verifier && { code_verifier: verifier }), ...more });

// Introspection and revocation.
export function ask(issuer, app, endpoint, form) {
  return send(`${issuer}/oauth2/${endpoint}`, { form,
    headers: { Authorization: `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString('base64')}` } });
}
// The error an answer carries, wherever its protocol puts it.
export const errorOf = (reply) => reply.json().error;
