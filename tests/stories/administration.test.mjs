// Who may do what: roles with a reach, accounts that are no person's, the contract's quota, attributes of a tenant's own.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { browser, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako, john } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

onEachStore('administration', (world) => {
  let administrator, member, johnsId;
  const api = (who, method, path, json, headers = {}) => who.send(`${world.issuer}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  // A script with a token: no browser, no cookie.
  const script = (token) => ({ send: (url, { headers, ...rest }) => {
    const { 'Sec-Fetch-Site': _, ...plain } = headers;
    return send(url, { ...rest, headers: { ...plain, Authorization: `Bearer ${token}` } });
  } });
  const done = (reply, status) => {
    assert.equal(reply.status, status, `${reply.status} ${reply.body}`);
    return status === 204 ? undefined : reply.json();
  };
  const refused = (reply, status, reason) => assert.deepEqual([reply.status, reply.json().reason], [status, reason], reply.body);
  const make = async (login, more = {}) => done(await api(administrator, 'POST', '/people', { login, display_name: login, ...more }), 201);
  const inTwoHours = () => new Date(Date.now() + 7_200_000).toISOString();
  const account = async (name, permissions) => {
    const { id } = done(await api(administrator, 'POST', '/service-accounts', { name, permissions }), 201);
    const issued = done(await api(administrator, 'POST', `/service-accounts/${id}/tokens`, { label: 'first', expires_at: inTwoHours() }), 201);
    return { id, issued, script: script(issued.token) };
  };

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    johnsId = done(await api(administrator, 'GET', '/people'), 200).people.find(({ login }) => login === john.login).id;
  });

  test('a role lets somebody do just what it says, from the next request on and no longer than they have it', async () => {
    refused(await api(member, 'GET', '/people'), 403, 'not_administrator');
    done(await api(administrator, 'PUT', `/people/${johnsId}/roles`, { role: 'help_desk' }), 204);
    const somebody = await make('helped@demo.example');
    done(await api(member, 'GET', `/people/${somebody.id}`), 200);
    done(await api(member, 'POST', `/people/${somebody.id}/unlock`), 204);
    refused(await api(member, 'PATCH', `/people/${somebody.id}`, { display_name: 'X' }), 403, 'permission_missing');
    refused(await api(member, 'GET', '/roles'), 403, 'permission_missing');
    refused(await api(member, 'GET', '/audit'), 403, 'permission_missing');
    // Whoever resets an administrator's password is one.
    const boss = done(await api(administrator, 'GET', '/people'), 200).people.find(({ login }) => login === hanako.login);
    refused(await api(member, 'POST', `/people/${boss.id}/password`, {}), 403, 'person_more_powerful');
    refused(await api(member, 'DELETE', `/people/${boss.id}/sessions`), 403, 'person_more_powerful');
    assert.deepEqual(done(await api(administrator, 'GET', `/people/${johnsId}/roles`), 200).roles, [{ role: 'help_desk', scope: { kind: 'everywhere' } }]);
    done(await api(administrator, 'POST', `/people/${johnsId}/roles/withdrawal`, { role: 'help_desk' }), 204);
    refused(await api(member, 'GET', `/people/${somebody.id}`), 403, 'not_administrator');
  });

  test("a role's reach is a group's people, or a domain's", async () => {
    const inside = await make('inside@demo.example'), outside = await make('outside@demo.example'), elsewhere = await make('one@branch.example');
    const { id: group } = done(await api(administrator, 'POST', '/groups', { name: 'Branch' }), 201);
    done(await api(administrator, 'PUT', `/groups/${group}/members/${inside.id}`), 204);
    done(await api(administrator, 'PUT', `/people/${johnsId}/roles`, { role: 'people', group }), 204);
    done(await api(member, 'PATCH', `/people/${inside.id}`, { title: '課長' }), 200);
    refused(await api(member, 'GET', `/people/${outside.id}`), 403, 'permission_missing');
    refused(await api(member, 'PATCH', `/people/${outside.id}`, { title: '課長' }), 403, 'permission_missing');
    refused(await api(member, 'POST', '/people', { login: 'new@demo.example', display_name: 'N' }), 403, 'permission_missing');
    assert.deepEqual(done(await api(member, 'GET', '/people'), 200).people.map(({ id }) => id), [inside.id]);
    done(await api(member, 'PUT', `/groups/${group}/members/${inside.id}`), 204);
    refused(await api(member, 'PUT', `/groups/${group}/members/${outside.id}`), 403, 'permission_missing'); // nor widens it
    done(await api(administrator, 'POST', `/people/${johnsId}/roles/withdrawal`, { role: 'people', group }), 204);

    done(await api(administrator, 'PUT', `/people/${johnsId}/roles`, { role: 'people', domain: 'branch.example' }), 204);
    done(await api(member, 'POST', '/people', { login: 'two@branch.example', display_name: 'Two' }), 201);
    refused(await api(member, 'POST', '/people', { login: 'three@demo.example', display_name: 'Three' }), 403, 'permission_missing');
    done(await api(member, 'GET', `/people/${elsewhere.id}`), 200);
    refused(await api(member, 'GET', `/people/${inside.id}`), 403, 'permission_missing');
    // Nobody makes themselves more than they are.
    refused(await api(member, 'PATCH', `/people/${elsewhere.id}`, { administrator: true }), 403, 'permission_missing');
    done(await api(administrator, 'POST', `/people/${johnsId}/roles/withdrawal`, { role: 'people', domain: 'branch.example' }), 204);
  });

  test("a tenant's own roles are made of permissions, and nobody hands out what they don't have", async () => {
    const made = await api(administrator, 'POST', '/roles', { name: '人事', permissions: ['people_read', 'roles_read', 'roles_write'] });
    const { key } = done(made, 201);
    done(await api(administrator, 'PUT', `/people/${johnsId}/roles`, { role: key }), 204);
    refused(await api(member, 'PUT', `/people/${johnsId}/roles`, { role: 'people' }), 403, 'permission_not_yours');
    refused(await api(member, 'POST', '/roles', { name: 'more', permissions: ['audit_read'] }), 403, 'permission_not_yours');
    refused(await api(member, 'PATCH', `/roles/${key}`, { permissions: ['people_write'] }), 403, 'permission_not_yours');
    refused(await api(administrator, 'DELETE', `/roles/${key}`), 409, 'role_in_use');
    refused(await api(administrator, 'DELETE', '/roles/auditor'), 409, 'role_fixed');
    refused(await api(administrator, 'POST', '/roles', { name: 'x', permissions: ['fly'] }), 400, 'permission_unknown');
    refused(await api(administrator, 'PATCH', `/roles/${key}`, { name: 'late' }, { 'If-Match': '"7"' }), 412, 'version_changed');
    done(await api(administrator, 'POST', `/people/${johnsId}/roles/withdrawal`, { role: key }), 204);
    done(await api(administrator, 'DELETE', `/roles/${key}`), 204);
  });

  test('a service account does what it may with a token that was shown once, until it is revoked', async () => {
    const sync = await account('名簿連携', ['people_read', 'people_write']);
    assert.match(sync.issued.token, /^kdb_[A-Za-z0-9_-]{43}$/);
    done(await api(sync.script, 'POST', '/people', { login: 'synced@demo.example', display_name: 'Synced' }), 201);
    refused(await api(sync.script, 'GET', '/groups'), 403, 'permission_missing');
    refused(await api(sync.script, 'POST', '/people', { login: 'admin@demo.example', display_name: 'A', administrator: true }), 403, 'permission_missing');
    const listed = done(await api(administrator, 'GET', `/service-accounts/${sync.id}/tokens`), 200).tokens;
    assert.ok(listed[0].last_used_at && !JSON.stringify(listed).includes(sync.issued.token));
    const told = done(await api(administrator, 'GET', `/audit?actor=${sync.id}`), 200);
    assert.match(JSON.stringify(told), /person\.created/);
    assert.ok(JSON.stringify(told).includes(sync.issued.id), 'by which credential');
    assert.ok(!JSON.stringify(told).includes(sync.issued.token));
    done(await api(administrator, 'PATCH', `/service-accounts/${sync.id}`, { enabled: false }), 200);
    refused(await api(sync.script, 'GET', '/people'), 401, 'token_invalid');
    done(await api(administrator, 'PATCH', `/service-accounts/${sync.id}`, { enabled: true }), 200);
    done(await api(sync.script, 'GET', '/people'), 200);
    done(await api(administrator, 'DELETE', `/service-accounts/${sync.id}/tokens/${sync.issued.id}`), 204);
    refused(await api(sync.script, 'GET', '/people'), 401, 'token_invalid');
    refused(await api(script('kdb_'.padEnd(47, 'A')), 'GET', '/people'), 401, 'token_invalid');
    refused(await api(administrator, 'POST', `/service-accounts/${sync.id}/tokens`, { label: 'x', expires_at: '2099-01-01T00:00:00Z' }), 400, 'lifetime_malformed');
    done(await api(administrator, 'DELETE', `/service-accounts/${sync.id}`), 204);
  });

  test('a token of one tenant is nobody in another', async () => {
    const reader = await account('reader', ['people_read']);
    world.server.tenant('branch');
    const reply = await reader.script.send(`${world.server.issuer('branch')}/api/v1/people`, { method: 'GET', headers: { Accept: 'application/json' } });
    refused(reply, 401, 'token_invalid');
  });

  test('a tenant declares attributes of its own, and each has one master', async () => {
    const settings = { custom_attributes: [{ name: 'badge', type: 'number', label_ja: '社員証', label_en: 'Badge' }], retention_days: 7 };
    const kept = await api(administrator, 'PUT', '/settings/directory', settings, { 'If-Match': '"0"' });
    done(kept, 200);
    assert.equal(kept.headers.etag, '"1"');
    refused(await api(administrator, 'PUT', '/settings/directory', settings, { 'If-Match': '"0"' }), 412, 'version_changed');
    refused(await api(administrator, 'PUT', '/settings/directory', { retention: 7 }), 400, 'member_unknown');
    const { id } = await make('badge@demo.example', { custom: { badge: 4711 }, phones: [{ value: '０３-1234-5678', type: 'work' }], family_name_kana: 'ﾔﾏﾀﾞ' });
    const shown = done(await api(administrator, 'GET', `/people/${id}`), 200);
    assert.deepEqual([shown.custom, shown.phones, shown.family_name_kana], [{ badge: 4711 }, [{ value: '03-1234-5678', type: 'work' }], 'ヤマダ']);
    assert.equal(done(await api(administrator, 'PATCH', `/people/${id}`, { custom: { badge: null } }), 200).custom, undefined);
    refused(await api(administrator, 'PATCH', `/people/${id}`, { custom: { shoe: 26 } }), 400, 'attribute_unknown');
  });

  test('who is not there yet, or has left, is not let in', async () => {
    const login = 'joiner@demo.example';
    world.server.person('demo', login);
    const { id } = done(await api(administrator, 'GET', '/people?limit=500'), 200).people.find((one) => one.login === login);
    const tries = async () => {
      const person = browser();
      await person.signIn(`${world.issuer}/`, { login, password: hanako.password });
      return (await person.send(`${world.issuer}/`, { headers: { Accept: 'text/html' } })).status;
    };
    assert.equal(await tries(), 200);
    done(await api(administrator, 'PATCH', `/people/${id}`, { valid_from: inTwoHours() }), 200);
    assert.notEqual(await tries(), 200);
    done(await api(administrator, 'PATCH', `/people/${id}`, { valid_from: null, valid_until: new Date(Date.now() - 1000).toISOString() }), 200);
    assert.notEqual(await tries(), 200);
    done(await api(administrator, 'PATCH', `/people/${id}`, { valid_until: null }), 200);
    assert.equal(await tries(), 200);
  });

  test('the quota holds, and who is deleted for good makes room', async () => {
    const { people } = done(await api(administrator, 'GET', '/usage'), 200);
    world.server.command(['tenant', 'quota', '--slug', 'demo', '--limit', String(people.current + 50)]);
    const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => api(administrator, 'POST', '/people', { login: `crowd-${i}@demo.example`, display_name: 'C' })));
    const made = replies.filter(({ status }) => status === 201);
    assert.equal(made.length, 50);
    for (const reply of replies) if (reply.status !== 201) refused(reply, 409, 'quota_reached');
    assert.deepEqual(done(await api(administrator, 'GET', '/usage'), 200).people, { current: people.current + 50, limit: people.current + 50 });
    const { id, login } = made[0].json();
    refused(await api(administrator, 'POST', `/people/${id}/removal`), 409, 'person_not_pending');
    done(await api(administrator, 'DELETE', `/people/${id}`), 204);
    refused(await api(administrator, 'POST', '/people', { login, display_name: 'C' }), 409, 'login_taken');
    done(await api(administrator, 'POST', `/people/${id}/removal`), 204);
    refused(await api(administrator, 'GET', `/people/${id}`), 404, 'person_unknown');
    done(await api(administrator, 'POST', '/people', { login, display_name: 'C' }), 201);
    world.server.command(['tenant', 'quota', '--slug', 'demo', '--limit', 'none']);
  });
});
