// Groups through the administrators' API, on both stores: within one another, by rule, and as an application is told of them;
// with a second tenant who finds nothing.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { begin, browser, signIn } from '../kit/client.mjs';
import { hanako, john } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

onEachStore('groups', (world) => {
  let administrator, stranger;
  const api = (who, method, path, { json, headers = {}, tenant = 'demo' } = {}) => who.send(`${world.server.issuer(tenant)}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  const done = async (method, path, json, status = 200) => {
    const reply = await api(administrator, method, path, { json });
    assert.equal(reply.status, status, `${method} ${path}: ${reply.body}`);
    return status === 204 ? undefined : reply.json();
  };
  const refused = async (method, path, json, status, reason, more = {}) => {
    const reply = await api(administrator, method, path, { json, ...more });
    assert.equal(reply.status, status, reply.body);
    assert.equal(reply.json().reason, reason);
  };
  const group = (name, more = {}) => done('POST', '/groups', { name, ...more }, 201);
  const person = (login, more = {}) => done('POST', '/people', { login, display_name: login, ...more }, 201);
  const put = (into, member) => done('PUT', `/groups/${into.id}/members/${member.id}`, undefined, 204);
  const members = async (of, kind = 'members') => (await done('GET', `/groups/${of.id}/${kind}?limit=500`)).members;
  const ids = (list) => list.map(({ id }) => id).sort();

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
  });

  test('what is said of a group is kept, changed where the version fits, and checked', async () => {
    const made = await group('Sales East', { description: '東日本', mail: 'sales@demo.example', type: 'security', external_id: 'S-1' });
    const read = await api(administrator, 'GET', `/groups/${made.id}`);
    assert.equal(read.headers.etag, '"1"');
    assert.deepEqual(read.json(), made);
    assert.equal(made.description, '東日本');
    const changed = await api(administrator, 'PATCH', `/groups/${made.id}`, { json: { type: 'distribution', mail: '' }, headers: { 'If-Match': '"1"' } });
    assert.equal(changed.headers.etag, '"2"');
    assert.deepEqual([changed.json().type, changed.json().mail, changed.json().name], ['distribution', '', 'Sales East']);
    await refused('PATCH', `/groups/${made.id}`, { name: 'late' }, 412, 'version_changed', { headers: { 'If-Match': '"1"' } });
    await refused('DELETE', `/groups/${made.id}`, undefined, 412, 'version_changed', { headers: { 'If-Match': '"1"' } });
    await refused('PATCH', `/groups/${made.id}`, { mail: 'nobody' }, 400, 'email_malformed');
    await refused('PATCH', `/groups/${made.id}`, { colour: 'red' }, 400, 'member_unknown');
    await refused('POST', '/groups', { type: 'security' }, 400, 'member_missing');
  });

  test('who is in a group below is in those above: in lists, and as an application is told', async () => {
    const [company, sales, east] = [await group('Company'), await group('Sales'), await group('East')];
    await put(company, sales);
    await put(sales, east);
    const { claims } = await signIn(world.one, john);
    const inside = { id: claims.sub };
    await put(east, inside);
    const boss = await person('boss@demo.example');
    await put(company, boss);
    assert.deepEqual(ids(await members(company)), ids([sales, boss]));
    assert.equal((await members(company)).find(({ id }) => id === sales.id).type, 'group');
    assert.deepEqual(ids(await members(company, 'effective-members')), ids([inside, boss]));
    assert.equal((await members(company, 'effective-members')).find(({ id }) => id === boss.id).direct, true);
    const mine = async (query = '') => (await done('GET', `/people/${inside.id}/groups${query}`)).groups;
    const ofThese = (list) => list.filter(({ name }) => ['Company', 'Sales', 'East'].includes(name)).map(({ name, direct }) => `${name}${direct ? '' : '~'}`).sort();
    assert.deepEqual(ofThese(await mine()), ['Company~', 'East', 'Sales~']);
    assert.deepEqual(ofThese(await mine('?direct=true')), ['East']);
    await refused('GET', `/people/${inside.id}/groups?direct=1`, undefined, 400, 'direct_malformed');
    await refused('PUT', `/groups/${east.id}/members/${company.id}`, undefined, 409, 'group_cycle');
    await refused('PUT', `/groups/${east.id}/members/${east.id}`, undefined, 409, 'group_cycle');
    await refused('PUT', `/groups/${east.id}/members/018f3f6e-0000-7000-8000-000000000000`, undefined, 404, 'group_member_unknown');
    const { tokens } = await signIn(world.one, john, { more: { claims: JSON.stringify({ id_token: { groups: null } }) } });
    const told = tokens.claims().groups;
    for (const name of ['Company', 'Sales', 'East']) assert.ok(told.includes(name), `${name} in ${told}`);
    await done('DELETE', `/groups/${company.id}/members/${sales.id}`, undefined, 204);
    assert.deepEqual(ids(await members(company, 'effective-members')), [boss.id]);
  });

  test('two who put groups into one another at once leave no circle', async () => {
    for (let round = 0; round < 5; ++round) {
      const [one, two] = [await group(`One ${round}`), await group(`Two ${round}`)];
      const replies = await Promise.all([[one, two], [two, one]].map(([into, within]) => api(administrator, 'PUT', `/groups/${into.id}/members/${within.id}`)));
      assert.deepEqual(replies.map(({ status }) => status).sort(), [204, 409]);
    }
  });

  test('a rule says who is in, from the moment on that somebody becomes so', async () => {
    const [first, intern] = [await person('first@demo.example', { department: '企画部' }), await person('intern@demo.example', { department: '企画部', title: 'Intern' })];
    const rule = 'department eq "企画部" and not (title eq "intern")';
    const preview = await done('POST', '/groups/preview-rule', { rule });
    assert.deepEqual([preview.matching, preview.complete, preview.first[0].login], [1, true, 'first@demo.example']);
    const planning = await group('Planning', { rule });
    assert.equal(planning.rule_pass, undefined);
    assert.deepEqual(ids(await members(planning)), [first.id]);
    const comer = await person('comer@demo.example', { department: '企画部' });
    await done('PATCH', `/people/${intern.id}`, { title: '主任' });
    await done('PATCH', `/people/${first.id}`, { department: '開発部' });
    assert.deepEqual(ids(await members(planning)), ids([comer, intern]));
    await refused('PUT', `/groups/${planning.id}/members/${first.id}`, undefined, 409, 'group_by_rule');
    await refused('DELETE', `/groups/${planning.id}/members/${comer.id}`, undefined, 409, 'group_by_rule');
    await done('PATCH', `/groups/${planning.id}`, { rule: 'department eq "開発部"' });
    assert.deepEqual(ids(await members(planning)), [first.id]);
    await done('PATCH', `/groups/${planning.id}`, { rule: '' });
    await put(planning, comer);
    assert.deepEqual(ids(await members(planning)), ids([first, comer]));
    await refused('POST', '/groups/preview-rule', { rule: 'colour eq "red"' }, 400, 'rule_attribute_unknown');
    await refused('POST', '/groups', { name: 'Broken', rule: 'department eq' }, 400, 'filter_malformed');
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    assert.ok(records.some(({ event }) => event === 'group.rule_applied'));
    assert.ok(records.some(({ event, detail }) => event === 'group.member_added' && detail.includes(comer.id) && detail.includes('by_rule')));
  });

  test('another tenant finds nothing of it', async () => {
    const [one, within] = [await group('Secret one'), await group('Secret within')];
    const who = await person('hidden@demo.example', { department: 'Hidden' });
    for (const [method, path] of [['GET', `/groups/${one.id}/effective-members`], ['PUT', `/groups/${one.id}/members/${within.id}`],
      ['DELETE', `/groups/${one.id}/members/${within.id}`], ['GET', `/people/${who.id}/groups`], ['PATCH', `/groups/${one.id}`]]) {
      const json = method === 'PATCH' ? { rule: 'state pr' } : undefined;
      assert.equal((await api(stranger, method, path, { json, tenant: 'other' })).status, 404, `${method} ${path}`);
      assert.equal((await api(browser(), method, path, { json })).status, 401);
    }
    const theirs = (await api(stranger, 'POST', '/groups', { json: { name: 'Theirs' }, tenant: 'other' })).json();
    for (const id of [within.id, who.id]) assert.equal((await api(stranger, 'PUT', `/groups/${theirs.id}/members/${id}`, { tenant: 'other' })).status, 404);
    const preview = (await api(stranger, 'POST', '/groups/preview-rule', { json: { rule: 'department eq "Hidden"' }, tenant: 'other' })).json();
    assert.equal(preview.matching, 0);
  });
});
