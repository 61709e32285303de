// A real Chromium: both languages, phone and desk, with script and without. Pictures go to build/screenshots.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { accessibility, launch, overflows, picture, visitor } from '../kit/browser.mjs';
import { begin, complete, discover, sampleOne, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { Server, hanako, john } from '../kit/server.mjs';

describe('Chromium', () => {
  let server, browser, one;
  before(async () => {
    server = await Server.start();
    one = await discover(server.issuer(), sampleOne);
    browser = await launch();
    await new Promise((resolve) => application.listen(Number(new URL(sampleOne.redirectUri).port), '127.0.0.1', resolve));
  });
  after(async () => { await browser?.close(); application.close(); application.closeAllConnections(); await server?.stop(); });

  // The application: all it does is remember where the browser was sent.
  let arrived;
  const callback = () => arrived;
  const application = createServer((request, reply) => {
    if (request.url.startsWith('/callback')) arrived = new URL(request.url, sampleOne.redirectUri).href;
    reply.setHeader('Content-Type', 'text/plain').end('arrived');
  });
  const submit = (page) => page.click('main form:has(.main-action) button.main-action');

  for (const language of ['ja', 'en']) for (const size of ['phone', 'desk']) {
    test(`every page is right in ${language} on a ${size}`, async () => {
      const page = await visitor(browser, { language, size });
      const look = async (name) => {
        assert.equal(await page.getAttribute('html', 'lang'), language, name);
        assert.ok(await page.title(), `${name} has a title`);
        assert.deepEqual(page.complaints.filter((text) => !/status of 4\d\d/.test(text)), [], `${name}: the console is quiet`);
        await picture(page, `${name}-${language}-${size}`);
        assert.equal(await overflows(page), false, `${name} sticks out sideways`);
        assert.deepEqual(await accessibility(page), [], name);
        page.complaints.length = 0; // axe's own
      };
      await page.goto(String((await begin(one)).url));
      await look('identify');
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'login', 'one can type at once');
      await page.fill('#login', 'no address');
      await submit(page);
      await look('identify-problem');
      await page.fill('#login', hanako.login);
      await submit(page);
      await page.waitForSelector('#password');
      await look('password');
      await page.fill('#password', 'wrong');
      await submit(page);
      await page.waitForSelector('#problem');
      await look('password-problem');
      const begun = await begin(one, { prompt: 'consent' });
      await page.goto(String(begun.url));
      await page.fill('#login', hanako.login);
      await submit(page);
      await page.fill('#password', hanako.password);
      await submit(page);
      await page.waitForSelector('button[value=allow]');
      await look('consent');
      await page.click('button[value=allow]');
      await page.waitForURL(`${sampleOne.redirectUri}**`);
      assert.ok((await complete(one, begun, callback())).claims().sub);
      await page.goto(String((await begin(one, { prompt: 'select_account' })).url));
      await look('choose');
      await page.goto(`${server.issuer()}/sign-out`);
      await look('sign-out');
      await submit(page);
      await look('signed-out');
      const broken = (await begin(one)).url;
      broken.searchParams.set('redirect_uri', 'https://evil.example/');
      await page.goto(String(broken));
      await look('application-error');
      await page.goto(`${server.issuer()}/nowhere`);
      await look('not-found');
      // The portal speaks the person's own language.
      const who = language === 'ja' ? hanako : john;
      await page.goto(`${server.issuer()}/`);
      await page.fill('#login', who.login);
      await submit(page);
      await page.fill('#password', who.password);
      await submit(page);
      await page.waitForSelector('.applications');
      await look('home');
      await page.goto(`${server.issuer()}/account`);
      assert.doesNotMatch(await page.textContent('.sessions'), /UTC/, 'times are the reader\'s');
      await look('account');
      await page.context().close();
    });
  }

  for (const size of ['phone', 'desk']) {
    test(`a person signs in without script on a ${size}`, async () => {
      const page = await visitor(browser, { language: 'ja', size, javaScript: false });
      const begun = await begin(one);
      await page.goto(String(begun.url));
      await page.fill('#login', john.login);
      await submit(page);
      await page.fill('#password', john.password);
      await picture(page, `no-script-password-ja-${size}`);
      await submit(page);
      await page.waitForURL(`${sampleOne.redirectUri}**`);
      assert.ok((await complete(one, begun, callback())).claims().sub);
      await page.context().close();
    });
  }

  test('the keyboard is enough', async () => {
    const page = await visitor(browser);
    const begun = await begin(one);
    // As a person does: type once the caret is there.
    const caret = (id) => page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);
    await page.goto(String(begun.url));
    await caret('login');
    await page.keyboard.type(john.login);
    await page.keyboard.press('Enter');
    await caret('password');
    await page.keyboard.type(john.password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${sampleOne.redirectUri}**`);
    assert.ok((await complete(one, begun, callback())).claims().sub);
    await page.context().close();
  });

  test('the password can be shown, and dark pages are as readable', async () => {
    const page = await visitor(browser, { dark: true });
    await page.goto(String((await begin(one)).url));
    await picture(page, 'identify-dark');
    assert.deepEqual(await accessibility(page), []);
    await page.fill('#login', john.login);
    await submit(page);
    await page.click('button.reveal');
    assert.equal(await page.getAttribute('#password', 'type'), 'text');
    assert.deepEqual(await accessibility(page), []);
    await page.context().close();
  });

  test('the sign-in page weighs less than 60 KB compressed', async () => {
    const page = await visitor(browser);
    const parts = [];
    page.on('response', (response) => { if (response.url().startsWith(server.url)) parts.push(response); });
    await page.goto(String((await begin(one)).url), { waitUntil: 'networkidle' });
    let bytes = 0;
    for (const part of parts) if (part.status() === 200) bytes += gzipSync(await part.body()).length;
    assert.ok(bytes > 1000 && bytes < 60_000, `${bytes} bytes`);
    await page.context().close();
  });

  test('no page has inline script, and assets are kept for good', async () => {
    const { person } = await signIn(one, john);
    const page = await person.go(`${server.issuer()}/`);
    const policy = page.headers['content-security-policy'];
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval/);
    assert.match(policy, /frame-ancestors 'none'/);
    for (const [, path] of page.body.matchAll(/(?:href|src)="([^"]*\/assets\/[^"]+)"/g)) {
      const asset = await send(new URL(path, page.url));
      assert.equal(asset.status, 200, path);
      assert.match(asset.headers['cache-control'], /immutable/);
    }
  });
});
