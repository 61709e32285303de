// A forgotten password: asked for, a link by mail, another password. On both stores, with a second tenant.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessibility, launch, overflows, picture, visitor } from '../kit/browser.mjs';
import { begin, browser, signIn } from '../kit/client.mjs';
import { hanako, john, Server } from '../kit/server.mjs';
import { MailServer, certificate, mailing } from '../kit/smtp.mjs';
import { onEachStore } from '../kit/stories.mjs';

const files = certificate();
const smtp = await MailServer.start({ pem: files.pem });
after(() => smtp.stop());
const args = mailing(smtp.port, files);
// Browsers that are new for somebody are told to them too: none of this story's affair.
const isNews = ({ subject }) => /unusual sign-in|いつもと違うサインイン/.test(subject);
const to = (address) => (mail) => mail.envelope.to[0] === address && !isNews(mail);
const mails = () => smtp.mails.filter((mail) => !isNews(mail)).length;
const linkIn = (mail) => /https?:\/\/\S+\/password-reset\/\S+/.exec(mail.text)[0];
const ask = async (server, login, { tenant = 'demo', person = browser() } = {}) => {
  await person.go(`${server.issuer(tenant)}/password-reset`);
  return person.answer({ login });
};
const fresh = 'nine lanterns along the canal';

onEachStore('a forgotten password', (world) => {
  test('is replaced by a link that works once, and every session of the person ends', async () => {
    const { server } = world;
    const { person: elsewhere } = await signIn(world.one, john);
    const silent = async () => new URL((await elsewhere.send((await begin(world.one, { prompt: 'none' })).url)).headers.location).searchParams.get('error') ?? 'in';
    assert.equal(await silent(), 'in');
    const person = browser();
    await person.go((await begin(world.one)).url);
    assert.match(person.page.body, /href="[^"]*\/password-reset"/, 'sign-in shows the way');
    const sent = await ask(server, 'John@DEMO.example', { person });
    assert.equal(sent.status, 200);
    const link = linkIn(await smtp.next(to(john.login)));
    assert.ok(link.startsWith(`${world.issuer}/password-reset/`), link);
    // A scanner that follows it changes nothing.
    for (let i = 0; i < 3; ++i) assert.equal((await browser().send(link)).status, 200);
    const page = await person.go(link);
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.match(page.headers['cache-control'], /no-store/);
    assert.match((await person.answer({ password: fresh, password_again: `${fresh}.` })).text, /aren't the same/);
    const weak = await person.answer({ password: 'short', password_again: 'short' });
    assert.equal(weak.status, 400);
    const done = await person.answer({ password: fresh, password_again: fresh });
    assert.equal(done.status, 200, done.text);
    assert.match(done.text, /Your password is set/);
    assert.match((await smtp.next(to(john.login))).subject, /was changed/);
    assert.equal(await silent(), 'login_required');
    assert.equal((await browser().send(link)).status, 410, 'once');
    const other = await browser().send(link, { method: 'POST', form: { password: 'another nine lanterns', password_again: 'another nine lanterns' }, headers: { Origin: server.url, 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(other.status, 410);
    assert.equal((await browser().signInByJson((await begin(world.one)).url, john)).problem?.reason, 'password_wrong');
    await signIn(world.one, { ...john, password: fresh });
    const events = server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']).records.map(({ event }) => event);
    for (const event of ['password.reset_requested', 'password.reset', 'password.set', 'session.ended', 'mail.sent']) assert.ok(events.includes(event), event);
    const token = link.split('/').pop();
    assert.ok(!server.stderr.includes(token) && !server.stderr.includes(john.login), 'the log has neither link nor login');
    assert.ok(!JSON.stringify(server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500'])).includes(token));
  });

  test('nobody learns who has an account, and somebody disabled gets no link', async () => {
    const { server } = world;
    server.person('demo', 'left@demo.example');
    server.command(['person', 'disable', '--tenant', 'demo', '--login', 'left@demo.example']);
    const before = mails();
    const pages = [];
    for (const login of ['hanako@demo.example', 'nobody@demo.example', 'left@demo.example']) pages.push((await ask(server, login)).body.replaceAll(login, 'LOGIN'));
    assert.equal(new Set(pages).size, 1);
    await smtp.next(to(hanako.login));
    await sleep(1500);
    assert.equal(mails(), before + 1);
    assert.equal((await ask(server, 'no address')).status, 400);
  });

  test('a link is its tenant\'s alone, and the newest choice ends the others', async () => {
    const { server } = world;
    server.tenant('other', 'Other');
    server.person('other', 'twin@demo.example');
    server.person('demo', 'twin@demo.example');
    await ask(server, 'twin@demo.example');
    const first = linkIn(await smtp.next(to('twin@demo.example')));
    await ask(server, 'twin@demo.example');
    const second = linkIn(await smtp.next(to('twin@demo.example')));
    assert.equal((await browser().send(first.replace('/t/demo/', '/t/other/'))).status, 410);
    const person = browser();
    await person.go(second);
    assert.equal((await person.answer({ password: fresh, password_again: fresh })).status, 200);
    assert.equal((await browser().send(first)).status, 410);
    assert.equal((await browser().send(second, { method: 'POST', form: {}, headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' } })).status, 403);
    assert.equal((await browser().send(`${world.issuer}/password-reset/${'x'.repeat(43)}`)).status, 410);
    await smtp.next(to('twin@demo.example'));
  });

  test('asking again and again gets slower, for somebody and for nobody', async () => {
    world.server.person('demo', 'again@demo.example');
    for (const login of ['often@demo.example', 'again@demo.example']) {
      const statuses = [];
      for (let i = 0; i < 6; ++i) statuses.push((await ask(world.server, login)).status);
      assert.ok(statuses.includes(429), `${statuses}`);
    }
    // The count of guesses is another: signing in isn't held up.
    await signIn(world.one, hanako);
  });

  test('the mail goes to every address that is kept of somebody', async () => {
    const { person: administrator } = await signIn(world.one, hanako);
    const reply = await administrator.send(`${world.issuer}/api/v1/people`, { method: 'POST', headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      json: { login: 'many@demo.example', display_name: '多田 満', email: 'many@mail.example', private_email: 'mitsuru@home.example', other_emails: [{ value: 'many@second.example' }], locale: 'ja' } });
    assert.equal(reply.status, 201, reply.body);
    await ask(world.server, 'many@demo.example');
    const links = new Set();
    for (const address of ['many@mail.example', 'mitsuru@home.example', 'many@second.example']) links.add(linkIn(await smtp.next(to(address))));
    assert.equal(links.size, 1);
  });
}, { args });

describe('a forgotten password in Chromium', () => {
  let server, chromium;
  before(async () => {
    server = await Server.start({ args });
    chromium = await launch();
  });
  after(async () => { await chromium?.close(); await server?.stop(); });
  for (const language of ['ja', 'en']) for (const size of ['phone', 'desk']) {
    test(`every page is right in ${language} on a ${size}`, async () => {
      const page = await visitor(chromium, { language, size, javaScript: size === 'desk' });
      const look = async (name) => {
        assert.equal(await page.getAttribute('html', 'lang'), language);
        await picture(page, `reset-${name}-${language}-${size}`);
        if (size === 'phone') return;
        assert.equal(await overflows(page), false, `${name} sticks out sideways`);
        assert.deepEqual(await accessibility(page), [], name);
      };
      const login = `${language}-${size}@demo.example`;
      server.person('demo', login);
      await page.goto(`${server.issuer()}/`);
      await look('identify');
      await page.click('a[href$="/password-reset"]');
      await look('ask');
      await page.keyboard.type(login);
      await page.keyboard.press('Enter');
      await page.waitForSelector('a.button');
      await look('sent');
      await page.goto(linkIn(await smtp.next(to(login))));
      await look('choose');
      await page.fill('#password', 'x');
      await page.fill('#password_again', 'y');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#problem');
      await look('choose-problem');
      await page.fill('#password', fresh);
      await page.fill('#password_again', fresh);
      await page.keyboard.press('Enter');
      await page.waitForSelector('a.button:not(.quiet)');
      await look('done');
      await page.goto(`${server.issuer()}/password-reset/${'x'.repeat(43)}`);
      await look('gone');
    });
  }
});
