// What an API that others build on promises: a document that is true, a creation that may be sent again, and a share for everybody.
// On both stores, with a second tenant.
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { browser, signIn } from '../kit/client.mjs';
import { Contract } from '../kit/contract.mjs';
import { send } from '../kit/http.mjs';
import { hanako, run } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const everyOperation = (document) => Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));
const walk = function* (value, at = '#') {
  if (value === null || typeof value !== 'object') return;
  yield [at, value];
  for (const [name, inner] of Object.entries(value)) yield* walk(inner, `${at}/${name}`);
};
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();

// An administrator's browser, and service accounts of it: → a function that sends as one of them.
async function administration(world) {
  const { person: administrator } = await signIn(world.one, hanako);
  const api = (method, path, { json, headers = {}, tenant = 'demo', who = administrator } = {}) => who.send(`${world.server.issuer(tenant)}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  const connector = async (permissions, { tenant = 'demo', who = administrator } = {}) => {
    const account = await api('POST', '/service-accounts', { json: { name: `connector ${randomUUID()}`, permissions }, tenant, who });
    assert.equal(account.status, 201, account.body);
    const token = await api('POST', `/service-accounts/${account.json().id}/tokens`, { json: { label: 'one', expires_at: tomorrow() }, tenant, who });
    assert.equal(token.status, 201, token.body);
    return { Authorization: `Bearer ${token.json().token}` };
  };
  world.server.tenant('other');
  world.server.person('other', 'boss@other.example', { administrator: true });
  const boss = browser();
  await boss.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
  return { administrator, api, connector, boss };
}

onEachStore('the document of the API', (world) => {
  let document;
  before(async () => { document = (await send(`${world.issuer}/api/v1/openapi.json`)).json(); });

  test('is for anybody, the same for every tenant but for where it stands, and what `kidoban openapi` prints', async () => {
    const reply = await send(`${world.issuer}/api/v1/openapi.json`, { headers: { Origin: 'https://tools.example' } });
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.equal(reply.headers['access-control-allow-origin'], '*');
    world.server.tenant('other');
    const other = (await send(`${world.server.issuer('other')}/api/v1/openapi.json`)).json();
    assert.equal(document.servers[0].url, world.issuer);
    assert.equal(other.servers[0].url, world.server.issuer('other'));
    const { servers: _, ...of } = document;
    const { servers: __, ...ofOther } = other;
    assert.deepEqual(of, ofOther);
    assert.ok(!JSON.stringify(of).includes('demo'));
    const printed = run(['openapi', '--public-url', 'https://id.example.com']);
    assert.equal(printed.status, 0, printed.stderr);
    const { servers, ...ofProgram } = JSON.parse(printed.stdout);
    assert.equal(servers[0].url, 'https://id.example.com/t/{slug}');
    assert.deepEqual(ofProgram, of);
  });

  test('is OpenAPI 3.1, and its schemas are JSON Schema 2020-12', async () => {
    const found = await new Validator().validate(structuredClone(document));
    assert.ok(found.valid, JSON.stringify(found.errors, null, 1));
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
    addFormats(ajv);
    for (const [at, value] of walk(document)) {
      if (value.schema && typeof value.schema === 'object' && !at.includes('/schemas/')) assert.ok(ajv.validateSchema(value.schema), `${at}: ${ajv.errorsText()}`);
    }
    for (const [name, schema] of Object.entries(document.components.schemas)) assert.ok(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`);
    assert.doesNotThrow(() => new Contract(document));
  });

  test('describes each path parameter, once, and each operation by a name of its own', () => {
    const names = new Set();
    for (const { path, method, operation } of everyOperation(document)) {
      const described = (operation.parameters ?? []).map(({ $ref, ...inline }) => $ref ? document.components.parameters[$ref.split('/').pop()] : inline);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(described.filter((one) => one.in === 'path').map((one) => one.name), inPath, `${method} ${path}`);
      assert.ok(operation.summary && !names.has(operation.operationId), operation.operationId);
      names.add(operation.operationId);
    }
    assert.ok(names.size > 70, `${names.size} operations`);
  });

  test("what isn't true of an answer is seen", () => {
    const contract = new Contract(document);
    const person = { id: randomUUID(), login: 'a@a.example', display_name: 'A', email_verified: false, state: 'enabled', administrator: false, locked_until: null,
      valid_from: null, valid_until: null, created_at: '2026-11-25T00:00:00Z', updated_at: '2026-11-25T00:00:00Z' };
    const exchange = ({ method = 'GET', path = `/people/${person.id}`, status = 200, body = person, type = 'application/json', headers = { etag: '"1"' }, sent } = {}) => contract.faults({
      method, url: `${world.issuer}/api/v1${path}`, body: sent && JSON.stringify(sent), reply: { status, body: JSON.stringify(body), headers: { 'content-type': type, ...headers }, json: () => body } });
    const problem = (reason) => ({ type: 'about:blank', title: 'Not Found', status: 404, reason });
    assert.deepEqual(exchange(), []);
    assert.deepEqual(exchange({ status: 404, body: problem('person_unknown'), type: 'application/problem+json', headers: {} }), []);
    for (const [what, lie] of Object.entries({
      'an unknown member': { body: { ...person, colour: 'red' } }, 'a missing member': { body: { ...person, state: undefined } }, 'another type': { body: { ...person, administrator: 'no' } },
      'another word': { body: { ...person, state: 'gone' } }, 'a malformed time': { body: { ...person, created_at: 'yesterday' } }, 'an undeclared status': { status: 418 },
      'another media type': { type: 'text/plain' }, 'no ETag': { headers: {} }, 'a malformed ETag': { headers: { etag: '1' } }, 'an undeclared header': { headers: { etag: '"1"', location: '/x' } },
      'an undeclared reason': { status: 404, body: problem('person_hidden'), type: 'application/problem+json', headers: {} }, 'an operation that is nowhere': { path: '/nothing' },
      'an accepted body that is another': { method: 'PATCH', sent: { colour: 'red' } }, 'an accepted parameter that is nowhere': { path: `/people/${person.id}?verbose=1` } })) {
      assert.notDeepEqual(exchange(lie), [], what);
    }
  });
});

