// A company's rules for passwords: what is refused and how it is told, temporary passwords, expiry, locks, breached ones; through
// the administrators' API and the pages, on both stores, with a second tenant who feels nothing of it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { accessibility, launch, overflows, picture, visitor } from '../kit/browser.mjs';
import { browser, signIn } from '../kit/client.mjs';
import { temporaryFolder } from '../kit/folder.mjs';
import { Server, hanako, john, password, run } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const fresh = 'seven lanterns over the quay';
const api = (server, who, method, path, { json, headers = {}, tenant = 'demo' } = {}) => who.send(`${server.issuer(tenant)}/api/v1${path}`,
  { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
const refused = (reply, status, reason) => {
  assert.equal(reply.status, status, reply.body);
  assert.equal(reply.headers['content-type'], 'application/problem+json');
  assert.equal(reply.json().reason, reason);
  return reply.json();
};
const good = (reply, status = 200) => {
  assert.equal(reply.status, status, reply.body);
  return reply.body ? reply.json() : undefined;
};
const sha1 = (text) => createHash('sha1').update(text).digest('hex').toUpperCase();

onEachStore('the password policy', (world) => {
  let administrator, member, stranger;
  const ask = (who, ...rest) => api(world.server, who, ...rest);
  const make = async (login, more = {}) => good(await ask(administrator, 'POST', '/people', { json: { login, display_name: login.split('@')[0], ...more } }), 201);
  const rules = async (json) => good(await ask(administrator, 'PUT', '/settings/password', { json }));
  const enter = (login, secret) => browser().signIn(`${world.issuer}/`, { login, password: secret });
  const setPassword = (id, json) => ask(administrator, 'POST', `/people/${id}/password`, { json });

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password });
  });

  test('is for administrators of this tenant alone', async () => {
    const { id } = await make('closed@demo.example');
    const doors = [['GET', '/settings/password'], ['PUT', '/settings/password', {}], ['GET', `/people/${id}/password`],
      ['POST', `/people/${id}/password`, {}], ['POST', `/people/${id}/unlock`]];
    for (const [method, path, json] of doors) {
      refused(await ask(browser(), method, path, { json }), 401, 'session_missing');
      refused(await ask(member, method, path, { json }), 403, 'not_administrator');
      if (method !== 'GET') refused(await ask(administrator, method, path, { json, headers: { 'Sec-Fetch-Site': 'cross-site' } }), 403, 'cross_site_request');
      if (path.includes(id)) refused(await ask(stranger, method, path, { json, tenant: 'other' }), 404, 'person_unknown');
    }
    assert.equal(good(await ask(administrator, 'GET', `/people/${id}/password`)).set, false);
  });

  test('has safe defaults, is replaced as a whole, and names what is wrong with it', async () => {
    const first = await ask(administrator, 'GET', '/settings/password');
    assert.deepEqual(good(first).default, { min_length: 15, max_length: 256, min_strength: 3, character_kinds: 0, history: 3,
      expires_after_days: 0, temporary_life_hours: 72, refuse_breached: true, refuse_own_words: true });
    const { errors } = refused(await ask(administrator, 'PUT', '/settings/password', { json: { default: { min_length: 5, colour: 1 }, lock: { threshold: 0 } } }), 400, 'settings_malformed');
    assert.deepEqual(errors, [{ member: 'default.colour', reason: 'unknown' }, { member: 'default.min_length', reason: 'out_of_range' }, { member: 'lock.threshold', reason: 'out_of_range' }]);
    const set = await ask(administrator, 'PUT', '/settings/password', { json: { default: { min_length: 16 } }, headers: { 'If-Match': first.headers.etag } });
    assert.equal(good(set).default.min_length, 16);
    refused(await ask(administrator, 'PUT', '/settings/password', { json: {}, headers: { 'If-Match': first.headers.etag } }), 412, 'version_changed');
    assert.equal((await ask(stranger, 'GET', '/settings/password', { tenant: 'other' })).json().default.min_length, 15);
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '50']);
    assert.ok(records.some(({ event, detail }) => event === 'settings.changed' && detail.includes('min_length')));
    await rules({});
  });

  test('everything that is wrong with a password is told at once, to an administrator and on the command line', async () => {
    const { id } = await make('taro@demo.example', { family_name: 'Yamada' });
    const { faults } = refused(await setPassword(id, { password: 'yamada1' }), 400, 'password_unusable');
    assert.deepEqual(faults.map(({ reason }) => reason), ['password_too_short', 'password_own_words', 'password_too_common']);
    assert.equal(faults[0].value, '15');
    assert.match(JSON.stringify(refused(await setPassword(id, { hash: 'plain' }), 400, 'hash_unsupported')), /hash/);
    refused(await setPassword(id, { password: fresh, hash: '$1$x$y' }), 400, 'member_malformed');
    refused(await setPassword(id, { temporary: false }), 400, 'member_missing');
    const told = run(['person', 'set-password', '--tenant', 'demo', '--login', 'taro@demo.example', ...world.server.storeArgs], { env: world.server.env, input: 'passwordpassword\n' });
    assert.notEqual(told.status, 0);
    assert.match(told.stderr, /easy to guess/);
  });

  test('a group can have a policy of its own', async () => {
    const { id } = await make('keeper@demo.example');
    const group = good(await ask(administrator, 'POST', '/groups', { json: { name: 'Keepers' } }), 201).id;
    good(await ask(administrator, 'PUT', `/groups/${group}/members/${id}`), 204);
    await rules({ overrides: [{ groups: [group], policy: { min_length: 40 } }] });
    assert.deepEqual(refused(await setPassword(id, { password: fresh }), 400, 'password_unusable').faults, [{ reason: 'password_too_short', value: '40' }]);
    const { id: other } = await make('other@demo.example');
    good(await setPassword(other, { password: fresh, temporary: false }));
    await rules({});
  });

  test('a temporary password is told once, ends what was open, and must be replaced before anything else', async () => {
    const login = 'new@demo.example';
    const { id } = await make(login);
    good(await setPassword(id, { password, temporary: false }));
    const open = browser();
    await open.signIn(`${world.issuer}/`, { login, password });
    assert.match(open.page.text, /My Applications/);
    const given = good(await setPassword(id, {}));
    assert.match(given.temporary_password, /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    assert.equal(given.temporary, true);
    assert.ok(Math.abs(Date.parse(given.expires_at) - Date.now() - 72 * 3600e3) < 60e3);
    assert.match((await open.go(`${world.issuer}/account`)).text, /Sign in|Next/);
    assert.match((await enter(login, password)).text, /isn.t right/);
    const person = browser();
    await person.signIn(`${world.issuer}/`, { login, password: given.temporary_password });
    assert.match(person.page.text, /temporary/);
    assert.match((await browser().go(`${world.issuer}/`)).text, /Email address/);
    const worse = await person.answer({ new_password: 'new@demo', new_password_again: 'new@demo' });
    assert.equal(worse.status, 400);
    assert.match(worse.text, /15 characters/);
    assert.match(worse.text, /easy to guess/);
    assert.match((await person.answer({ new_password: password, new_password_again: password })).text, /had this password before/);
    await person.answer({ new_password: fresh, new_password_again: fresh });
    assert.match(person.page.text, /My Applications/);
    assert.match((await enter(login, fresh)).text, /My Applications/);
    assert.equal(good(await ask(administrator, 'GET', `/people/${id}/password`)).temporary, false);
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    const text = JSON.stringify(records) + world.server.stderr;
    for (const secret of [given.temporary_password, fresh]) assert.ok(!text.includes(secret), 'no secret is told');
  });

  test('a temporary password runs out, and so does one that is too old; the portal warns before', async () => {
    const login = 'late@demo.example';
    const { id } = await make(login, { locale: 'ja' });
    const { temporary_password: temporary } = good(await setPassword(id, {}));
    world.server.sql('update password_credentials set temporary_until = 1 where temporary_until is not null');
    assert.match((await enter(login, temporary)).text, /run out/);
    good(await setPassword(id, { password, temporary: false }));
    await rules({ default: { expires_after_days: 30 } });
    const day = 86_400_000_000;
    const age = (days) => world.server.sql(`update password_credentials set changed_at = changed_at - ${days * day} where hash = (select hash from password_credentials order by changed_at desc limit 1)`);
    assert.doesNotMatch((await enter(login, password)).text, /パスワードの有効期限/);
    age(17);
    assert.match((await enter(login, password)).text, /パスワードの有効期限/);
    assert.ok(Math.abs(Date.parse(good(await ask(administrator, 'GET', `/people/${id}/password`)).expires_at) - Date.now() - 13 * 86400e3) < 60e3);
    world.server.sql(`update password_credentials set changed_at = changed_at - ${13 * day} where changed_at = (select min(changed_at) from password_credentials)`);
    const person = browser();
    assert.match((await person.signIn(`${world.issuer}/`, { login, password })).text, /expired/);
    await person.answer({ new_password: fresh, new_password_again: fresh });
    assert.match((await enter(login, fresh)).text, /マイアプリケーション/);
    await rules({});
  });

  test('a person changes their own password, after showing it once more', async () => {
    const login = 'self@demo.example';
    const { id } = await make(login);
    good(await setPassword(id, { password, temporary: false }));
    const person = browser();
    await person.signIn(`${world.issuer}/`, { login, password });
    assert.match((await person.go(`${world.issuer}/account`)).body, /href="[^"]*\/account\/password"/);
    await person.go(`${world.issuer}/account/password`);
    await person.answer({ password });
    assert.match(person.page.text, /Your other sessions end/);
    await person.answer({ new_password: fresh, new_password_again: fresh });
    assert.equal(person.at.pathname, '/t/demo/account');
    assert.match((await enter(login, password)).text, /isn.t right/);
  });

  test('the operator gives a temporary password and forgets guesses on the command line', async () => {
    const login = 'line@demo.example';
    const { id } = await make(login);
    const told = world.server.command(['person', 'set-password', '--tenant', 'demo', '--login', login, '--temporary']);
    assert.match((await enter(login, told.temporary_password)).text, /temporary/);
    await rules({ lock: { threshold: 1, first_delay_s: 600 } });
    for (let i = 0; i < 2; ++i) await enter(login, 'wrong wrong wrong');
    assert.equal(good(await ask(administrator, 'GET', `/people/${id}/password`)).locked, true);
    world.server.command(['person', 'unlock', '--tenant', 'demo', '--login', login]);
    assert.equal(good(await ask(administrator, 'GET', `/people/${id}/password`)).locked, false);
    await rules({});
  });

  test("somebody else's hash opens once it is imported, and is no temporary one", async () => {
    const { id } = await make('import@demo.example');
    const salt = Buffer.from('0123456789abcdef');
    const digest = createHash('sha256').update(password).update(salt).digest();
    const told = good(await setPassword(id, { hash: `{SSHA256}${Buffer.concat([digest, salt]).toString('base64')}` }));
    assert.equal(told.temporary, false);
    assert.match((await enter('import@demo.example', password)).text, /My Applications/);
  });

  test('guessing locks by the rule of the tenant, administrators see it and unlock', async () => {
    const login = 'guessed@demo.example';
    const { id } = await make(login);
    good(await setPassword(id, { password, temporary: false }));
    await rules({ lock: { threshold: 2, first_delay_s: 600, longest_delay_s: 900 } });
    for (let i = 0; i < 3; ++i) assert.match((await enter(login, 'wrong wrong wrong')).text, /isn.t right/);
    assert.equal((await enter(login, password)).status, 429);
    const state = good(await ask(administrator, 'GET', `/people/${id}/password`));
    assert.equal(state.locked, true);
    assert.ok(Date.parse(state.locked_until) - Date.now() > 500e3);
    good(await ask(administrator, 'POST', `/people/${id}/unlock`), 204);
    assert.equal(good(await ask(administrator, 'GET', `/people/${id}/password`)).locked, false);
    assert.match((await enter(login, password)).text, /My Applications/);
    await rules({});
  });
});

