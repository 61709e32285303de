// What must be written nowhere in the clear: not in the log, not in the store's file.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, begin, browser, discover, redeem, sampleOne, signIn, token } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako, john, password } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

onEachStore('secrets', (world) => {
  test('the log has no password, no token and no login name; each line is JSON', async () => {
    const secrets = [password, hanako.login, john.login, 'Hanako', '花子', sampleOne.secret, 'not the password either', 'stranger@demo.example'];
    const { tokens, person, callback, begun } = await signIn(world.one, hanako, { more: { scope: 'openid email offline_access' } });
    secrets.push(tokens.access_token, tokens.refresh_token, tokens.id_token, callback.searchParams.get('code'), begun.verifier, begun.state,
      ...[...person.cookies.values()].map(({ value }) => value));
    await browser().signIn((await begin(world.one, { login_hint: john.login })).url, { login: 'stranger@demo.example', password: 'not the password either' });
    secrets.push((await token(world.issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })).json().refresh_token);
    await redeem(world.issuer, sampleOne, callback.searchParams.get('code'), begun.verifier);
    await ask(world.issuer, sampleOne, 'introspect', { token: tokens.access_token });
    await send(`${world.issuer}/oauth2/userinfo`, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
    await send(`${world.issuer}/oauth2/userinfo?access_token=${tokens.access_token}`);
    await send(`${world.issuer}/nowhere/${hanako.login}?password=${encodeURIComponent(password)}`);
    await person.go(oidcLogout(tokens));
    await world.server.restart();
    for (const secret of secrets) {
      for (const form of [secret, encodeURIComponent(secret)]) {
        const at = world.server.stderr.indexOf(form);
        assert.equal(at, -1, `the log has ${form}: ${world.server.stderr.slice(Math.max(0, at - 200), at + 200)}`);
      }
    }
    for (const line of world.server.stderr.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line);
    assert.ok(world.server.log.some(({ event }) => event === 'request'), 'requests are logged');
  });
  const oidcLogout = (tokens) => `${world.issuer}/oauth2/logout?id_token_hint=${tokens.id_token}`;

  test('a trace id is taken from traceparent and told in the log', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await send(`${world.issuer}/.well-known/openid-configuration`, { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } });
    assert.ok(world.server.stderr.includes(trace) || (await new Promise((resolve) => setTimeout(resolve, 300)), world.server.stderr.includes(trace)));
  });

  test('metrics name no person', async () => {
    const reply = await send(`${world.server.url}/metrics`);
    assert.equal(reply.status, 200);
    assert.match(reply.body, /^# TYPE kidoban_/m);
    assert.doesNotMatch(reply.body, /hanako|john|demo\.example/);
  });

  test("the store's file shows nobody", async () => {
    if (world.server.store === 'postgres') return;
    const bytes = readdirSync(world.server.data).filter((name) => name.startsWith('kidoban.db'))
      .map((name) => readFileSync(join(world.server.data, name)).toString('latin1')).join('');
    for (const secret of [hanako.login, john.login, 'Hanako', password, Buffer.from('花子').toString('latin1'), sampleOne.secret, '$argon2']) {
      assert.ok(!bytes.includes(secret), secret);
    }
  });

  test('every sign-in event is in the audit', async () => {
    await discover(world.issuer, sampleOne);
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    const names = new Set(records.map(({ event }) => event));
    for (const event of ['sign_in.factor', 'oidc.code.redeemed', 'oidc.token.refreshed', 'session.ended']) assert.ok(names.has(event), `${event} in ${[...names]}`);
  });
});
