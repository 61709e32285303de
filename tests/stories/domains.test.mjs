// Domains proved by DNS, through the administrators' API and the command line, on both stores, with a second tenant.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browser } from '../kit/client.mjs';
import { NameServer, silentServer } from '../kit/name_server.mjs';
import { Server, hanako, john, password, run } from '../kit/server.mjs';
import { stores } from '../kit/stories.mjs';

for (const store of stores) describe(`domains (${store})`, () => {
  let names, server, ours, theirs;
  const api = (who, method, path, { json, headers = {} } = {}) => who.person.send(`${server.issuer(who.tenant)}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  const refused = (reply, status, reason) => {
    assert.equal(reply.status, status, reply.body);
    assert.equal(reply.json().reason, reason);
  };
  const good = (reply, status = 200) => {
    assert.equal(reply.status, status, reply.body);
    return reply.json();
  };
  const add = async (who, name) => good(await api(who, 'POST', '/domains', { json: { name } }), 201);
  const check = (who, name, options) => api(who, 'POST', `/domains/${name}/check`, options);
  const record = ({ record: { name, value } }) => `${name}. TXT "${value}"\n`;
  const signedIn = async (tenant, login) => {
    const person = browser();
    await person.signIn(`${server.issuer(tenant)}/`, { login, password });
    return { person, tenant };
  };

  before(async () => {
    names = await NameServer.start({ 'acme.example': '' });
    server = await Server.start({ store, env: { KIDOBAN_DNS_SERVERS: names.address } });
    server.tenant('other');
    server.person('other', 'boss@other.example', { administrator: true });
    ours = await signedIn('demo', hanako.login);
    theirs = await signedIn('other', 'boss@other.example');
  });
  after(async () => {
    await server?.stop();
    await names?.stop();
  });

  test('a domain is added, proved, and says on the way what is wrong in both languages', async () => {
    const made = await add(ours, 'Acme.Example');
    assert.equal(made.name, 'acme.example');
    assert.equal(made.state, 'pending');
    assert.equal(made.record.name, '_kidoban.acme.example');
    assert.match(made.record.value, /^kidoban-domain-verification=[\w-]{32}$/);
    assert.equal(made.found, null);
    const nothing = good(await check(ours, 'acme.example'));
    assert.equal(nothing.found, 'nothing');
    assert.match(nothing.explanation, /no TXT record/);
    assert.match(good(await check(ours, 'acme.example', { headers: { 'Accept-Language': 'ja' } })).explanation, /TXTレコードがありません/);
    await names.publish({ 'acme.example': '_kidoban TXT "kidoban-domain-verification=wrong"\n@ TXT "v=spf1 -all"\n' });
    const wrong = good(await check(ours, 'acme.example'));
    assert.equal(wrong.found, 'other_values');
    assert.deepEqual(wrong.other_values, ['kidoban-domain-verification=wrong']);
    await names.publish({ 'acme.example': 'broken' });
    const failed = good(await check(ours, 'acme.example'));
    assert.equal(failed.found, 'dns_server_failed');
    assert.match(failed.explanation, /SERVFAIL/);
    await names.publish({});
    assert.equal(good(await check(ours, 'acme.example')).found, 'dns_refused');
    // Twenty kilobytes of other records: truncated by UDP, read by TCP.
    const many = Array.from({ length: 100 }, (_, i) => `_kidoban TXT "${'x'.repeat(200)}${i}"\n`).join('');
    await names.publish({ 'acme.example': `${many}${record(made)}` });
    const proved = good(await check(ours, 'acme.example'));
    assert.equal(proved.state, 'proved');
    assert.ok(proved.other_values.length <= 10);
    assert.ok(proved.proved_at);
    const { domains } = good(await api(ours, 'GET', '/domains'));
    assert.deepEqual(domains.map(({ name, state }) => [name, state]), [['acme.example', 'proved']]);
    const { records } = server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    for (const event of ['domain.added', 'domain.proved']) assert.match(records.find((one) => one.event === event).actor, /^person /);
  });

  test('more records than anybody needs are refused, not read', async () => {
    const made = await add(ours, 'flood.example');
    const many = Array.from({ length: 400 }, (_, i) => `_kidoban TXT "${i}"\n`).join('');
    await names.publish({ 'flood.example': `${many}${record(made)}` });
    const reply = good(await check(ours, 'flood.example'));
    assert.equal(reply.found, 'dns_answer_too_large');
    assert.equal(reply.state, 'pending');
    assert.equal((await api(ours, 'DELETE', '/domains/flood.example')).status, 204);
  });

  test('logins are in a proved domain from the first proof on; a domain in use stays', async () => {
    const person = (who, login) => api(who, 'POST', '/people', { json: { login, display_name: 'X' } });
    const taro = good(await person(ours, 'taro@ACME.example'), 201);
    refused(await person(ours, 'taro@demo.example'), 400, 'login_outside_domains');
    refused(await person(ours, 'taro@sub.acme.example'), 400, 'login_outside_domains');
    refused(await api(ours, 'PATCH', `/people/${taro.id}`, { json: { login: 'taro@elsewhere.example' } }), 400, 'login_outside_domains');
    good(await api(ours, 'PATCH', `/people/${taro.id}`, { json: { login: 'jiro@acme.example' } }));
    // Who was there before stays, and can be changed in everything else.
    const before = good(await api(ours, 'GET', '/people')).people.find(({ login }) => login === john.login);
    good(await api(ours, 'PATCH', `/people/${before.id}`, { json: { display_name: 'John' } }));
    const byCommand = run(['person', 'create', '--tenant', 'demo', '--login', 'x@demo.example', '--name', 'X', ...server.storeArgs]);
    assert.equal(byCommand.status, 1);
    good(await person(theirs, 'anyone@anywhere.example'), 201);
    refused(await person(theirs, 'squatter@acme.example'), 400, 'login_domain_taken');
    refused(await api(ours, 'DELETE', '/domains/acme.example'), 409, 'domain_in_use');
  });

  test('a second tenant has the domain only when it proves it and the first one does not any more', async () => {
    refused(await api(theirs, 'GET', '/domains/acme.example'), 404, 'domain_unknown');
    refused(await check(theirs, 'acme.example'), 404, 'domain_unknown');
    const [mine] = good(await api(ours, 'GET', '/domains')).domains;
    const rival = await add(theirs, 'acme.example');
    assert.notEqual(rival.record.value, mine.record.value);
    assert.ok(!(await api(theirs, 'GET', '/domains')).body.includes(mine.record.value));
    await names.publish({ 'acme.example': record(mine) + record(rival) });
    refused(await check(theirs, 'acme.example'), 409, 'domain_taken');
    const told = good(await api(theirs, 'GET', '/domains/acme.example'));
    assert.equal(told.state, 'pending');
    assert.match(told.explanation, /another organisation/);
    assert.equal(good(await api(ours, 'GET', '/domains/acme.example')).state, 'proved');
    await names.publish({ 'acme.example': record(rival) });
    assert.equal(good(await check(theirs, 'acme.example')).state, 'proved');
    assert.equal(good(await api(ours, 'GET', '/domains/acme.example')).state, 'pending');
    refused(await api(theirs, 'POST', '/people', { json: { login: 'x@other.example', display_name: 'X' } }), 400, 'login_outside_domains');
    const { records } = server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    refused(await api(ours, 'POST', '/people', { json: { login: 'late@acme.example', display_name: 'X' } }), 400, 'login_domain_taken');
    const lost = records.find(({ event }) => event === 'domain.lost');
    assert.ok(lost && !lost.detail.includes('other'));
    assert.equal((await api(ours, 'DELETE', '/domains/acme.example')).status, 204);
  });

  test('what is no domain of anybody alone is refused; only administrators of the tenant ask', async () => {
    for (const [name, reason] of [['co.jp', 'domain_public_suffix'], ['acme', 'domain_malformed'], ['a b.example', 'domain_malformed'], ['192.0.2.1', 'domain_malformed']]) {
      refused(await api(ours, 'POST', '/domains', { json: { name } }), 400, reason);
    }
    const idn = await add(ours, '例え.example');
    assert.equal(idn.name, 'xn--r8jz45g.example');
    assert.equal(idn.readable_name, '例え.example');
    refused(await api(ours, 'POST', '/domains', { json: { name: 'xn--r8jz45g.EXAMPLE' } }), 409, 'domain_exists');
    assert.equal(good(await api(ours, 'GET', `/domains/${encodeURIComponent('例え.example')}`)).name, idn.name);
    const member = await signedIn('demo', john.login);
    for (const [method, path, json] of [['GET', '/domains'], ['POST', '/domains', { name: 'new.example' }], ['GET', `/domains/${idn.name}`], ['POST', `/domains/${idn.name}/check`], ['DELETE', `/domains/${idn.name}`]]) {
      refused(await api({ person: browser(), tenant: 'demo' }, method, path, { json }), 401, 'session_missing');
      refused(await api(member, method, path, { json }), 403, 'not_administrator');
      if (path.includes(idn.name)) refused(await api(theirs, method, path, { json }), 404, 'domain_unknown');
      if (method !== 'GET') refused(await api(ours, method, path, { json, headers: { 'Sec-Fetch-Site': 'cross-site' } }), 403, 'cross_site_request');
    }
  });

  test('the command line adds, checks, lists and removes', async () => {
    const made = server.command(['domain', 'add', '--tenant', 'demo', 'line.example']);
    await names.publish({ 'line.example': record(made) });
    const checked = server.command(['domain', 'check', '--tenant', 'demo', 'line.example']);
    assert.equal(checked.state, 'proved');
    assert.ok(server.command(['domain', 'list', '--tenant', 'demo']).domains.some(({ name, state }) => name === 'line.example' && state === 'proved'));
    server.command(['domain', 'remove', '--tenant', 'demo', 'line.example']);
    assert.ok(!server.command(['domain', 'list', '--tenant', 'demo']).domains.some(({ name }) => name === 'line.example'));
  });

  test('a server that never answers costs a few seconds and no transaction', async () => {
    const silent = await silentServer();
    const slow = await Server.start({ data: undefined, demo: false, env: { KIDOBAN_DNS_SERVERS: silent.address } });
    slow.tenant('slow');
    slow.command(['domain', 'add', '--tenant', 'slow', 'acme.example']);
    const began = Date.now();
    const asking = new Promise((resolve) => { resolve(slow.command(['domain', 'check', '--tenant', 'slow', 'acme.example'])); });
    assert.equal((await asking).found, 'dns_timeout');
    assert.ok(Date.now() - began < 15_000);
    await slow.stop();
    silent.close();
    for (const servers of ['dns.example', '127.0.0.1:x']) {
      const done = run(['config', '--data', slow.data], { env: { KIDOBAN_DNS_SERVERS: servers } });
      assert.equal(done.status, 0);  // read, and judged by who uses it
      assert.equal(run(['tenant', 'list', '--data', slow.data], { env: { KIDOBAN_DNS_SERVERS: servers } }).status, 2);
    }
  });
});