describe('breached passwords', () => {
  const stolen = 'the stolen lantern of yore';
  let server, administrator, id, service, behave, asked;
  before(async () => {
    // The range protocol of Pwned Passwords, as its service answers it: other hashes of the range, and padding.
    service = createServer((request, reply) => behave(request, reply));
    await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve));
    asked = [];
  });
  after(async () => { await server?.stop(); service.close(); service.closeAllConnections(); });
  const lines = (prefix) => {
    const others = Array.from({ length: 800 }, (_, i) => `${sha1(`${prefix}${i}`).slice(5)}:${i % 7 + 1}`);
    const padding = Array.from({ length: 20 }, (_, i) => `${sha1(`p${i}`).slice(5)}:0`);
    return [...others, ...(sha1(stolen).startsWith(prefix) ? [`${sha1(stolen).slice(5)}:42`] : []), ...padding].join('\r\n');
  };
  const honest = (request, reply) => {
    asked.push({ url: request.url, padding: request.headers['add-padding'] });
    reply.setHeader('Content-Type', 'text/plain').end(lines(request.url.slice('/range/'.length)));
  };
  const start = async (env) => {
    await server?.stop();
    server = await Server.start({ env });
    administrator = browser();
    await administrator.signIn(`${server.issuer()}/`, hanako);
    id = good(await api(server, administrator, 'POST', '/people', { json: { login: 'taro@demo.example', display_name: 'Taro' } }), 201).id;
  };
  const set = (secret) => api(server, administrator, 'POST', `/people/${id}/password`, { json: { password: secret, temporary: false } });
  const unchecked = () => server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']).records
    .filter(({ event, detail }) => event === 'password.set' && detail.includes('"breach_check":"unavailable"')).length;

  test('are refused by a service that never learns more than five digits of the hash', async () => {
    behave = honest;
    await start({ KIDOBAN_PASSWORD_BREACH_URL: `http://127.0.0.1:${service.address().port}/range` });
    asked = [];
    assert.deepEqual(refused(await set(stolen), 400, 'password_unusable').faults.map(({ reason }) => reason), ['password_breached']);
    assert.deepEqual(asked, [{ url: `/range/${sha1(stolen).slice(0, 5)}`, padding: 'true' }]);
    good(await set(fresh));
    assert.equal(unchecked(), 0);
  });

  test('and where the service is wrong, slow, huge or away, the record says that nobody could tell', async () => {
    const ways = {
      'an error': (request, reply) => { reply.statusCode = 503; reply.end('later'); },
      'another page': (request, reply) => reply.end('<html>captive portal</html>'),
      'nothing': (request, reply) => reply.end(''),
      'a redirect': (request, reply) => { reply.writeHead(302, { Location: `/range/${sha1(stolen).slice(0, 5)}` }); reply.end(); },
      'too much': (request, reply) => reply.end(`${'0'.repeat(35)}:1\r\n`.repeat(40_000)),
      'a cut': (request, reply) => { reply.writeHead(200, { 'Content-Length': 100_000 }); reply.write('0'); setTimeout(() => reply.destroy(), 50); },
      'silence': () => {},
    };
    let times = 0;
    for (const [name, way] of Object.entries(ways)) {
      behave = way;
      const began = Date.now();
      good(await set(`lantern ${name} over the quay`));
      assert.ok(Date.now() - began < 6000, `${name} took ${Date.now() - began} ms`);
      assert.equal(unchecked(), ++times, name);
    }
    const metrics = await browser().send(`${server.url}/metrics`);
    assert.match(metrics.body, /kidoban_breach_checks_total\{outcome="unavailable"\} 7/);
    assert.ok(server.log.some(({ event }) => event === 'breach_check_unavailable'));
  });

  test('or nothing is set, where the operator wants it so', async () => {
    behave = (request, reply) => { reply.statusCode = 503; reply.end(); };
    const url = `http://127.0.0.1:${service.address().port}/range`;
    await server.stop();
    const strict = { KIDOBAN_PASSWORD_BREACH_URL: url, KIDOBAN_PASSWORD_BREACH_UNAVAILABLE: 'refuse' };
    behave = honest; // the demonstration's people need their passwords
    await start(strict);
    behave = (request, reply) => { reply.statusCode = 503; reply.end(); };
    refused(await set(fresh), 503, 'breach_check_unavailable');
    behave = honest;
    good(await set(fresh));
  });

  test('a local file does it without any service', async () => {
    const file = join(temporaryFolder(), 'hashes.txt');
    const hashes = Array.from({ length: 5000 }, (_, i) => sha1(`other ${i}`)).concat(sha1(stolen)).sort();
    writeFileSync(file, hashes.map((hash, i) => `${hash}:${i + 1}`).join('\r\n'));
    await start({ KIDOBAN_PASSWORD_BREACH_FILE: file });
    assert.deepEqual(refused(await set(stolen), 400, 'password_unusable').faults.map(({ reason }) => reason), ['password_breached']);
    good(await set(fresh));
    writeFileSync(file, 'no hashes at all\n');
    const told = run(['tenant', 'list', ...server.storeArgs], { env: server.env });
    assert.notEqual(told.status, 0);
    assert.match(told.stderr, /password\.breach_file/);
  });
});