onEachStore('a creation that is sent again', (world) => {
  let api, administrator, connector, boss, document;
  const headers = (key) => ({ 'Idempotency-Key': `"${key}"` });
  const refused = (reply, status, reason) => {
    assert.equal(reply.status, status, reply.body);
    assert.equal(reply.json().reason, reason);
  };
  before(async () => {
    ({ api, administrator, connector, boss } = await administration(world));
    document = (await send(`${world.issuer}/api/v1/openapi.json`)).json();
  });

  // What each creating operation takes: path, and two bodies.
  const creations = {
    person_create: () => ['/people', { login: `p${randomUUID()}@demo.example`, display_name: 'P' }, { login: `q${randomUUID()}@demo.example`, display_name: 'Q' }],
    group_create: () => ['/groups', { name: `G ${randomUUID()}`, rule: 'department eq "Sales"' }, { name: `H ${randomUUID()}` }],
    role_create: () => ['/roles', { name: 'Readers', permissions: ['people_read'] }, { name: 'Writers', permissions: ['people_write'] }],
    service_account_create: () => ['/service-accounts', { name: 'sync', permissions: ['people_read'] }, { name: 'sync 2', permissions: ['people_read'] }],
    service_token_issue: async () => {
      const { id } = (await api('POST', '/service-accounts', { json: { name: 'sync', permissions: ['people_read'] } })).json();
      return [`/service-accounts/${id}/tokens`, { label: 'a', expires_at: tomorrow() }, { label: 'b', expires_at: tomorrow() }];
    },
    service_secret_issue: async () => {
      const { id } = (await api('POST', '/service-accounts', { json: { name: 'sync', permissions: ['people_read'] } })).json();
      return [`/service-accounts/${id}/secrets`, { label: 'a', expires_at: tomorrow() }, { label: 'b', expires_at: tomorrow() }];
    },
    service_key_register: async () => {
      const { id } = (await api('POST', '/service-accounts', { json: { name: 'sync', permissions: ['people_read'] } })).json();
      const key = (label) => ({ label, expires_at: tomorrow(), jwk: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) });
      return [`/service-accounts/${id}/keys`, key('a'), key('b')];
    },
    webhook_create: () => ['/webhooks', { name: 'a', url: 'https://a.example.com/' }, { name: 'b', url: 'https://b.example.com/' }],
    domain_add: () => ['/domains', { name: `d${randomUUID()}.example.com` }, { name: `e${randomUUID()}.example.com` }],
    import_create: () => ['/imports?kind=people', 'login_id,display_name\r\na@demo.example,A\r\n', 'login_id,display_name\r\nb@demo.example,B\r\n'],
    export_create: () => ['/exports?kind=people', undefined, undefined],
  };
  const post = (path, body, more) => typeof body === 'string'
    ? administrator.send(`${world.issuer}/api/v1${path}`, { method: 'POST', body, headers: { 'Content-Type': 'text/csv', 'Sec-Fetch-Site': 'same-origin', ...more } })
    : api('POST', path, { json: body, headers: more });

  test('is offered by every operation that says so, and the answer is the same', async () => {
    const offered = everyOperation(document).filter(({ operation }) => (operation.parameters ?? []).some(({ $ref }) => $ref?.endsWith('/Idempotency-Key')));
    assert.deepEqual(offered.map(({ operation }) => operation.operationId).sort(), Object.keys(creations).sort());
    for (const [name, of] of Object.entries(creations)) {
      const [path, body, other] = await of();
      const key = randomUUID();
      refused(await post(path, body, { 'Idempotency-Key': key }), 400, 'idempotency_key_malformed');
      const first = await post(path, body, headers(key));
      assert.ok([201, 202].includes(first.status), `${name}: ${first.body}`);
      const second = await post(path, body, headers(key));
      assert.equal(second.status, first.status, `${name}: ${second.body}`);
      const { rule_pass: _, ...was } = first.json();
      const { rule_pass: __, ...is } = second.json();
      assert.deepEqual(is, was, name);
      for (const header of ['location', 'etag', 'content-type']) assert.equal(second.headers[header], first.headers[header], `${name}: ${header}`);
      if (other !== undefined) refused(await post(path, other, headers(key)), 422, 'idempotency_key_reused');
    }
  });

  test('fifty at once with one key make one person', async () => {
    const json = { login: 'once@demo.example', display_name: 'Once' };
    const before = (await api('GET', '/usage')).json().people.current;
    const replies = await Promise.all(Array.from({ length: 50 }, () => api('POST', '/people', { json, headers: headers('fifty') })));
    const made = replies.filter(({ status }) => status === 201);
    for (const reply of replies) if (reply.status !== 201) refused(reply, 409, 'idempotency_key_in_use');
    assert.ok(made.length > 0);
    assert.equal(new Set(made.map((reply) => reply.json().id)).size, 1);
    assert.equal((await api('GET', '/usage')).json().people.current, before + 1);
    // By two credentials of one account: the store decides, and nobody is told anything else.
    const account = (await api('POST', '/service-accounts', { json: { name: 'two', permissions: ['people_write', 'people_read'] } })).json();
    const tokens = await Promise.all(['a', 'b', 'c', 'd'].map(async (label) => (await api('POST', `/service-accounts/${account.id}/tokens`, { json: { label, expires_at: tomorrow() } })).json().token));
    const more = await Promise.all(Array.from({ length: 40 }, (_, i) => send(`${world.issuer}/api/v1/people`, { json: { login: 'two@demo.example', display_name: 'Two' },
      headers: { Authorization: `Bearer ${tokens[i % 4]}`, ...headers('forty') } })));
    for (const reply of more) if (reply.status !== 201) refused(reply, 409, 'idempotency_key_in_use');
    assert.equal(new Set(more.filter(({ status }) => status === 201).map((reply) => reply.json().id)).size, 1);
    assert.equal((await api('GET', '/usage')).json().people.current, before + 2);
  });

  test("what was refused isn't kept, nor what nobody may see", async () => {
    const json = { login: 'refused@demo.example', display_name: 'R' };
    refused(await api('POST', '/people', { json: { ...json, login: hanako.login }, headers: headers('mended') }), 409, 'login_taken');
    assert.equal((await api('POST', '/people', { json, headers: headers('mended') })).status, 201);
    // Others' keys: of another account, without a session, and in the second tenant.
    const token = await connector(['people_write']);
    refused(await send(`${world.issuer}/api/v1/people`, { json, headers: { ...token, ...headers('mended') } }), 409, 'login_taken');
    refused(await browser().send(`${world.issuer}/api/v1/people`, { json, headers: headers('mended') }), 401, 'session_missing');
    const there = await api('POST', '/people', { json: { login: 'r@other.example', display_name: 'R' }, headers: headers('mended'), tenant: 'other', who: boss });
    assert.equal(there.status, 201, there.body);
    refused(await api('POST', '/people', { json, headers: { ...headers('mended') }, who: boss, tenant: 'other' }), 422, 'idempotency_key_reused');
  });

  test('is remembered through a restart, sealed, and forgotten with who was made', async () => {
    const json = { login: 'kept@demo.example', display_name: 'Kept behind the gate' };
    const first = await api('POST', '/people', { json, headers: headers('restart') });
    await world.server.restart();
    const again = await api('POST', '/people', { json, headers: headers('restart') });
    assert.equal(again.status, 201, again.body);
    assert.equal(again.body, first.body);
    const rows = (id) => Number(world.server.sql(`select count(*) from kept_answers where made = ${world.server.store === 'postgres' ? `decode('${id.replaceAll('-', '')}', 'hex')` : `x'${id.replaceAll('-', '')}'`}`));
    const { id } = first.json();
    assert.equal(rows(id), 1);
    const sealed = world.server.sql(`select ${world.server.store === 'postgres' ? "encode(answer, 'hex')" : 'hex(answer)'} from kept_answers`).toLowerCase();
    assert.ok(!sealed.includes(Buffer.from('Kept behind').toString('hex')));
    assert.equal((await api('DELETE', `/people/${id}`)).status, 204);
    assert.equal((await api('POST', `/people/${id}/removal`)).status, 204);
    assert.equal(rows(id), 0);
  });

  test('tells a token again for a while, to the same asker alone', async () => {
    const { id } = (await api('POST', '/service-accounts', { json: { name: 'secret', permissions: ['people_read'] } })).json();
    const json = { label: 'lost on the way', expires_at: tomorrow() };
    const first = await api('POST', `/service-accounts/${id}/tokens`, { json, headers: headers('token') });
    const again = await api('POST', `/service-accounts/${id}/tokens`, { json, headers: headers('token') });
    assert.equal(again.json().token, first.json().token);
    assert.equal((await api('GET', `/service-accounts/${id}/tokens`)).json().tokens.length, 1);
    // As though ten minutes were over.
    world.server.sql('update kept_answers set secret_until = 0 where secret_until is not null');
    refused(await api('POST', `/service-accounts/${id}/tokens`, { json, headers: headers('token') }), 410, 'idempotency_answer_gone');
  });
});

