// What a person sees and changes of themselves, and what they are written about it: on both stores, with a real SMTP server and
// a second tenant that finds nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessibility, launch, overflows, picture, visitor } from '../kit/browser.mjs';
import { browser, discover, sampleOne, signIn as signInTo } from '../kit/client.mjs';
import { NameServer } from '../kit/name_server.mjs';
import { Server, hanako, john, password } from '../kit/server.mjs';
import { MailServer, certificate, mailing } from '../kit/smtp.mjs';
import { stores } from '../kit/stories.mjs';

const files = certificate();
const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
const eventually = async (check, within = 20_000) => {
  for (const end = Date.now() + within; ; await sleep(100)) {
    const found = await check();
    if (found || Date.now() > end) return found;
  }
};

for (const store of stores) describe(`own pages (${store})`, () => {
  let smtp, names, server, administrator, stranger;
  const origin = () => ({ Origin: server.url, 'Sec-Fetch-Site': 'same-origin' });
  const api = (who, method, path, { json, headers = {}, tenant = 'demo' } = {}) => who.send(`${server.issuer(tenant)}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', ...origin(), ...headers } });
  const good = async (who, method, path, options, status = 200) => {
    const reply = await api(who, method, path, options);
    assert.equal(reply.status, status, `${method} ${path}: ${reply.body}`);
    return reply.body ? reply.json() : undefined;
  };
  const refused = async (reply, status, reason) => {
    const got = await reply;
    assert.equal(got.status, status, got.body);
    assert.equal(got.json().reason, reason);
  };
  const signedIn = async (login, { tenant = 'demo', secret = password, person = browser() } = {}) => {
    await person.signIn(`${server.issuer(tenant)}/`, { login, password: secret });
    assert.equal(person.page.status, 200, person.page.text);
    assert.equal(person.at.pathname, `/t/${tenant}/`);
    return person;
  };
  const someone = async (login, options) => {
    const { id } = server.person('demo', login, options);
    return id;
  };
  const mailsTo = (address, fits = () => true) => smtp.mails.filter((mail) => mail.envelope.to.includes(address) && fits(mail));
  const nextTo = (address, subject) => smtp.next((mail) => mail.envelope.to[0] === address && subject.test(mail.subject));
  // Whatever was to be sent has been.
  const quiet = () => eventually(() => server.sql('select count(*) from mail_queue') === '0');
  const audited = (event) => server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']).records.filter((one) => one.event === event);

  before(async () => {
    smtp = await MailServer.start({ pem: files.pem });
    names = await NameServer.start({ 'acme.example': '', 'lost.example': '' });
    server = await Server.start({ store, args: mailing(smtp.port, files), env: { KIDOBAN_SERVER_CHORES_EVERY_S: '1', KIDOBAN_DNS_SERVERS: names.address } });
    server.tenant('other');
    server.person('other', 'boss@other.example', { administrator: true });
    administrator = await signedIn(hanako.login);
    stranger = await signedIn('boss@other.example', { tenant: 'other' });
    await good(administrator, 'PUT', '/settings/mail', { json: { system_destinations: ['system@demo.example'], default_language: 'en' } });
  });
  after(async () => {
    await server?.stop();
    await smtp?.stop();
    await names?.stop();
  });

  test('wrong guesses are told to the person once a lock, with its end, and shown to administrators in lists', async () => {
    const id = await someone('locked@demo.example');
    await good(administrator, 'PUT', '/settings/password', { json: { lock: { threshold: 1, first_delay_s: 300, longest_delay_s: 900 } } });
    const guess = async (login) => {
      const guesser = browser();
      await guesser.go(`${server.issuer()}/`);
      await guesser.answer({ login });
      return guesser.answer({ password: 'not that one' });
    };
    for (const login of ['locked@demo.example', 'nobody@demo.example']) for (let i = 0; i < 3; ++i) await guess(login);
    const mail = await nextTo('locked@demo.example', /Too many wrong passwords/);
    const { locked_until: until } = await good(administrator, 'GET', `/people/${id}`);
    assert.ok(Math.abs(Date.parse(until) - Date.now() - 300_000) < 60_000, until);
    const told = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }).format(new Date(until));
    assert.ok(mail.text.includes(told), `${mail.text} has ${told}`);
    const { people } = await good(administrator, 'GET', '/people?limit=500');
    assert.equal(people.find((one) => one.id === id).locked_until, until);
    assert.ok(people.some((one) => one.locked_until === null));
    await good(administrator, 'POST', `/people/${id}/unlock`, undefined, 204);
    assert.equal((await good(administrator, 'GET', `/people/${id}`)).locked_until, null);
    for (let i = 0; i < 3; ++i) await guess('locked@demo.example');
    await quiet();
    assert.equal(mailsTo('locked@demo.example').length, 1, 'not again on the same day');
    assert.equal(mailsTo('nobody@demo.example').length, 0);
    await good(administrator, 'PUT', '/settings/password', { json: {} });
  });

  test('a replaced password is told of once, by whichever way it was replaced, and a first one is not', async () => {
    const login = 'changes@demo.example';
    const id = await someone(login);
    const told = () => mailsTo(login, ({ subject }) => /was changed/.test(subject)).length;
    const after = async (count) => {
      assert.ok(await eventually(() => told() === count), `${told()} instead of ${count}`);
      await quiet();
      assert.equal(told(), count);
    };
    await quiet();
    assert.equal(told(), 0, 'the first');
    const person = await signedIn(login);
    await person.go(`${server.issuer()}/account/password`);
    await person.answer({ password });
    await person.answer({ new_password: 'a river under nine bridges', new_password_again: 'a river under nine bridges' });
    assert.equal(person.at.pathname, '/t/demo/account', person.page.text);
    await after(1);
    server.command(['person', 'set-password', '--tenant', 'demo', '--login', login], { input: 'nine bridges over the river\n' });
    await after(2);
    await good(administrator, 'POST', `/people/${id}/password`, { json: { password: 'eleven lamps beside the pond', temporary: false } });
    await after(3);
    await good(administrator, 'POST', `/people/${id}/password`, { json: {} });
    await after(4);
    await good(administrator, 'POST', `/people/${id}/password`, { json: { mail: true } });
    await nextTo(login, /temporary password/);
    await after(4);
    const account = await good(administrator, 'POST', '/service-accounts', { json: { name: 'SCIM', permissions: ['people_read', 'people_write', 'people_reset'] } }, 201);
    const { token } = await good(administrator, 'POST', `/service-accounts/${account.id}/tokens`, { json: { label: 'x', expires_at: new Date(Date.now() + 30 * 86_400_000).toISOString() } }, 201);
    const patched = await browser().send(`${server.issuer()}/scim/v2/Users/${id}`, { method: 'PATCH', headers: { Authorization: `Bearer ${token}`, Accept: 'application/scim+json', 'Content-Type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'password', value: 'four owls upon a cedar beam' }] }) });
    assert.ok(patched.status < 300, patched.body);
    await after(5);
    const forgot = browser();
    await forgot.go(`${server.issuer()}/password-reset`);
    await forgot.answer({ login });
    const link = /https?:\/\/\S+\/password-reset\/\S+/.exec((await nextTo(login, /Choose a new password/)).text)[0];
    await forgot.go(link);
    await forgot.answer({ password: 'seven cranes above a rice field', password_again: 'seven cranes above a rice field' });
    await after(6);
  });

  test('a browser that is new for somebody is told to them, and only that; a tenant may leave it', async () => {
    const login = 'devices@demo.example';
    await someone(login);
    const told = () => mailsTo(login, ({ subject }) => /unusual sign-in/.test(subject));
    const home = browser();
    await signedIn(login, { person: home });
    await home.go(`${server.issuer()}/sign-out`);
    await home.answer({ csrf: home.form('csrf').fields.csrf });
    await signedIn(login, { person: home });
    await quiet();
    assert.equal(told().length, 0, 'the first browser, and it again');
    const cookie = [...home.cookies.values()].find(({ name }) => name === 'kidoban-known-demo');
    assert.match(cookie.line, /Max-Age=34560000/i);
    assert.match(cookie.line, /HttpOnly/i);
    assert.ok(!server.stderr.includes(cookie.value));
    const phone = browser({ headers: { 'User-Agent': safari } });
    await signedIn(login, { person: phone });
    const mail = await nextTo(login, /unusual sign-in/);
    assert.match(mail.text, /Browser: Safari, iPhone/);
    assert.match(mail.text, /From: 127\.0\.0\.1/);
    const { sign_ins: [newest, , older] } = await good(phone, 'GET', '/me/sign-ins');
    assert.equal(newest.new_browser, true);
    assert.equal(newest.current, true);
    assert.equal(older.new_browser, false);
    // Whoever shares a browser is new in it all the same.
    await someone('shares@demo.example');
    const shared = home.twin();
    shared.cookies = new Map([...home.cookies].filter(([key]) => /known/.test(key)));
    await signedIn('shares@demo.example', { person: shared });
    const settings = await good(administrator, 'GET', '/settings/sign-in');
    assert.deepEqual(settings, { mail_new_browser: true });
    await refused(api(phone, 'GET', '/settings/sign-in'), 403, 'not_administrator');
    await refused(api(administrator, 'PUT', '/settings/sign-in', { json: { mail_new_browser: 'no' } }), 400, 'member_malformed');
    await good(administrator, 'PUT', '/settings/sign-in', { json: { mail_new_browser: false }, headers: { 'If-Match': '"0"' } });
    await refused(api(administrator, 'PUT', '/settings/sign-in', { json: {}, headers: { 'If-Match': '"0"' } }), 412, 'version_changed');
    await signedIn(login);
    await quiet();
    assert.equal(told().length, 1);
    await good(administrator, 'PUT', '/settings/sign-in', { json: {} });
  });

  test('somebody reads their own sign-ins and failed tries, in pages, and nobody else does', async () => {
    const login = 'history@demo.example';
    await someone(login);
    const one = await discover(server.issuer(), sampleOne);
    const wrong = browser({ headers: { 'User-Agent': safari } });
    await signInTo(one, { login, password });
    await wrong.go(`${server.issuer()}/`);
    await wrong.answer({ login });
    await wrong.answer({ password: 'not that one' });
    const here = await signedIn(login);
    const all = (await good(here, 'GET', '/me/sign-ins')).sign_ins;
    assert.deepEqual(all.map(({ outcome, application, browser: name, current }) => [outcome, application, name, current]),
      [['success', null, 'Firefox', true], ['refused', null, 'Safari', false], ['success', 'Sample One', 'Firefox', false]]);
    assert.deepEqual(all[0].methods, ['pwd']);
    assert.equal(all[1].reason, 'password_wrong');
    assert.equal(all[1].client_address, '127.0.0.1');
    const first = await good(here, 'GET', '/me/sign-ins?limit=2');
    const second = await good(here, 'GET', `/me/sign-ins?limit=2&after=${first.next}`);
    assert.deepEqual([...first.sign_ins, ...second.sign_ins].map(({ id }) => id), all.map(({ id }) => id));
    assert.equal(second.next, undefined);
    const page = await here.go(`${server.issuer()}/account/history`);
    assert.match(page.text, /Sign-in failed/);
    assert.match(page.text, /Safari on iPhone · 127\.0\.0\.1/);
    assert.match(page.text, /Sample One · password/);
    const account = await here.go(`${server.issuer()}/account`);
    assert.match(account.text, /Failed since then: 1\. The last one:.*Safari on iPhone.*The time before.*Sample One.*This time/);
    // Nobody, a service account, another person, another tenant.
    await refused(api(browser(), 'GET', '/me/sign-ins'), 401, 'session_missing');
    await refused(api(here, 'GET', '/me', { headers: { Authorization: 'Bearer kdb_x' } }), 403, 'not_a_person');
    const theirs = (await good(stranger, 'GET', '/me/sign-ins', { tenant: 'other' })).sign_ins;
    assert.ok(!theirs.some(({ id }) => all.some((own) => own.id === id)));
    for (const [who, tenant] of [[stranger, 'other'], [administrator, 'demo']]) {
      await refused(api(who, 'POST', `/me/sign-ins/${all[1].id}/report`, { tenant, json: {} }), 404, 'sign_in_unknown');
    }
    assert.equal((await stranger.go(`${server.issuer('other')}/account/history/${all[1].id}`)).status, 404);
  });

  test('all that is kept can be reached, by links from page to page', async () => {
    const login = 'often@demo.example';
    await someone(login);
    const one = await discover(server.issuer(), sampleOne);
    const here = await signedIn(login);
    for (let i = 0; i < 27; ++i) await signInTo(one, { login, password }, { person: here, more: { prompt: 'login' } });
    let page = await here.go(`${server.issuer()}/account/history`);
    const seen = new Set();
    for (let pages = 1; ; ++pages) {
      for (const [, id] of page.body.matchAll(/account\/history\/([0-9a-f-]{36})"/g)) seen.add(id);
      const older = /href="([^"]*history\?after=[^"]*)"/.exec(page.body);
      assert.equal(Boolean(older), pages === 1);
      if (!older) break;
      page = await here.go(new URL(older[1], here.at));
    }
    assert.equal(seen.size, 28);
    assert.equal((await good(here, 'GET', '/me/sign-ins')).sign_ins.length, 28);
  });

  test('"this wasn\'t me" tells those who answer for the tenant, ends the other sessions, and leads to the password', async () => {
    const login = 'reports@demo.example';
    const id = await someone(login);
    const thief = await signedIn(login, { person: browser({ headers: { 'User-Agent': safari } }) });
    const here = await signedIn(login);
    const stolen = (await good(here, 'GET', '/me/sign-ins')).sign_ins.find((one) => one.browser === 'Safari');
    await here.go(`${server.issuer()}/account/history/${stolen.id}`);
    assert.match(here.page.text, /Safari on iPhone/);
    const forged = await here.send(`${server.issuer()}/account/history/${stolen.id}`, { method: 'POST', form: { csrf: 'x', end_others: 'yes' }, headers: origin() });
    assert.equal(forged.status, 403);
    await here.answer({ end_others: 'yes' });
    assert.equal(here.at.pathname, '/t/demo/account/reported');
    assert.match(here.page.body, /account\/password"/);
    const mail = await nextTo('system@demo.example', /reports@demo\.example reports/);
    assert.match(mail.text, /Safari, iPhone/);
    assert.ok(mail.text.includes(`/t/demo/api/v1/people/${id}/sign-ins`));
    const [record] = audited('sign_in.reported');
    assert.ok(record.detail.includes(stolen.id));
    await refused(api(thief, 'GET', '/me'), 401, 'session_missing');
    await good(here, 'GET', '/me');
    // Without a destination it reaches the administrators.
    const before = await good(administrator, 'GET', '/settings/mail');
    await good(administrator, 'PUT', '/settings/mail', { json: {} });
    await good(here, 'POST', `/me/sign-ins/${stolen.id}/report`, { json: { end_other_sessions: false } }, 204);
    await nextTo(hanako.login, /reports@demo\.example/);
    await good(administrator, 'PUT', '/settings/mail', { json: before });
    for (let i = 0; i < 4; ++i) await api(here, 'POST', `/me/sign-ins/${stolen.id}/report`, { json: {} });
    await refused(api(here, 'POST', `/me/sign-ins/${stolen.id}/report`, { json: {} }), 429, 'too_many_reports');
  });

  test('a person changes what the tenant lets them, at the version they read, and nothing else', async () => {
    const login = 'details@demo.example';
    await someone(login);
    await good(administrator, 'PUT', '/settings/directory', { json: { custom_attributes: [
      { name: 'badge', type: 'text', self_editable: true, label_en: 'Badge', label_ja: 'バッジ' }, { name: 'desk', type: 'number', self_editable: true },
      { name: 'level', type: 'text' }] } });
    const here = await signedIn(login);
    const me = await api(here, 'GET', '/me');
    const told = me.json();
    assert.equal(told.login, login);
    assert.deepEqual(told.editable, ['private_email', 'private_phone', 'locale', 'zoneinfo', 'custom.badge', 'custom.desk']);
    assert.equal(me.headers.etag, '"1"');
    const changed = await api(here, 'PATCH', '/me', { json: { locale: 'ja', zoneinfo: 'Europe/Paris', private_phone: '+81-90-1234-5678', custom: { badge: 'あお', desk: 7 } }, headers: { 'If-Match': '"1"' } });
    assert.equal(changed.status, 200, changed.body);
    assert.equal(changed.headers.etag, '"2"');
    assert.deepEqual(changed.json().custom, { badge: 'あお', desk: 7 });
    await refused(api(here, 'PATCH', '/me', { json: { locale: 'en' }, headers: { 'If-Match': '"1"' } }), 412, 'version_changed');
    for (const [json, status, reason] of [[{ department: 'Board' }, 403, 'attribute_not_yours'], [{ custom: { level: 'A' } }, 403, 'attribute_not_yours'], [{ email: 'x@y.example' }, 403, 'attribute_not_yours'],
      [{ administrator: true }, 400, 'member_unknown'], [{ state: 'enabled' }, 400, 'member_unknown'], [{ private_phone: 'call me' }, 400, 'phone_malformed'], [{ custom: { desk: 'seven' } }, 400, 'attribute_type'],
      [{ custom: { nowhere: 1 } }, 400, 'attribute_unknown']]) await refused(api(here, 'PATCH', '/me', { json }), status, reason);
    const [record] = audited('person.changed');
    assert.match(JSON.stringify(record), /Europe\/Paris/);
    // The page, in the language just chosen; what is wrong is said beside what was typed.
    const page = await here.go(`${server.issuer()}/account/details`);
    assert.match(page.text, /登録情報/);
    assert.match(page.body, /<option value="Europe\/Paris" selected>/);
    await here.answer({ 'custom.desk': 'seven', 'custom.badge': 'red' });
    assert.equal(here.page.status, 400);
    assert.match(here.page.text, /desk: 整数で入力してください/);
    assert.match(here.page.body, /value="seven"/);
    await here.answer({ 'custom.desk': '8', 'custom.badge': 'red' });
    assert.equal(here.page.status, 200, here.page.text);
    assert.match(here.page.text, /保存しました/);
    assert.deepEqual((await good(here, 'GET', '/me')).custom, { badge: 'red', desk: 8 });
    // In two windows: the second looks again.
    const stale = here.twin();
    await stale.go(`${server.issuer()}/account/details`);
    await good(here, 'PATCH', '/me', { json: { custom: { badge: 'blue' } } });
    await stale.answer({ 'custom.badge': 'green' });
    assert.equal(stale.page.status, 409);
    assert.equal((await good(here, 'GET', '/me')).custom.badge, 'blue');
    await good(administrator, 'PUT', '/settings/directory', { json: { self_edit_contacts: false } });
    await refused(api(here, 'PATCH', '/me', { json: { private_email: 'home@elsewhere.example' } }), 403, 'attribute_not_yours');
    await good(administrator, 'PUT', '/settings/directory', { json: {} });
  });

  test('a private address counts once the link sent to it was opened by who asked; the others are told', async () => {
    const login = 'address@demo.example', home = 'Home@elsewhere.example';
    const id = await someone(login);
    await someone('other.one@demo.example');
    const here = await signedIn(login);
    const asked = await good(here, 'PATCH', '/me', { json: { private_email: home } });
    assert.equal(asked.private_email, undefined);
    assert.equal(asked.pending.private_email, home);
    assert.equal((await good(administrator, 'GET', `/people/${id}`)).private_email, undefined);
    const mail = await nextTo(home, /Confirm this address/);
    await nextTo(login, /is changing/);
    const link = /https?:\/\/\S+\/account\/address\/\S+/.exec(mail.text)[0];
    assert.ok(!server.stderr.includes(link.split('/').pop()));
    assert.match((await here.go(`${server.issuer()}/account/details`)).text, /Home@elsewhere\.example/);
    const other = await signedIn('other.one@demo.example');
    assert.equal((await other.go(link)).status, 410);
    // Opened before signing in: it is good afterwards.
    const elsewhere = browser();
    await elsewhere.signIn(link, { login, password });
    assert.match(elsewhere.page.text, /Home@elsewhere\.example/);
    assert.equal((await good(administrator, 'GET', `/people/${id}`)).private_email, undefined, 'looking confirms nothing');
  });

  test('the link confirms once, and then a reset reaches the address; taking it away is told to it', async () => {
    const login = 'address2@demo.example', home = 'home2@elsewhere.example';
    const id = await someone(login);
    const here = await signedIn(login);
    await good(here, 'PATCH', '/me', { json: { private_email: home } });
    const link = /https?:\/\/\S+\/account\/address\/\S+/.exec((await nextTo(home, /Confirm this address/)).text)[0];
    const confirm = async (who) => {
      const page = await who.go(link);
      const form = page.forms.find(({ action }) => action === '');
      if (!form) return page;
      return who.go(link, { method: 'POST', form: form.fields, headers: origin() });
    };
    assert.equal((await confirm(here)).status, 200);
    assert.equal((await good(administrator, 'GET', `/people/${id}`)).private_email, home);
    assert.equal((await confirm(here)).status, 410);
    const forgot = browser();
    await forgot.go(`${server.issuer()}/password-reset`);
    await forgot.answer({ login });
    await nextTo(home, /Choose a new password/);
    await good(here, 'PATCH', '/me', { json: { private_email: null } });
    await nextTo(home, /is changing/);
    assert.equal((await good(here, 'GET', '/me')).private_email, undefined);
    for (let i = 0; i < 6; ++i) await api(here, 'PATCH', '/me', { json: { private_email: `victim${i}@elsewhere.example` } });
    await refused(api(here, 'PATCH', '/me', { json: { private_email: 'victim@elsewhere.example' } }), 429, 'too_many_addresses');
  });

  test('who answers for the tenant is told that a domain is proved, that its proof is gone, and that it is lost', async () => {
    const { record } = await good(administrator, 'POST', '/domains', { json: { name: 'lost.example' } }, 201);
    const at = (value) => `_kidoban TXT "${value}"\n`;
    await names.publish({ 'lost.example': at(record.value) });
    await good(administrator, 'POST', '/domains/lost.example/check');
    await nextTo('system@demo.example', /lost\.example is confirmed/);
    await names.publish({ 'lost.example': '' });
    await good(administrator, 'POST', '/domains/lost.example/check');
    const gone = await nextTo('system@demo.example', /proof of the domain lost\.example is gone/);
    assert.ok(gone.text.includes(record.value));
    const theirs = await good(stranger, 'POST', '/domains', { tenant: 'other', json: { name: 'lost.example' } }, 201);
    await names.publish({ 'lost.example': at(theirs.record.value) });
    await good(stranger, 'POST', '/domains/lost.example/check', { tenant: 'other' });
    await nextTo('system@demo.example', /lost\.example is somebody else/);
    await good(stranger, 'DELETE', '/domains/lost.example', { tenant: 'other' }, 204);
    await good(administrator, 'DELETE', '/domains/lost.example', undefined, 204);
  });

  test('a password that runs out is warned of in good time, once', async () => {
    for (const login of ['soon@demo.example', 'late@demo.example', 'urgent@demo.example', 'over@demo.example']) await someone(login);
    // Of 28 days so many are gone.
    const days = { 'soon@demo.example': 15, 'late@demo.example': 2, 'urgent@demo.example': 26, 'over@demo.example': 40 };
    const { people } = await good(administrator, 'GET', '/people?limit=500');
    for (const [login, gone] of Object.entries(days)) {
      const id = people.find((one) => one.login === login).id.replaceAll('-', '');
      const person = store === 'postgres' ? `'\\x${id}'` : `x'${id}'`;
      server.sql(`update password_credentials set changed_at = changed_at - ${gone * 86_400}000000 where person = ${person}`);
    }
    await good(administrator, 'PUT', '/settings/password', { json: { default: { expires_after_days: 28 } } });
    const mail = await nextTo('soon@demo.example', /runs out soon/);
    assert.match(mail.text, /\/t\/demo\/account\/password/);
    await nextTo('urgent@demo.example', /runs out soon/);
    await nextTo('urgent@demo.example', /runs out soon/);
    await sleep(2500); // some chores later
    await quiet();
    const told = (login) => mailsTo(login, ({ subject }) => /runs out soon/.test(subject)).length;
    assert.deepEqual(Object.keys(days).map(told), [1, 0, 2, 0]);
    await good(administrator, 'PUT', '/settings/password', { json: {} });
  });
});

describe('own pages in Chromium', () => {
  let server, chromium, smtp;
  const who = { ja: hanako, en: john };
  before(async () => {
    smtp = await MailServer.start({ pem: files.pem });
    server = await Server.start({ args: mailing(smtp.port, files) });
    const administrator = browser();
    await administrator.signIn(`${server.issuer()}/`, hanako);
    const set = await administrator.send(`${server.issuer()}/api/v1/settings/directory`, { method: 'PUT', headers: { Accept: 'application/json', Origin: server.url, 'Sec-Fetch-Site': 'same-origin' },
      json: { custom_attributes: [{ name: 'size', type: 'text', choices: ['S', 'M', 'L'], self_editable: true, label_ja: '制服のサイズ', label_en: 'Uniform size' },
        { name: 'skills', type: 'texts', self_editable: true, label_ja: '得意なこと', label_en: 'Skills' }, { name: 'driver', type: 'flag', self_editable: true, label_ja: '運転免許', label_en: 'Driving licence' }] } });
    assert.equal(set.status, 200, set.body);
    for (const one of [hanako, john]) {
      const wrong = browser({ headers: { 'User-Agent': safari } });
      await wrong.go(`${server.issuer()}/`);
      await wrong.answer({ login: one.login });
      await wrong.answer({ password: 'not that one' });
    }
    chromium = await launch();
  });
  after(async () => { await chromium?.close(); await server?.stop(); await smtp?.stop(); });

  for (const language of ['ja', 'en']) for (const size of ['phone', 'desk']) for (const dark of [false, true]) {
    test(`are right in ${language} on a ${size}${dark ? ' by night' : ''}, with and without script`, async () => {
      const page = await visitor(chromium, { language, size, dark });
      const look = async (name) => {
        assert.equal(await page.getAttribute('html', 'lang'), language, name);
        assert.ok(await page.title(), `${name} has a title`);
        assert.deepEqual(page.complaints.filter((text) => !/status of 4\d\d/.test(text)), [], `${name}: the console is quiet`);
        await picture(page, `${name}-${language}-${size}${dark ? '-dark' : ''}`);
        assert.equal(await overflows(page), false, `${name} sticks out sideways`);
        assert.deepEqual(await accessibility(page), [], name);
        page.complaints.length = 0;
      };
      const submit = () => page.click('main form:has(.main-action) button.main-action');
      await page.goto(`${server.issuer()}/account`);
      await page.fill('#login', who[language].login);
      await submit();
      await page.fill('#password', who[language].password);
      await submit();
      await page.waitForSelector('.latest');
      await look('own-account');
      await page.click('.ways a[href$="/account/history"]');
      await page.waitForSelector('.sign-ins');
      await look('own-history');
      await page.click('.sign-ins .failed a');
      await page.waitForSelector('#end_others');
      await look('own-report');
      if (size === 'desk' && !dark) {
        await submit();
        await page.waitForURL('**/account/reported');
        await look('own-reported');
      }
      await page.goto(`${server.issuer()}/account/details`);
      await look('own-details');
      await page.fill('input[name=private_email]', 'no address');
      await submit();
      await page.waitForSelector('#problem p');
      assert.match(await page.textContent('#problem'), language === 'ja' ? /^個人のメールアドレス: / : /^Private email address: /);
      assert.equal(await page.getAttribute('input[name=private_email]', 'aria-invalid'), 'true');
      await look('own-details-problem');
      if (size === 'phone' && !dark) {
        // By keyboard alone, from the field on.
        await page.fill('input[name=private_email]', `home-${language}@elsewhere.example`);
        await page.focus('input[name=private_email]');
        await page.keyboard.press('Enter');
        await page.waitForURL('**saved=yes');
        await look('own-details-saved');
        const mail = await smtp.next((one) => one.envelope.to[0] === `home-${language}@elsewhere.example`);
        await page.goto(/https?:\/\/\S+\/account\/address\/\S+/.exec(mail.text)[0]);
        await look('own-address');
        await submit();
        await page.waitForURL('**saved=yes');
        assert.equal(await page.inputValue('input[name=private_email]'), `home-${language}@elsewhere.example`);
      }
      await page.context().close();
    });
  }

  test('work without script', async () => {
    const page = await visitor(chromium, { language: 'en', javaScript: false });
    const submit = () => page.click('main form:has(.main-action) button.main-action');
    await page.goto(`${server.issuer()}/account/details`);
    await page.fill('#login', john.login);
    await submit();
    await page.fill('#password', john.password);
    await submit();
    await page.selectOption('select[name=zoneinfo]', 'Europe/London');
    await page.selectOption('select[name="custom.size"]', 'M');
    await page.fill('textarea[name="custom.skills"]', 'ironing\nsinging');
    await submit();
    assert.match(page.url(), /saved=yes$/, await page.textContent('main'));
    assert.equal(await page.inputValue('textarea'), 'ironing\nsinging');
    assert.equal(await page.inputValue('select[name=zoneinfo]'), 'Europe/London');
    await page.goto(`${server.issuer()}/account/history`);
    assert.match(await page.textContent('.sign-ins'), /\((GMT|BST)\)/, 'in the zone just chosen');
    await picture(page, 'own-history-no-script');
    await page.context().close();
  });
});
