// Finding people through the front door: filters, words, orders and pages, on both stores, with a second tenant who finds nothing.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { browser, signIn } from '../kit/client.mjs';
import { hanako, john } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

onEachStore('search', (world) => {
  let administrator, member, stranger;
  const api = (who, method, path, { json, headers = {}, tenant = 'demo' } = {}) => who.send(`${world.server.issuer(tenant)}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  const ok = (reply, status = 200) => {
    assert.equal(reply.status, status, reply.body);
    return reply.body ? reply.json() : undefined;
  };
  const refused = (reply, status, reason) => {
    assert.equal(reply.status, status, reply.body);
    assert.equal(reply.json().reason, reason);
  };
  const make = async (login, more = {}) => ok(await api(administrator, 'POST', '/people', { json: { login, display_name: login, ...more } }), 201);
  // An index that is still being built says when to come again.
  const ask = async (query, { who = administrator, tenant } = {}) => {
    for (;;) {
      const reply = await api(who, 'GET', `/people?${new URLSearchParams(query)}`, { tenant });
      if (reply.status !== 503) return reply;
      assert.equal(reply.headers['retry-after'], '1', reply.body);
      assert.equal(reply.json().reason, 'search_unready');
    }
  };
  const logins = async (query, options) => ok(await ask(query, options)).people.map(({ login }) => login);
  const scim = async (path, { method = 'GET', json } = {}) => administrator.send(`${world.issuer}/scim/v2${path}`,
    { method, headers: { Accept: 'application/scim+json', ...(json && { 'Content-Type': 'application/scim+json' }) }, body: json && JSON.stringify(json) });

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
    ok(await api(administrator, 'PUT', '/settings/directory', { json: { custom_attributes: [{ name: 'floor', type: 'number' }] } }));
  });

  test('finds by filter, by words however they are written, and in an order', async () => {
    await make('sato@find.example', { display_name: '佐藤 さくら', family_name: '佐藤', family_name_kana: 'さとう', given_name_kana: 'サクラ', department: '第一営業部', title: '課長',
      employee_number: 'E-77', phones: [{ value: '03-1234-5678', type: 'work' }], custom: { floor: 3 } });
    await make('suzuki@find.example', { display_name: '鈴木 健', family_name: '鈴木', family_name_kana: 'スズキ', department: '第二営業部', custom: { floor: 12 } });
    await make('abe@find.example', { display_name: '安部 葵', family_name: '安部', family_name_kana: 'アベ', department: '開発部' });
    const all = 'login ew "@find.example"';
    assert.deepEqual(await logins({ filter: 'department eq "第一営業部"' }), ['sato@find.example']);
    assert.deepEqual(await logins({ filter: `${all} and custom.floor gt 3` }), ['suzuki@find.example']);
    assert.deepEqual(await logins({ filter: 'phones[type eq "work" and value ew "5678"]' }), ['sato@find.example']);
    assert.deepEqual(await logins({ filter: `${all} and created_at ge "2020-01-01T00:00:00Z" and state eq "enabled"` }), ['sato@find.example', 'suzuki@find.example', 'abe@find.example']);
    assert.deepEqual(await logins({ filter: all, sort: 'family_name_kana' }), ['abe@find.example', 'sato@find.example', 'suzuki@find.example']);
    assert.deepEqual(await logins({ filter: all, sort: '-custom.floor' }), ['abe@find.example', 'suzuki@find.example', 'sato@find.example']);
    for (const search of ['佐藤', 'さとう', 'ｻﾄｳ', 'サトウ サクラ', 'ＳＡＴＯ 営業', '佐藤　さくら', 'e-77', '0312345678', '12345']) {
      assert.deepEqual(await logins({ search }), ['sato@find.example'], search);
    }
    assert.deepEqual(await logins({ search: '営業', sort: '-family_name_kana' }), ['suzuki@find.example', 'sato@find.example']);
    assert.deepEqual(await logins({ search: '営業 葵' }), []);
    assert.equal(ok(await ask({ search: '営業', limit: 1 })).total, 2);
  });

  test('whoever is made, changed or deleted is so in the next answer', async () => {
    const filter = 'title eq "Pilot"';
    assert.deepEqual(await logins({ filter }), []);
    const { id } = await make('pilot@find.example', { title: 'pilot' });
    assert.deepEqual(await logins({ filter }), ['pilot@find.example']);
    ok(await api(administrator, 'PATCH', `/people/${id}`, { json: { title: 'Navigator' } }));
    assert.deepEqual(await logins({ filter }), []);
    ok(await scim(`/Users/${id}`, { method: 'PATCH', json: { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'title', value: 'Pilot' }] } }));
    assert.deepEqual(await logins({ filter }), ['pilot@find.example']);
    world.server.person('demo', 'second.pilot@find.example');
    assert.deepEqual(await logins({ search: 'second.pilot' }), ['second.pilot@find.example'], 'made by the command line, another process');
    ok(await api(administrator, 'DELETE', `/people/${id}`), 204);
    assert.deepEqual(await logins({ filter: `${filter} and state eq "pending_deletion"` }), ['pilot@find.example']);
    ok(await api(administrator, 'POST', `/people/${id}/removal`), 204);
    assert.deepEqual(await logins({ filter }), []);
  });

  test('pages stay right while people come and go', async () => {
    for (let i = 0; i < 12; ++i) await make(`page${i}@find.example`, { title: i % 4 === 0 ? '' : `title${(i * 5) % 12}`, department: 'Pages' });
    const query = { filter: 'department eq "pages"', sort: 'title', limit: 5 };
    const seen = [];
    for (let next, page = 0; ; ++page) {
      const got = ok(await ask({ ...query, ...(next && { after: next }) }));
      seen.push(...got.people.map(({ login }) => login));
      assert.equal(got.total, 12);
      if (!got.next) break;
      ({ next } = got);
      assert.ok(!/title|page/.test(Buffer.from(next, 'base64url').toString('latin1')), 'what is sorted by is no plain text in the cursor');
      if (page > 0) continue;
      // One that was shown goes, one comes before it.
      ok(await api(administrator, 'DELETE', `/people/${got.people[0].id}`), 204);
      ok(await api(administrator, 'POST', `/people/${got.people[0].id}/removal`), 204);
      await make('early@find.example', { title: '0', department: 'Pages' });
    }
    assert.equal(seen.length, 12);
    assert.equal(new Set(seen).size, 12);
    const first = ok(await ask(query));
    refused(await ask({ ...query, sort: '-title', after: first.next }), 400, 'cursor_malformed');
    refused(await ask({ ...query, after: 'AAAA' }), 400, 'cursor_malformed');
  });

  test('what can\'t be asked is named', async () => {
    for (const [query, reason] of [[{ filter: 'title eq' }, 'filter_malformed'], [{ filter: 'shoe_size eq 26' }, 'filter_attribute_unknown'], [{ filter: 'created_at ge "yesterday"' }, 'filter_unsupported'],
      [{ sort: 'phones' }, 'sort_malformed'], [{ sort: 'shoe_size' }, 'sort_malformed'], [{ sort: '-' }, 'sort_malformed'], [{ search: 'a b c d e f g h i j k' }, 'search_malformed'],
      [{ search: 'x'.repeat(401) }, 'search_malformed'], [{ search: 'x', limit: 501 }, 'page_malformed'], [{ filter: '('.repeat(30) + 'title pr' + ')'.repeat(30) }, 'filter_too_complex']]) {
      refused(await ask(query), 400, reason);
    }
  });

  test('shows whom one may see: nobody of another tenant, nobody to a member, some to who may see some', async () => {
    assert.deepEqual(await logins({ search: 'find.example' }, { who: stranger, tenant: 'other' }), []);
    assert.deepEqual(await logins({ search: 'boss' }, { who: stranger, tenant: 'other' }), ['boss@other.example']);
    refused(await api(member, 'GET', '/people?search=sato'), 403, 'not_administrator');
    refused(await api(browser(), 'GET', '/people?search=sato'), 401, 'session_missing');
    refused(await api(administrator, 'GET', '/people?search=sato', { tenant: 'other' }), 401, 'session_missing');
    // John may help those of one group, and those of one domain.
    const me = (await logins({ filter: `login eq "${john.login}"` })).length === 1 && ok(await ask({ filter: `login eq "${john.login}"` })).people[0].id;
    const inside = await make('inside@elsewhere.example', { department: 'Seen' }), outside = await make('outside@elsewhere.example', { department: 'Seen' });
    const near = await make('near@branch.example', { department: 'Seen' });
    const group = ok(await api(administrator, 'POST', '/groups', { json: { name: 'Seen' } }), 201).id;
    const put = await api(administrator, 'PUT', `/groups/${group}/members/${inside.id}`);
    assert.ok(put.status < 300, put.body);
    for (const scope of [{ group }, { domain: 'branch.example' }]) {
      const given = await api(administrator, 'PUT', `/people/${me}/roles`, { json: { role: 'help_desk', ...scope } });
      assert.ok(given.status < 300, given.body);
    }
    const reply = ok(await ask({ filter: 'department eq "Seen"' }, { who: member }));
    assert.deepEqual(reply.people.map(({ login }) => login).sort(), [inside.login, near.login].sort());
    assert.equal(reply.total, 2);
    assert.equal(ok(await ask({ filter: 'department eq "Seen"' })).total, 3);
    assert.ok(outside.id);
  });

  test('SCIM answers filters and orders by the index, with cursors by place', async () => {
    const resources = async (query) => {
      const reply = await scim(`/Users?${new URLSearchParams(query)}`);
      assert.equal(reply.status, 200, reply.body);
      return reply.json();
    };
    const filter = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "PAGES"';
    const all = await resources({ filter, sortBy: 'title' });
    assert.equal(all.totalResults, 12);
    assert.equal(all.Resources.length, 12);
    const paged = [];
    for (let cursor = ''; cursor !== undefined;) {
      const page = await resources({ filter, sortBy: 'title', count: 5, cursor });
      assert.equal(page.totalResults, 12);
      paged.push(...page.Resources.map(({ userName }) => userName));
      cursor = page.nextCursor;
    }
    assert.deepEqual(paged, all.Resources.map(({ userName }) => userName));
    assert.deepEqual((await resources({ filter, sortBy: 'title', startIndex: 6, count: 3 })).Resources.map(({ userName }) => userName), paged.slice(5, 8));
    assert.equal((await resources({ filter: 'emails[type eq "work" and value ew "@find.example"] and active eq true', count: 0 })).totalResults,
      ok(await ask({ filter: 'email ew "@find.example" and state eq "enabled"', limit: 1 })).total);
    assert.equal((await resources({ filter: 'groups.display eq "Seen"' })).totalResults, 1, 'what the index hasn\'t is looked at one by one');
  });
});
