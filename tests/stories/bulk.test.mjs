// Many operations in one request and large groups, on both stores: operations share commits, but each has an outcome of its
// own; and what a change of a group costs and answers is the change, not the group.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { browser, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const patchOp = (...Operations) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

onEachStore('much at once', (world) => {
  let administrator, stranger, connector;
  const api = async (method, path, json) => {
    const reply = await administrator.send(`${world.issuer}/api/v1${path}`, { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.status} ${reply.body}`);
    return reply.body ? reply.json() : undefined;
  };
  const scim = (method, path, json, { who = connector, tenant = 'demo', headers = {} } = {}) => who.send(`${world.server.issuer(tenant)}/scim/v2${path}`, {
    method, headers: { Accept: 'application/scim+json', ...(json && { 'Content-Type': 'application/scim+json' }), ...headers }, body: json && JSON.stringify(json) });
  const good = async (status, ...asked) => {
    const reply = await scim(...asked);
    assert.equal(reply.status, status, `${asked[0]} ${asked[1]}: ${reply.body}`);
    return reply.body ? reply.json() : reply;
  };
  const bulk = async (Operations, more = {}) => (await good(200, 'POST', '/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations, ...more })).Operations;
  const make = (userName, more = {}) => ({ method: 'POST', path: '/Users', bulkId: userName, data: { userName, ...more } });
  const count = async (filter) => (await good(200, 'GET', `/Users?count=0&filter=${encodeURIComponent(filter)}`)).totalResults;
  const idOf = ({ location }) => location.split('/').pop();
  const statuses = (done) => done.map(({ status }) => status);
  const records = async (query) => (await api('GET', `/audit?limit=500&${query}`)).records;

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
    const { id } = await api('POST', '/service-accounts', { name: 'Connector', permissions: ['people_read', 'people_write', 'people_reset', 'groups_read', 'groups_write'] });
    const { token } = await api('POST', `/service-accounts/${id}/tokens`, { label: 'story', expires_at: new Date(Date.now() + 3_600_000).toISOString() });
    connector = { send: (url, options) => send(url, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } }) };
  });

  test('of three hundred operations each has its outcome, and those that fail leave nothing', async () => {
    await good(201, 'POST', '/Users', { userName: 'taken@much.example' });
    const operations = Array.from({ length: 300 }, (_, i) => make(i % 50 === 7 ? 'Taken@much.example' : i % 50 === 9 ? `no login ${i}` : `p${i}@much.example`, { title: 'Much' }));
    operations.forEach((one, i) => { one.bulkId = `b${i}`; });
    const done = await bulk(operations);
    assert.equal(done.length, 300);
    done.forEach(({ status, bulkId, response, location }, i) => {
      assert.equal(bulkId, `b${i}`);
      const expected = i % 50 === 7 ? '409' : i % 50 === 9 ? '400' : '201';
      assert.equal(status, expected, JSON.stringify(response));
      if (expected === '201') assert.ok(location);
      else assert.equal(response.scimType, i % 50 === 7 ? 'uniqueness' : 'invalidValue');
    });
    assert.equal(await count('title eq "Much"'), 288);
    // Each is in the audit, by whom and how; and nobody who was refused.
    const made = (await records('event=person.created')).filter(({ detail }) => /"login":"p\d+@much/.test(JSON.stringify(detail)));
    assert.equal(made.length, 288);
    // Among them changes of all kinds, of which some fail.
    const [first, second, third, fourth] = done.map((one) => one.location && idOf(one));
    const mixed = await bulk([
      { method: 'PATCH', path: `/Users/${first}`, data: patchOp({ op: 'replace', path: 'title', value: 'Changed' }) },
      { method: 'PATCH', path: `/Users/${second}`, data: patchOp({ op: 'replace', path: 'title', value: 'Lost' }, { op: 'replace', path: 'userName', value: 'taken@much.example' }) },
      make('between@much.example', { title: 'Changed' }),
      { method: 'POST', path: '/Groups', bulkId: 'g', data: { displayName: 'Half', members: [{ value: first }, { value: '00000000-0000-7000-8000-000000000000' }] } },
      { method: 'DELETE', path: `/Users/${third}` },
      { method: 'PATCH', path: `/Users/${third}`, data: patchOp({ op: 'replace', path: 'title', value: 'Changed' }) },
      { method: 'PUT', path: `/Users/${fourth}`, version: 'W/"77"', data: { userName: 'p3@much.example', title: 'Changed' } },
      { method: 'POST', path: '/Groups', bulkId: 'h', data: { displayName: 'Whole', members: [{ value: first }] } }]);
    assert.deepEqual(statuses(mixed), ['200', '409', '201', '400', '204', '404', '412', '201'], JSON.stringify(mixed));
    assert.equal(await count('title eq "Changed"'), 2);
    assert.equal(await count('title eq "Lost"'), 0, 'what an operation did before it failed is undone');
    assert.equal((await good(200, 'GET', `/Groups?filter=${encodeURIComponent('displayName eq "Half"')}`)).totalResults, 0);
    assert.equal((await good(200, 'GET', `/Groups?filter=${encodeURIComponent('displayName eq "Whole"')}`)).Resources[0].members.length, 1);
    // Another tenant sees nothing of it.
    assert.equal((await scim('GET', '/Users?filter=title pr', undefined, { who: stranger, tenant: 'other' })).json().totalResults, 0);
    assert.equal((await scim('GET', `/Users/${first}`, undefined, { who: stranger, tenant: 'other' })).status, 404);
  });

  test('failOnErrors stops behind the last error that it allows, and what was done stands', async () => {
    const operations = Array.from({ length: 40 }, (_, i) => make(i % 10 === 5 ? 'taken@much.example' : `stop${i}@much.example`, { title: 'Stop' }));
    operations.forEach((one, i) => { one.bulkId = `b${i}`; });
    const done = await bulk(operations, { failOnErrors: 2 });
    assert.deepEqual(statuses(done), Array.from({ length: 16 }, (_, i) => (i % 10 === 5 ? '409' : '201')));
    assert.equal(await count('title eq "Stop"'), 14);
  });

  test('passwords are taken among the others', async () => {
    const secret = 'a gate with nineteen lanterns';
    const done = await bulk([make('pw1@much.example'), make('pw2@much.example', { password: secret }), make('pw3@much.example', { password: 'short' }), make('pw4@much.example')]);
    assert.deepEqual(statuses(done), ['201', '201', '400', '201'], JSON.stringify(done));
    await browser().signIn(`${world.issuer}/`, { login: 'pw2@much.example', password: secret });
  });

  test('where the quota ends within a request, the operations beyond it say so', async () => {
    const { people: { current } } = await api('GET', '/usage');
    world.server.sql(`update people_counts set quota = ${current + 3} where tenant = (select id from tenants where slug = 'demo')`);
    const done = await bulk(Array.from({ length: 8 }, (_, i) => make(`quota${i}@much.example`)));
    assert.deepEqual(statuses(done).map((one) => one === '201'), [true, true, true, false, false, false, false, false], JSON.stringify(done));
    assert.equal((await api('GET', '/usage')).people.current, current + 3);
    world.server.sql('update people_counts set quota = null');
  });

  test('a large group is changed by what changes, and answers no more than that', async () => {
    const ids = [];
    for (let from = 0; from < 1200; from += 600) ids.push(...(await bulk(Array.from({ length: 600 }, (_, i) => make(`m${from + i}@much.example`)))).map(idOf));
    const group = await good(201, 'POST', '/Groups', { displayName: 'Large' });
    const at = `/Groups/${group.id}`;
    const members = (list) => list.map((value) => ({ value }));
    const added = await good(200, 'PATCH', `${at}?excludedAttributes=members`, patchOp({ op: 'add', path: 'members', value: members(ids.slice(0, 1100)) }));
    assert.equal(added.members, undefined);
    assert.notEqual(added.meta.version, group.meta.version);
    // RFC 7644 §3.5.2: 204 where nobody asked for attributes, with the tag.
    const one = await scim('PATCH', at, patchOp({ op: 'add', path: 'members', value: members(ids.slice(1100, 1101)) }), { headers: { 'If-Match': added.meta.version } });
    assert.equal(one.status, 204, one.body);
    assert.equal((await scim('PATCH', at, patchOp({ op: 'remove', path: 'members' }), { headers: { 'If-Match': added.meta.version } })).status, 412);
    const whole = await scim('GET', at);
    assert.equal(whole.headers.etag, one.headers.etag);
    assert.equal(whole.json().members.length, 1101);
    assert.equal((await scim('GET', at, undefined, { headers: { 'If-None-Match': one.headers.etag } })).status, 304);
    // Putting in who is in changes nothing.
    const same = await scim('PATCH', at, patchOp({ op: 'add', path: 'members', value: members(ids.slice(0, 5)) }));
    assert.equal(same.headers.etag, one.headers.etag);
    // All replaced: who stays isn't touched, and the records name those who came and went alone.
    assert.equal((await scim('PATCH', at, patchOp({ op: 'replace', path: 'members', value: members(ids.slice(2, 1103)) }))).status, 204);
    assert.deepEqual((await good(200, 'GET', at)).members.map(({ value }) => value).sort(), ids.slice(2, 1103).sort());
    const [newest, before_] = await records(`event=group.members_changed&target=${group.id}`);
    assert.deepEqual([newest, before_].map(({ detail }) => (detail.added ?? detail.removed).split(' ').length), [2, 2]);
    // A member may be a group, said or found out; nobody is put in who isn't there.
    const inner = await good(201, 'POST', '/Groups', { displayName: 'Inner' });
    assert.equal((await scim('PATCH', at, patchOp({ op: 'add', path: 'members', value: [{ value: inner.id }, { value: ids[0] }] }))).status, 204);
    const now = (await good(200, 'GET', at)).members;
    assert.equal(now.find(({ value }) => value === inner.id).type, 'Group');
    assert.equal(now.length, 1103);
    assert.equal((await scim('PATCH', at, patchOp({ op: 'add', path: 'members', value: members([ids[1], '00000000-0000-7000-8000-000000000000']) }))).status, 400);
    assert.equal((await good(200, 'GET', at)).members.length, 1103, 'nothing half done');
    assert.equal((await scim('GET', at, undefined, { who: stranger, tenant: 'other' })).status, 404);
  });
});
