// Mails: to a real SMTP server, whatever it does; and what a tenant may set of them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { browser, discover, sampleOne, signIn } from '../kit/client.mjs';
import { temporaryFolder } from '../kit/folder.mjs';
import { Server, hanako, john, run } from '../kit/server.mjs';
import { MailServer, account, certificate, mailing as mailingTo } from '../kit/smtp.mjs';

const files = certificate();
const { pem } = files;
const mailing = (port, more = []) => mailingTo(port, files, Object.fromEntries(more));
const eventually = async (check, within = 15_000) => {
  for (const end = Date.now() + within; ; await sleep(100)) {
    const found = await check();
    if (found || Date.now() > end) return found;
  }
};
const audited = (server, event) => server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']).records.filter((one) => one.event === event);
const ask = async (server, login, person = browser()) => {
  await person.go(`${server.issuer()}/password-reset`);
  return person.answer({ login });
};
const linkIn = (mail) => /https?:\/\/\S+\/password-reset\/\S+/.exec(mail.text)[0];

describe('mail', () => {
  let smtp, server;
  before(async () => {
    smtp = await MailServer.start({ pem });
    server = await Server.start({ args: mailing(smtp.port), env: { KIDOBAN_SERVER_CHORES_EVERY_S: '1' } });
  });
  after(async () => { await server?.stop(); await smtp?.stop(); });

  test('goes by STARTTLS and AUTH, and reads as it was written', async () => {
    await ask(server, hanako.login);
    const mail = await smtp.next(({ envelope }) => envelope.to[0] === hanako.login);
    assert.equal(mail.secure, true);
    assert.equal(mail.envelope.from, 'noreply@id.example');
    assert.equal(smtp.attempts.at(-1).user, account.user);
    assert.match(mail.subject, /^【.+】パスワードの再設定$/);
    assert.match(mail.text, /花子 様\n\n.*パスワードを再設定するお申し込みがありました/);
    assert.match(mail.text, /\d{4}年\d+月\d+日 \d\d:\d\d \(JST\)/);
    assert.equal(mail.from.value[0].address, 'noreply@id.example');
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
    assert.match(mail.messageId, /^<[0-9a-f-]{36}@id\.example>$/);
    assert.ok(Math.abs(mail.date - Date.now()) < 60_000);
    for (const line of mail.raw.split('\r\n')) assert.ok(line.length <= 78 && !/[\r\n]/.test(line), line);
    await ask(server, john.login);
    const english = await smtp.next(({ envelope }) => envelope.to[0] === john.login);
    assert.match(english.subject, /^Choose a new password for /);
    assert.ok(await eventually(() => audited(server, 'mail.sent').length >= 2), 'the audit has it');
    assert.equal(server.sql('select count(*) from mail_queue'), '0');
  });

  test('a server that says later gets it later, one that says never is asked once', async () => {
    server.person('demo', 'grey@demo.example');
    server.person('demo', 'gone@demo.example');
    let grey = 0;
    smtp.refuse = (address) => (address === 'grey@demo.example' && (grey += 1) <= 2 ? { code: 451, text: '4.7.1 greylisted, come again' }
      : address === 'gone@demo.example' ? { code: 550, text: '5.1.1 no such user' } : undefined);
    await ask(server, 'grey@demo.example');
    await ask(server, 'gone@demo.example');
    await smtp.next(({ envelope }) => envelope.to[0] === 'grey@demo.example', { within: 30_000 });
    assert.equal(grey, 3);
    const given = await eventually(() => audited(server, 'mail.given_up').find(({ detail }) => detail.includes('gone@demo.example')));
    assert.match(given.detail, /550 .*no such user/);
    assert.equal(smtp.attempts.filter(({ address }) => address === 'gone@demo.example').length, 1);
    assert.ok(server.log.some(({ event, code }) => event === 'mail_given_up' && code === 550));
    assert.doesNotMatch(server.stderr, /gone@demo|hanako@/);
  });

  test('brings a temporary password to every address of the person and to who hands it over, and to nobody else', async () => {
    const { person: administrator } = await signIn(await discover(server.issuer(), sampleOne), hanako);
    const api = async (method, path, json, status) => {
      const reply = await administrator.send(`${server.issuer()}/api/v1${path}`, { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
      assert.equal(reply.status, status, reply.body);
      return reply.json();
    };
    await api('PUT', '/settings/mail', { issued_copies: ['desk@demo.example'] }, 200);
    const { id } = await api('POST', '/people', { login: 'fresh@demo.example', display_name: 'Fresh', locale: 'en', other_emails: [{ value: 'second@elsewhere.example' }] }, 201);
    const answer = await api('POST', `/people/${id}/password`, { mail: true }, 200);
    assert.equal(answer.temporary_password, undefined);
    const [first, second, copy] = await Promise.all(['fresh@demo.example', 'second@elsewhere.example', 'desk@demo.example']
      .map((address) => smtp.next(({ envelope }) => envelope.to[0] === address)));
    const [, password] = /password: *(\S+)/i.exec(first.text) ?? assert.fail(first.text);
    for (const mail of [second, copy]) assert.ok(mail.text.includes(password));
    const fresh = browser();
    await fresh.signIn(`${server.issuer()}/`, { login: 'fresh@demo.example', password });
    assert.match(fresh.page.text, /new password/i);
    assert.ok(!server.stderr.includes(password));
    await api('PUT', '/settings/mail', {}, 200);
  });

  test('tells who asked for a job how it ended, and warns before a token runs out', async () => {
    const { person: administrator } = await signIn(await discover(server.issuer(), sampleOne), hanako);
    const api = (method, path, json) => administrator.send(`${server.issuer()}/api/v1${path}`, { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
    const asked = await api('POST', '/exports?kind=people&encoding=utf-8');
    assert.ok(asked.status < 300, asked.body);
    const mail = await smtp.next(({ envelope, text }) => envelope.to[0] === hanako.login && text.includes('/api/v1/jobs/'), { within: 30_000 });
    assert.match(mail.text, /done/);
    await api('PUT', '/settings/mail', { system_destinations: ['system@demo.example'] });
    const { id } = (await api('POST', '/service-accounts', { name: '名簿連携', permissions: ['people_read'] })).json();
    await api('POST', `/service-accounts/${id}/tokens`, { label: 'soon', expires_at: new Date(Date.now() + 3 * 86_400_000).toISOString() });
    const warning = await smtp.next(({ envelope }) => envelope.to[0] === 'system@demo.example');
    assert.match(warning.text, /名簿連携 \/ soon/);
    await api('PUT', '/settings/mail', {});
  });

  test('a dead server and a killed node lose nothing', async () => {
    const { port } = smtp;
    await smtp.stop();
    for (const who of [hanako, john]) await ask(server, who.login);
    assert.ok(await eventually(() => server.log.find(({ event }) => event === 'mail_server_unusable')), 'the operator is told');
    assert.ok(await eventually(() => server.sql('select count(*) from mail_queue') === '2'));
    await server.kill();
    await server.begin();
    smtp = await MailServer.start({ pem, port });
    // What was in a killed node's hands waits for the lease: here it was handed back before.
    for (const who of [hanako, john]) await smtp.next(({ envelope }) => envelope.to[0] === who.login, { within: 30_000 });
    await sleep(1500);
    assert.equal(smtp.mails.length, 2, 'once each');
  });
});

describe('mail and a server that can not be trusted', () => {
  const refusedBy = async (smtp, more) => {
    const server = await Server.start({ args: mailing(smtp.port, more) });
    await ask(server, hanako.login);
    const told = await eventually(() => server.log.find(({ event }) => event === 'mail_server_unusable'));
    assert.ok(told);
    assert.equal(smtp.mails.length, 0);
    assert.equal(smtp.attempts.length, 0, 'it never learnt who the mail is for');
    assert.equal(server.sql('select count(*) from mail_queue'), '1');
    await server.stop();
    await smtp.stop();
    return told;
  };

  test('no STARTTLS, no mail', async () => { await refusedBy(await MailServer.start({ auth: false }), [['username', undefined], ['password_file', undefined]]); });
  test('an unknown certificate, no mail', async () => { assert.match((await refusedBy(await MailServer.start({ pem }), [['ca_file', undefined]])).what, /certificate/i); });
  test('a refused password, no mail, and no mail lost', async () => {
    const wrong = join(temporaryFolder(), 'wrong');
    writeFileSync(wrong, 'not it\n');
    await refusedBy(await MailServer.start({ pem }), [['password_file', wrong]]);
  });
  test('TLS from the first byte', async () => {
    const smtp = await MailServer.start({ pem, options: { secure: true } });
    const server = await Server.start({ args: mailing(smtp.port, [['tls', 'tls']]) });
    await ask(server, hanako.login);
    assert.ok((await smtp.next()).secure);
    await server.stop();
    await smtp.stop();
  });
  test('a configuration that would tell the world is refused', () => {
    const with_ = (env) => run(['config'], { env });
    for (const [env, says] of [[{ KIDOBAN_MAIL_SERVER: 'mx.example.com:25', KIDOBAN_MAIL_FROM: 'a@b.example', KIDOBAN_MAIL_TLS: 'none' }, /on this machine/],
      [{ KIDOBAN_MAIL_SERVER: 'mx.example.com', KIDOBAN_MAIL_FROM: 'a@b.example' }, /HOST:PORT/], [{ KIDOBAN_MAIL_SERVER: 'mx.example.com:25' }, /mail\.from/],
      [{ KIDOBAN_MAIL_SERVER: 'mx.example.com:25', KIDOBAN_MAIL_FROM: 'a@b.example', KIDOBAN_MAIL_USERNAME: 'x' }, /go together/], [{ KIDOBAN_MAIL_TLS: 'yes' }, /not one of them/]]) {
      const done = with_(env);
      assert.equal(done.status, 2, JSON.stringify(env));
      assert.match(done.stderr, says);
    }
    assert.equal(with_({ KIDOBAN_MAIL_SERVER: 'localhost:25', KIDOBAN_MAIL_FROM: 'a@b.example', KIDOBAN_MAIL_TLS: 'none' }).status, 0);
  });
});

describe('a tenant\'s mails', () => {
  let smtp, server, administrator, member;
  before(async () => {
    smtp = await MailServer.start({ pem });
    server = await Server.start({ args: mailing(smtp.port) });
    const one = await discover(server.issuer(), sampleOne);
    ({ person: administrator } = await signIn(one, hanako));
    ({ person: member } = await signIn(one, john));
  });
  after(async () => { await server?.stop(); await smtp?.stop(); });
  const api = (who, method, path, { json, headers = {} } = {}) => who.send(`${server.issuer()}/api/v1/settings/mail${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });

  test('are set by administrators, strictly, at the version they read', async () => {
    const unset = await api(administrator, 'GET', '');
    assert.equal(unset.headers.etag, '"0"');
    assert.equal(unset.json().default_language, 'ja');
    for (const [method, path, json] of [['GET', ''], ['PUT', '', {}], ['POST', '/preview', { mail: 'password_reset', language: 'ja' }], ['GET', '/templates']]) {
      assert.equal((await api(member, method, path, { json })).status, 403);
      assert.equal((await api(browser(), method, path, { json })).status, 401);
    }
    const wanted = { from_name: '情報システム部', reply_to: 'help@demo.example', wording: { password_reset: { en: { subject: 'Your key, {{name}}', body: 'Dear {{name}},\nopen {{link}}\n' } } } };
    const set = await api(administrator, 'PUT', '', { json: wanted, headers: { 'If-Match': '"0"' } });
    assert.equal(set.status, 200, set.body);
    assert.equal(set.headers.etag, '"1"');
    assert.equal((await api(administrator, 'PUT', '', { json: {}, headers: { 'If-Match': '"0"' } })).status, 412);
    for (const [json, reason] of [[{ colour: 1 }, 'member_unknown'], [{ reply_to: 'x\r\nBcc: y@z.example' }, 'email_malformed'], [{ wording: { password_reset: { ja: { subject: 'x', body: 'no link' } } } }, 'variable_missing']]) {
      const reply = await api(administrator, 'PUT', '', { json });
      assert.equal(reply.status, 400);
      assert.equal(reply.json().reason, reason);
    }
    const shown = await api(administrator, 'POST', '/preview', { json: { mail: 'password_reset', language: 'en' } });
    assert.equal(shown.json().subject, 'Your key, Hanako Yamada');
    assert.equal((await api(administrator, 'POST', '/preview', { json: { mail: 'account_locked', language: 'ja', body: '{{until}} {{nonsense}}' } })).json().reason, 'variable_unknown');
    const { templates } = (await api(administrator, 'GET', '/templates')).json();
    assert.equal(templates.length, 15);
    assert.equal(templates.find(({ mail }) => mail === 'password_reset').en.reworded, true);
    await ask(server, john.login);
    const mail = await smtp.next();
    assert.match(mail.subject, /^Your key, /);
    assert.equal(mail.from.value[0].name, '情報システム部');
    assert.equal(mail.replyTo.value[0].address, 'help@demo.example');
    assert.ok(linkIn(mail));
  });
});
