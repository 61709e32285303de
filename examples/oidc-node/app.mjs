// A small web application that lets people in through an OpenID provider: authorization code + PKCE.
// ISSUER, CLIENT_ID, PORT, and CLIENT_SECRET where the client has one (a public one has only PKCE).
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import * as oidc from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '8091', NAME = 'Sample' } = process.env;
const home = `http://localhost:${PORT}/`;
const callback = `${home}callback`;
const sessions = new Map(); // in memory: a real application keeps them where it keeps the rest

const config = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET,
  CLIENT_SECRET ? oidc.ClientSecretBasic(CLIENT_SECRET) : oidc.None(),
  // Plain http is for this machine alone.
  { execute: ISSUER.startsWith('http://localhost') ? [oidc.allowInsecureRequests] : [] });

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title>
<style>body{font:1rem/1.6 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem}dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}</style>
<main><h1>${escape(title)}</h1>${body}</main></html>`;

const routes = {
  async '/'(session) {
    if (!session.claims) return { html: page(NAME, '<p>Nobody is signed in.</p><p><a href="/sign-in">Sign in</a></p>') };
    const claims = Object.entries(session.claims).map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`);
    return { html: page(NAME, `<p>Hello, ${escape(session.claims.name ?? session.claims.sub)}.</p>
<dl>${claims.join('')}</dl><p><a href="/sign-out">Sign out</a></p>`) };
  },
  async '/sign-in'(session) {
    session.verifier = oidc.randomPKCECodeVerifier();
    session.state = oidc.randomState();
    return { to: oidc.buildAuthorizationUrl(config, {
      redirect_uri: callback, scope: 'openid profile email', state: session.state,
      code_challenge: await oidc.calculatePKCECodeChallenge(session.verifier), code_challenge_method: 'S256' }) };
  },
  async '/callback'(session, url) {
    const tokens = await oidc.authorizationCodeGrant(config, url,
      { pkceCodeVerifier: session.verifier, expectedState: session.state, idTokenExpected: true });
    const about = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    sessions.delete(session.id); // a new id: one from before signing in may be known to others
    return { to: '/', session: { id: randomUUID(), claims: { ...tokens.claims(), ...about }, idToken: tokens.id_token } };
  },
  async '/sign-out'(session) {
    const idToken = session.idToken;
    sessions.delete(session.id);
    const next = { id: randomUUID() };
    if (!idToken) return { to: '/', session: next };
    return { session: next, to: oidc.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri: home }) };
  },
};

http.createServer(async (request, response) => {
  const url = new URL(request.url, home);
  // Ports of one host share their cookies, so the name has the port in it.
  const id = new RegExp(`sample-${PORT}=([\\w-]+)`).exec(request.headers.cookie ?? '')?.[1];
  const session = sessions.get(id) ?? { id: randomUUID() };
  const headersFor = (one) => {
    sessions.set(one.id, one);
    return { 'Set-Cookie': `sample-${PORT}=${one.id}; HttpOnly; SameSite=Lax; Path=/`, 'Cache-Control': 'no-store' };
  };
  try {
    const act = routes[url.pathname];
    if (!act) return response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
    const { html, to, session: next = session } = await act(session, url);
    const headers = headersFor(next);
    if (to) response.writeHead(303, { ...headers, Location: String(to) }).end();
    else response.writeHead(200, { ...headers, 'Content-Type': 'text/html; charset=utf-8' }).end(html);
  } catch (error) {
    const said = escape(error.error_description ?? error.message);
    response.writeHead(400, { 'Content-Type': 'text/html; charset=utf-8' })
      .end(page('It did not work', `<p>${escape(error.error ?? error.code ?? 'error')}: ${said}</p><p><a href="/">Back</a></p>`));
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`${NAME} is at ${home}`));