describe('the page for a new password', () => {
  let server, chromium, administrator;
  before(async () => {
    server = await Server.start();
    chromium = await launch();
    administrator = browser();
    await administrator.signIn(`${server.issuer()}/`, hanako);
  });
  after(async () => { await chromium?.close(); await server?.stop(); });
  const temporaryFor = async (login) => {
    const made = good(await api(server, administrator, 'POST', '/people', { json: { login, display_name: 'Taro', locale: login.slice(0, 2) } }), 201);
    return good(await api(server, administrator, 'POST', `/people/${made.id}/password`, { json: {} })).temporary_password;
  };

  for (const language of ['ja', 'en']) for (const size of ['phone', 'desk']) {
    test(`is right in ${language} on a ${size}, with the keyboard alone`, async () => {
      const login = `${language}-${size}@demo.example`;
      const temporary = await temporaryFor(login);
      const page = await visitor(chromium, { language, size });
      const look = async (name) => {
        assert.equal(await page.getAttribute('html', 'lang'), language, name);
        assert.ok(await page.title());
        assert.deepEqual(page.complaints.filter((text) => !/status of 4\d\d/.test(text)), [], `${name}: the console is quiet`);
        await picture(page, `${name}-${language}-${size}`);
        assert.equal(await overflows(page), false, `${name} sticks out sideways`);
        assert.deepEqual(await accessibility(page), [], name);
        page.complaints.length = 0;
      };
      const caret = (id) => page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);
      const type = async (...texts) => {
        for (const [i, text] of texts.entries()) {
          if (i) {
            await page.keyboard.press('Tab');
            if (await page.evaluate(() => document.activeElement?.className === 'reveal')) await page.keyboard.press('Tab');
          }
          await page.keyboard.type(text);
        }
        await page.keyboard.press('Enter');
      };
      await page.goto(`${server.issuer()}/`);
      await caret('login');
      await type(login);
      await caret('password');
      await type(temporary);
      await caret('new_password');
      await look('new-password');
      await type('demo', 'demo');
      await page.waitForSelector('#problem li');
      await look('new-password-problem');
      await caret('new_password');
      await type(fresh, fresh);
      await page.waitForSelector('nav.bar');
      await page.context().close();
    });
  }

  test('works without script', async () => {
    const temporary = await temporaryFor('ja-plain@demo.example');
    const page = await visitor(chromium, { language: 'ja', javaScript: false });
    const submit = () => page.click('main form:has(.main-action) button.main-action');
    await page.goto(`${server.issuer()}/`);
    await page.fill('#login', 'ja-plain@demo.example');
    await submit();
    await page.fill('#password', temporary);
    await submit();
    await page.fill('#new_password', fresh);
    await page.fill('#new_password_again', fresh);
    await submit();
    await page.waitForSelector('nav.bar');
    await page.goto(`${server.issuer()}/account`);
    await picture(page, 'account-password-ja');
    await page.context().close();
  });
});
