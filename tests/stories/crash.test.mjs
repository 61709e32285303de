// kill -9 at random moments: what was acknowledged is there afterwards, and no code gives twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { begin, browser, discover, redeem, sampleOne, token } from '../kit/client.mjs';
import { between, pick } from '../kit/random.mjs';
import { Server, hanako, john } from '../kit/server.mjs';

// The hash's cost isn't what is looked at here.
const env = { KIDOBAN_PASSWORD_MEMORY_KIB: '8192', KIDOBAN_PASSWORD_PASSES: '1' };
const offline = { scope: 'openid offline_access' };
const lost = (error) => ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code) || /socket hang up/.test(error.message);

for (const [store, wanted] of [['sqlite', 200], ['postgres', 40]]) {
  describe(`killed while people sign in (${store})`, () => {
    test(`${wanted} sign-ins, nothing lost, no code redeemed twice`, { timeout: 600_000 }, async () => {
      const server = await Server.start({ store, env });
      const client = await discover(server.issuer(), sampleOne);
      const issuer = server.issuer();
      const sessions = []; // browsers that were told they are signed in
      const codes = []; // {code, verifier, given: how many 200s, refresh}
      let kills = 0;
      let over = false;

      async function signInOnce() {
        const person = browser();
        const begun = await begin(client, offline);
        const { url } = await person.signIn(begun.url, pick([hanako, john]));
        if (!url.searchParams.has('code')) {
          // Until a kill is noticed, forms may have come to nothing; the person is then asked again.
          assert.ok(person.page.status < 500 || person.page.status === 503, `${person.page.status} ${person.page.text}`);
          return;
        }
        sessions.push(person);
        const one = { code: url.searchParams.get('code'), verifier: begun.verifier, given: 0 };
        codes.push(one);
        const reply = await redeem(issuer, sampleOne, one.code, one.verifier);
        assert.equal(reply.status, 200, reply.body);
        one.given += 1;
        one.refresh = reply.json().refresh_token;
        const first = one.refresh;
        one.refresh = undefined; // unless the answer comes, which of the two is good isn't known
        const next = await token(issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: first });
        if (next.status === 200) one.refresh = next.json().refresh_token;
        else assert.equal(next.status, 503, next.body);
      }
      async function person() {
        while (!over) {
          try {
            await signInOnce();
          } catch (error) {
            if (!lost(error)) throw error;
            await sleep(50);
          }
          if (kills >= 3 && codes.filter((one) => one.given).length >= wanted) over = true;
        }
      }
      async function killer() {
        while (!over) {
          await sleep(between(50, 1500));
          if (over) return;
          await server.kill();
          kills += 1;
          await server.begin();
        }
      }
      try {
        await Promise.all([...Array.from({ length: 4 }, person), killer()]);
      } finally {
        over = true;
        await server.kill();
      }
      if (store === 'sqlite') assert.equal(server.sql('pragma integrity_check'), 'ok');
      await server.begin();

      for (const one of sessions) {
        const reply = await one.send((await begin(client, { prompt: 'none' })).url);
        assert.ok(new URL(reply.headers.location).searchParams.has('code'), `a session is lost: ${reply.headers.location}`);
      }
      for (const one of codes.filter(({ refresh }) => refresh)) {
        const reply = await token(issuer, sampleOne, { grant_type: 'refresh_token', refresh_token: one.refresh });
        assert.equal(reply.status, 200, `a refresh token is lost: ${reply.body}`);
      }
      for (const one of codes) {
        const reply = await redeem(issuer, sampleOne, one.code, one.verifier);
        if (reply.status === 200) one.given += 1;
        else assert.equal(reply.json().error, 'invalid_grant');
        assert.ok(one.given <= 1, 'a code gave twice');
      }
      await server.stop();
    });
  });
}
