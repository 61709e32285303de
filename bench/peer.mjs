// The peer of the benchmark: oidc-provider with its defaults (accounts, sessions and tokens in memory, opaque
// access tokens), ES256 as in Kidoban, and no consent page, which Kidoban's clients have not either.
// Prints {"port":…} when it listens.
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('../tests/package.json', import.meta.url));
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const secret = process.env.BENCH_SECRET;

// Its own memory adapter forgets all but the last thousand things, sessions among them: this one forgets none.
const kept = new Map();
const granted = new Map();
class Adapter {
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload) {
    const key = this.key(id);
    kept.set(key, payload);
    if (payload.uid && this.name === 'Session') kept.set(`uid:${payload.uid}`, payload);
    if (payload.grantId && this.name !== 'Session') granted.set(payload.grantId, [...(granted.get(payload.grantId) ?? []), key]);
  }
  async find(id) { return kept.get(this.key(id)); }
  async findByUid(uid) { return kept.get(`uid:${uid}`); }
  async findByUserCode() { return undefined; }
  async consume(id) { kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { kept.delete(this.key(id)); }
  async revokeByGrantId(id) {
    for (const key of granted.get(id) ?? []) kept.delete(key);
    granted.delete(id);
  }
}
const server = http.createServer().listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`http://localhost:${port}`, {
    adapter: Adapter,
    clients: [
      { client_id: 'bench', client_secret: secret, redirect_uris: ['http://localhost:9/callback'],
        grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'ES256' },
      { client_id: 'machine', client_secret: secret, redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'], id_token_signed_response_alg: 'ES256' },
    ],
    jwks: { keys: [{ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
    cookies: { keys: [secret] },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    features: { clientCredentials: { enabled: true }, introspection: { enabled: true }, devInteractions: { enabled: true } },
    issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, name: 'Hanako', email: `${id}@example.com` }) }),
    async loadExistingGrant(ctx) {
      const known = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
      if (known) return ctx.oidc.provider.Grant.find(known);
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid profile email offline_access');
      await grant.save();
      return grant;
    },
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ port }));
});