onEachStore('a share for everybody', (world) => {
  let api, connector, boss, busy, calm;
  const read = (who, path = '/people', tenant = 'demo') => send(`${world.server.issuer(tenant)}/api/v1${path}`, { headers: who });
  before(async () => {
    ({ api, connector, boss } = await administration(world));
    [busy, calm] = [await connector(['people_read']), await connector(['people_read', 'groups_read'])];
  });

  test('who asks too often waits, and is told for how long; nobody else does', async () => {
    const replies = [];
    for (let i = 0; i < 60; ++i) replies.push(await read(busy));
    const refused = replies.filter(({ status }) => status === 429);
    assert.ok(replies.filter(({ status }) => status === 200).length >= 10);
    assert.ok(refused.length > 0, 'sixty requests were let through');
    const last = refused.at(-1);
    assert.equal(last.headers['content-type'], 'application/problem+json');
    assert.equal(last.json().reason, 'rate_limited');
    assert.equal(last.headers['ratelimit-policy'], '"client";q=10;w=60, "tenant";q=1000;w=60');
    const [, left, next] = /^"client";r=(\d+);t=(\d+), "tenant";r=\d+;t=\d+$/.exec(last.headers.ratelimit);
    assert.equal(left, '0');
    assert.ok(Number(last.headers['retry-after']) >= Number(next), 'the draft, §6: not before the window ends');
    assert.equal((await read(calm)).status, 200);
    const there = await connector(['people_read'], { tenant: 'other', who: boss });
    assert.equal((await read(there, '/people', 'other')).status, 200);
  });

  test('SCIM says it in its own words', async () => {
    const token = await connector(['people_read', 'groups_read']);
    let reply;
    for (let i = 0; i < 60; ++i) {
      reply = await send(`${world.issuer}/scim/v2/Users`, { headers: token });
      if (reply.status === 429) break;
    }
    assert.equal(reply.status, 429, reply.body);
    assert.equal(reply.headers['content-type'], 'application/scim+json');
    assert.deepEqual(reply.json().schemas, ['urn:ietf:params:scim:api:messages:2.0:Error']);
    assert.equal(reply.json().status, '429');
    assert.ok(Number(reply.headers['retry-after']) > 0);
  });

  test("nobody shows who they are where anybody is answered, and what isn't a credential has no budget of its own", async () => {
    const document = (await send(`${world.issuer}/api/v1/openapi.json`)).json();
    const open = everyOperation(document).filter(({ operation }) => operation.security.length === 0).map(({ path }) => path.slice('/api/v1'.length));
    assert.ok(open.length >= 3, String(open));
    const made = { Authorization: `Bearer kdb_${'x'.repeat(43)}` };
    for (const path of [...open, '/../../scim/v2/Schemas', '/../../scim/v2/ServiceProviderConfig', '/../../scim/v2/ResourceTypes']) {
      for (let i = 0; i < 2; ++i) {
        const reply = await send(new URL(`${world.issuer}/api/v1${path}${path.endsWith('consistency') ? '?first=0&second=0' : ''}`), { headers: made });
        assert.match(reply.headers['ratelimit-policy'], /^"address"/, path);
      }
    }
  });

  test('it is counted', async () => {
    const metrics = (await send(`${world.server.url}/metrics`)).body;
    assert.match(metrics, /kidoban_rate_limited_total\{policy="client"\} [1-9]/);
    assert.match(metrics, /kidoban_rate_limit_budgets [1-9]/);
    assert.ok(api);
  });
}, { env: { KIDOBAN_LIMITS_CLIENT: '10', KIDOBAN_LIMITS_TENANT: '1000', KIDOBAN_LIMITS_ADDRESS: '1000', KIDOBAN_LIMITS_STRANGERS: '1000' } });
