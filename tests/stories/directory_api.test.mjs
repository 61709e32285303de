// People and groups through the administrators' API, on both stores, with a second tenant who finds nothing.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { begin, browser, discover, sampleOne, signIn } from '../kit/client.mjs';
import { hanako, john } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

onEachStore("the administrators' API", (world) => {
  let administrator, member, stranger;
  // One request of somebody's browser, from a page of ours.
  const api = (who, method, path, { json, headers = {}, tenant = 'demo' } = {}) => who.send(`${world.server.issuer(tenant)}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  const refused = (reply, status, reason) => {
    assert.equal(reply.status, status, reply.body);
    assert.equal(reply.headers['content-type'], 'application/problem+json');
    assert.equal(reply.json().reason, reason);
    assert.equal(reply.json().status, status);
  };
  const make = async (login, more = {}) => {
    const reply = await api(administrator, 'POST', '/people', { json: { login, display_name: login, ...more } });
    assert.equal(reply.status, 201, reply.body);
    assert.equal(reply.headers.location, `${world.issuer}/api/v1/people/${reply.json().id}`);
    return reply.json();
  };

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
  });

  test('is for administrators of this tenant alone', async () => {
    const person = await make('secret@demo.example');
    const group = (await api(administrator, 'POST', '/groups', { json: { name: 'Secret' } })).json();
    const doors = [['GET', '/people'], ['POST', '/people', { login: 'a@a.example', display_name: 'A' }], ['GET', `/people/${person.id}`], ['PATCH', `/people/${person.id}`, { display_name: 'X' }],
      ['DELETE', `/people/${person.id}`], ['GET', `/people/${person.id}/sessions`], ['DELETE', `/people/${person.id}/sessions`], ['DELETE', `/people/${person.id}/sessions/${person.id}`], ['GET', '/groups'], ['POST', '/groups', { name: 'X' }], ['GET', `/groups/${group.id}`],
      ['PATCH', `/groups/${group.id}`, { name: 'X' }], ['DELETE', `/groups/${group.id}`], ['GET', `/groups/${group.id}/members`],
      ['PUT', `/groups/${group.id}/members/${person.id}`], ['DELETE', `/groups/${group.id}/members/${person.id}`]];
    for (const [method, path, json] of doors) {
      refused(await api(browser(), method, path, { json }), 401, 'session_missing');
      refused(await api(member, method, path, { json }), 403, 'not_administrator');
      refused(await api(administrator, method, path, { json, tenant: 'other' }), 401, 'session_missing');
      // The second tenant's administrator: what is named isn't there, lists are their own.
      const theirs = await api(stranger, method, path, { json, tenant: 'other' });
      if (path.includes(person.id) || path.includes(group.id)) assert.equal(theirs.status, 404, `${method} ${path}: ${theirs.body}`);
      else assert.ok(!theirs.body.includes(person.id) && !theirs.body.includes('Secret'), theirs.body);
      if (method !== 'GET') refused(await api(administrator, method, path, { json, headers: { 'Sec-Fetch-Site': 'cross-site' } }), 403, 'cross_site_request');
    }
    assert.equal((await api(administrator, 'GET', `/people/${person.id}`)).json().display_name, 'secret@demo.example');
  });

  test('a person is made, changed where the version fits, and shown everywhere as they are now', async () => {
    const made = await make('Taro@Demo.example', { family_name: '田中', given_name: '太郎', locale: 'ja', zoneinfo: 'Asia/Tokyo' });
    assert.equal(made.login, 'taro@demo.example');
    assert.equal(made.state, 'enabled');
    const read = await api(administrator, 'GET', `/people/${made.id}`);
    assert.equal(read.headers.etag, '"1"');
    const changed = await api(administrator, 'PATCH', `/people/${made.id}`, { json: { display_name: '田中 太郎', email: 'post@example.org' }, headers: { 'If-Match': '"1"' } });
    assert.equal(changed.status, 200, changed.body);
    assert.equal(changed.headers.etag, '"2"');
    assert.equal(changed.json().email, 'post@example.org');
    assert.equal(changed.json().family_name, '田中');
    refused(await api(administrator, 'PATCH', `/people/${made.id}`, { json: { display_name: 'late' }, headers: { 'If-Match': '"1"' } }), 412, 'version_changed');
    assert.equal((await api(administrator, 'PATCH', `/people/${made.id}`, { json: {} })).headers.etag, '"2"', 'nothing changed');
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    const told = records.find(({ event, detail }) => event === 'person.changed' && detail.includes('post@example.org'));
    assert.equal(JSON.parse(told.detail).display_name_before, 'Taro@Demo.example');
    assert.match(told.actor, /^person /);
  });

  test('what is wrong is named, and nothing of it is done', async () => {
    const { id } = await make('careful@demo.example');
    const cases = [['POST', '/people', { login: 'x' , display_name: 'X' }, 400, 'login_malformed'], ['POST', '/people', { login: 'x@x.example' }, 400, 'member_missing'],
      ['POST', '/people', { login: 'CAREFUL@demo.example', display_name: 'X' }, 409, 'login_taken'], ['POST', '/people', { login: 'x@x.example', display_name: 5 }, 400, 'member_malformed'],
      ['POST', '/people', { login: 'x@x.example', display_name: 'X', colour: 'red' }, 400, 'member_unknown'], ['PATCH', `/people/${id}`, { login: hanako.login }, 409, 'login_taken'],
      ['PATCH', `/people/${id}`, { state: 'gone' }, 400, 'state_unknown'], ['PATCH', `/people/${id}`, { display_name: '' }, 400, 'name_malformed'],
      ['PATCH', `/people/${id}`, { zoneinfo: 'Asia/Tokyo; drop' }, 400, 'zoneinfo_malformed'], ['GET', '/people?limit=501', undefined, 400, 'page_malformed'],
      ['GET', '/people?after=x', undefined, 400, 'page_malformed'], ['POST', '/groups', { name: ' ' }, 400, 'name_malformed']];
    for (const [method, path, json, status, reason] of cases) refused(await api(administrator, method, path, { json }), status, reason);
    for (const body of ['', '[]', '{', '{"login":"a","login":"b"}', `${'{"a":'.repeat(50)}1${'}'.repeat(50)}`, '"\xff"']) {
      const reply = await administrator.send(`${world.issuer}/api/v1/people`, { method: 'POST', body, headers: { 'Content-Type': 'application/json', Accept: 'application/json' } });
      refused(reply, 400, 'json_malformed');
    }
    const typed = await administrator.send(`${world.issuer}/api/v1/people`, { method: 'POST', body: 'a=b', headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' } });
    refused(typed, 415, 'content_type_unsupported');
    refused(await api(administrator, 'PATCH', `/people/${id}`, { json: {}, headers: { 'If-Match': 'x' } }), 400, 'if_match_malformed');
    assert.equal((await api(administrator, 'GET', `/people/${id}`)).headers.etag, '"1"');
  });

  test('who is disabled or deleted is signed out at once, keeps the login, and can be brought back', async () => {
    const who = { login: 'leaver@demo.example', password: 'a long goodbye to everyone' };
    world.server.person('demo', who.login, { secret: who.password });
    const { person, claims } = await signIn(world.one, who);
    const silent = async () => new URL((await person.send((await begin(world.one, { prompt: 'none' })).url)).headers.location).searchParams.get('error') ?? 'in';
    assert.equal(await silent(), 'in');
    assert.equal((await api(administrator, 'DELETE', `/people/${claims.sub}`)).status, 204);
    assert.equal(await silent(), 'login_required');
    assert.equal((await api(administrator, 'GET', `/people/${claims.sub}`)).json().state, 'pending_deletion');
    refused(await api(administrator, 'POST', '/people', { json: { login: who.login, display_name: 'Again' } }), 409, 'login_taken');
    assert.equal((await api(administrator, 'PATCH', `/people/${claims.sub}`, { json: { state: 'enabled' } })).status, 200);
    assert.equal((await signIn(world.one, who)).claims.sub, claims.sub);
  });

  test('somebody is always left to administer', async () => {
    const boss = (await api(stranger, 'GET', '/people', { tenant: 'other' })).json().people.find(({ administrator: is }) => is);
    for (const json of [{ administrator: false }, { state: 'disabled' }]) refused(await api(stranger, 'PATCH', `/people/${boss.id}`, { json, tenant: 'other' }), 409, 'last_administrator');
    refused(await api(stranger, 'DELETE', `/people/${boss.id}`, { tenant: 'other' }), 409, 'last_administrator');
    const second = (await api(stranger, 'POST', '/people', { json: { login: 'second@other.example', display_name: 'Second', administrator: true }, tenant: 'other' })).json();
    // Two who lay down the office at the same moment: one stays.
    const replies = await Promise.all([boss, second].map(({ id }) => api(stranger, 'PATCH', `/people/${id}`, { json: { administrator: false }, tenant: 'other' })));
    const left = world.server.command(['person', 'list', '--tenant', 'other']).people.filter(({ administrator: is }) => is);
    assert.ok(left.length >= 1, `${replies.map(({ status }) => status)}`);
  });

  test('lists come page by page, and groups have members', async () => {
    const made = [];
    for (let i = 0; i < 7; ++i) made.push((await make(`page${i}@demo.example`)).id);
    const seen = [];
    for (let next = ''; next !== undefined;) {
      const page = (await api(administrator, 'GET', `/people?limit=3${next && `&after=${next}`}`)).json();
      assert.ok(page.people.length <= 3);
      seen.push(...page.people.map(({ id }) => id));
      next = page.next;
    }
    assert.equal(new Set(seen).size, seen.length);
    for (const id of made) assert.ok(seen.includes(id));
    const group = (await api(administrator, 'POST', '/groups', { json: { name: '営業部' } })).json();
    refused(await api(administrator, 'POST', '/groups', { json: { name: '営業部' } }), 409, 'group_taken');
    for (const id of [...made, made[0]]) assert.equal((await api(administrator, 'PUT', `/groups/${group.id}/members/${id}`)).status, 204);
    assert.equal((await api(administrator, 'DELETE', `/groups/${group.id}/members/${made[0]}`)).status, 204);
    const members = (await api(administrator, 'GET', `/groups/${group.id}/members`)).json().members.map(({ id }) => id);
    assert.deepEqual(members.sort(), made.slice(1).sort());
    assert.equal((await api(administrator, 'PATCH', `/groups/${group.id}`, { json: { name: 'Sales' } })).json().name, 'Sales');
    assert.ok((await api(administrator, 'GET', '/groups')).json().groups.some(({ name }) => name === 'Sales'));
    assert.equal((await api(administrator, 'DELETE', `/groups/${group.id}`)).status, 204);
    refused(await api(administrator, 'GET', `/groups/${group.id}/members`), 404, 'group_unknown');
  });
});
