// The SCIM server as its clients find it, on both stores, with a second tenant who finds nothing. What Entra ID, Okta and
// Google send is sent as they document it; scim2-parse-filter and scim-patch say independently what an answer must be.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { scimPatch } from 'scim-patch';
import { filter as matching, parse } from 'scim2-parse-filter';
import { browser, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { hanako, john } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ours = 'urn:ietf:params:scim:schemas:extension:kidoban:2.0:User';
const patchOp = (...Operations) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

onEachStore('SCIM', (world) => {
  let administrator, member, stranger, connector;
  let acting;  // who a test asks as; an administrator unless it says otherwise
  const scim = (method, path, json, { who = acting ?? administrator, tenant = 'demo', headers = {} } = {}) => who.send(`${world.server.issuer(tenant)}/scim/v2${path}`, {
    method, headers: { Accept: 'application/scim+json', ...(json && { 'Content-Type': 'application/scim+json' }), ...headers }, body: json && (typeof json === 'string' ? json : JSON.stringify(json)) });
  const good = async (status, ...asked) => {
    const reply = await scim(...asked);
    assert.equal(reply.status, status, `${asked[0]} ${asked[1]}: ${reply.body}`);
    if (reply.body) assert.equal(reply.headers['content-type'], 'application/scim+json');
    return reply.body ? reply.json() : undefined;
  };
  const refused = async (status, scimType, ...asked) => {
    const reply = await scim(...asked);
    assert.equal(reply.status, status, `${asked[0]} ${asked[1]} ${JSON.stringify(asked[2])}: ${reply.body}`);
    const error = reply.json();
    assert.deepEqual(error.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error']);
    assert.equal(error.status, String(status));
    assert.equal(error.scimType, scimType, reply.body);
  };
  const find = async (filter, more = '') => (await good(200, 'GET', `/Users?filter=${encodeURIComponent(filter)}${more}`)).Resources.map(({ userName }) => userName);
  const make = (userName, more = {}) => good(201, 'POST', '/Users', { schemas: [core], userName, ...more });

  const api = async (method, path, json) => administrator.send(`${world.issuer}/api/v1${path}`, { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
  // A service account with a token of its own.
  const account = async (name, permissions) => {
    const { id } = (await api('POST', '/service-accounts', { name, permissions })).json();
    const issued = (await api('POST', `/service-accounts/${id}/tokens`, { label: 'story', expires_at: new Date(Date.now() + 3_600_000).toISOString() })).json();
    return { id, token: issued.id, send: (url, options) => send(url, { ...options, headers: { ...options.headers, Authorization: `Bearer ${issued.token}` } }) };
  };

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
    connector = await account('Connector', ['people_read', 'people_write', 'people_reset', 'groups_read', 'groups_write']);
  });

  test('is for those who may, of this tenant alone', async () => {
    const { id } = await make('secret@scim.example');
    const group = await good(201, 'POST', '/Groups', { displayName: 'Secret' });
    const doors = [['GET', '/Users'], ['POST', '/Users', { userName: 'x@x.example' }], ['GET', `/Users/${id}`], ['PUT', `/Users/${id}`, { userName: 'x@x.example' }],
      ['PATCH', `/Users/${id}`, patchOp({ op: 'replace', path: 'title', value: 'x' })], ['DELETE', `/Users/${id}`], ['POST', '/.search', {}], ['POST', '/Users/.search', {}],
      ['GET', '/Groups'], ['POST', '/Groups', { displayName: 'Theirs' }], ['GET', `/Groups/${group.id}`], ['PUT', `/Groups/${group.id}`, { displayName: 'x' }],
      ['PATCH', `/Groups/${group.id}`, patchOp({ op: 'replace', path: 'displayName', value: 'x' })], ['DELETE', `/Groups/${group.id}`]];
    for (const [method, path, json] of doors) {
      assert.equal((await scim(method, path, json, { who: browser() })).status, 401);
      assert.equal((await scim(method, path, json, { headers: { Authorization: 'Bearer nothing' }, who: browser() })).status, 401);
      assert.equal((await scim(method, path, json, { who: member })).status, 403);
      const theirs = await scim(method, path, json, { who: stranger, tenant: 'other' });
      if (path.includes(id) || path.includes(group.id)) assert.equal(theirs.status, 404, theirs.body);
      else assert.ok(!theirs.body.includes(id) && !theirs.body.includes('Secret'), theirs.body);
    }
    assert.equal((await good(200, 'GET', `/Users/${id}`)).userName, 'secret@scim.example');
  });

  test('says what it can do', async () => {
    const config = await good(200, 'GET', '/ServiceProviderConfig', undefined, { who: browser() });
    assert.equal(config.bulk.maxOperations, 1000);
    assert.equal(config.pagination.cursor, true);
    const types = await good(200, 'GET', '/ResourceTypes');
    assert.deepEqual(types.Resources.map(({ id }) => id), ['User', 'Group']);
    const schemas = await good(200, 'GET', '/Schemas');
    assert.equal(schemas.totalResults, 5);
    for (const { id } of schemas.Resources) assert.equal((await good(200, 'GET', `/Schemas/${id}`)).id, id);
    await refused(404, undefined, 'GET', '/Schemas/urn:none');
    await refused(403, undefined, 'GET', '/Schemas?filter=id%20pr');
    assert.equal((await good(200, 'GET', '/Me', undefined, { who: administrator })).userName, hanako.login);
  });

  test('a person is made, read, replaced, patched and gone, with every attribute', async () => {
    const boss = await make('boss@full.example', { displayName: 'Boss' });
    const sent = { schemas: [core, enterprise, ours], userName: 'Full@Full.example', externalId: 'F-1', displayName: '山田 花子', name: { familyName: '山田', givenName: '花子' }, title: '部長',
      preferredLanguage: 'ja_JP', timezone: 'Asia/Tokyo', active: 'True', emails: [{ value: 'home@full.example', type: 'home' }, { value: 'work@full.example', type: 'work', primary: true }],
      phoneNumbers: [{ value: '03-1234-5678', type: 'work' }, { value: '090-1234-5678', type: 'mobile' }], entitlements: [{ value: 'a' }],
      [enterprise]: { employeeNumber: 701984, department: '営業', organization: 'Example', manager: { value: boss.id }, costCenter: 'ignored' },
      [ours]: { familyNameKana: 'ﾔﾏﾀﾞ', givenNameKana: 'はなこ', linkingId: 'L-1', privateEmail: 'p@home.example', validUntil: '2031-03-31T15:00:00Z' }, nickName: 'ignored', colour: 'ignored' };
    const reply = await scim('POST', '/Users', sent);
    assert.equal(reply.status, 201, reply.body);
    const made = reply.json();
    assert.equal(reply.headers.location, made.meta.location);
    assert.equal(reply.headers.etag, made.meta.version);
    assert.equal(made.userName, 'full@full.example');
    assert.equal(made.active, true);
    assert.equal(made.preferredLanguage, 'ja-JP');
    assert.equal(made[enterprise].employeeNumber, '701984');
    assert.equal(made[enterprise].manager.value, boss.id);
    assert.equal(made[ours].familyNameKana, 'ヤマダ');
    assert.equal(made[ours].givenNameKana, 'ハナコ');
    assert.equal(made[ours].validUntil, '2031-03-31T15:00:00Z');
    assert.deepEqual(made.emails, [{ value: 'work@full.example', type: 'work', primary: true }, { value: 'home@full.example', type: 'home' }]);
    assert.ok(!('nickName' in made) && !('colour' in made) && !('password' in made));
    assert.deepEqual(await good(200, 'GET', `/Users/${made.id}`), made);
    // What was read can be put back and changes nothing.
    const again = await good(200, 'PUT', `/Users/${made.id}`, made);
    assert.equal(again.meta.version, made.meta.version);
    // What isn't named any more is gone.
    const less = await good(200, 'PUT', `/Users/${made.id}`, { userName: made.userName, displayName: '山田' });
    assert.ok(!less.title && !less.phoneNumbers && !less[enterprise] && !less[ours]);
    await refused(409, 'uniqueness', 'POST', '/Users', { userName: 'FULL@full.example' });
    await refused(400, 'invalidValue', 'POST', '/Users', { displayName: 'x' });
    await refused(400, 'invalidValue', 'POST', '/Users', { userName: 'no address' });
    await refused(400, 'invalidValue', 'POST', '/Users', { userName: 'a@full.example', active: 'perhaps' });
    await refused(400, 'invalidSyntax', 'POST', '/Users', { userName: 'a@full.example', USERNAME: 'b@full.example' });
    await refused(400, 'invalidValue', 'PATCH', `/Users/${made.id}`, patchOp({ op: 'add', path: `${enterprise}:manager`, value: 'nobody' }));
    assert.equal((await scim('DELETE', `/Users/${made.id}`)).status, 204);
    await refused(404, undefined, 'GET', `/Users/${made.id}`);
    await refused(404, undefined, 'DELETE', `/Users/${made.id}`);
    await refused(404, undefined, 'GET', '/Users/2819');
    assert.deepEqual(await find('userName eq "full@full.example"'), []);
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    assert.ok(records.some(({ event, detail }) => event === 'person.changed' && detail.includes('pending_deletion')));
  });

  test('a password is taken and never shown, and who is not active is signed out', async () => {
    const who = { login: 'pass@scim.example', password: 'a gate with seven lanterns' };
    const { id } = await make(who.login, { password: who.password });
    const { person } = await signIn(world.one, who);
    assert.equal((await good(200, 'GET', `/Users/${id}`)).password, undefined);
    await refused(400, 'invalidValue', 'PATCH', `/Users/${id}`, patchOp({ op: 'replace', path: 'password', value: 'short' }));
    await refused(400, 'invalidFilter', 'GET', `/Users?filter=${encodeURIComponent('password sw "a"')}`);
    await good(200, 'PATCH', `/Users/${id}`, patchOp({ op: 'replace', path: 'password', value: 'another gate, nine lanterns' }));
    await signIn(world.one, { ...who, password: 'another gate, nine lanterns' });
    await good(200, 'PATCH', `/Users/${id}`, patchOp({ op: 'Replace', path: 'active', value: 'False' }));
    assert.equal((await scim('GET', '/Me', undefined, { who: person })).status, 401);
    assert.deepEqual(await find('userName eq "pass@scim.example" and active eq false'), [who.login]);
  });

  test('versions: only what was read is changed', async () => {
    const { id } = await make('etag@scim.example');
    const first = await scim('GET', `/Users/${id}`);
    assert.equal((await scim('GET', `/Users/${id}`, undefined, { headers: { 'If-None-Match': first.headers.etag } })).status, 304);
    const changed = await scim('PATCH', `/Users/${id}`, patchOp({ op: 'add', path: 'title', value: 'x' }), { headers: { 'If-Match': first.headers.etag } });
    assert.equal(changed.status, 200, changed.body);
    await refused(412, undefined, 'PUT', `/Users/${id}`, { userName: 'etag@scim.example' }, { headers: { 'If-Match': first.headers.etag } });
    await refused(412, undefined, 'DELETE', `/Users/${id}`, undefined, { headers: { 'If-Match': first.headers.etag } });
    assert.equal((await scim('DELETE', `/Users/${id}`, undefined, { headers: { 'If-Match': '*' } })).status, 204);
    const group = await good(201, 'POST', '/Groups', { displayName: 'Tagged' });
    const one = await make('tagged@scim.example');
    await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'add', path: 'members', value: [{ value: one.id }] }), { headers: { 'If-Match': group.meta.version } });
    await refused(412, undefined, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'remove', path: 'members' }), { headers: { 'If-Match': group.meta.version } });
  });

  test('lists: filter, sort, attributes, pages by index and by cursor', async () => {
    for (const [i, family] of ['Delta', 'alpha', 'Charlie', 'bravo', 'ALPHA'].entries()) {
      await make(`list${i}@list.example`, { name: { familyName: family }, title: i % 2 ? 'odd' : 'even', emails: [{ value: `w${i}@list.example`, type: 'work', primary: true }, { value: `h${i}@home.example`, type: 'home' }] });
    }
    const mine = 'userName ew "@list.example"';
    assert.equal((await find(mine)).length, 5);
    assert.deepEqual(await find(mine, '&sortBy=name.familyName'), ['list1', 'list4', 'list3', 'list2', 'list0'].map((one) => `${one}@list.example`));
    assert.deepEqual((await find(mine, '&sortBy=userName&sortOrder=descending')).map((one) => one[4]), ['4', '3', '2', '1', '0']);
    const page = await good(200, 'GET', `/Users?filter=${encodeURIComponent(mine)}&sortBy=userName&startIndex=2&count=2`);
    assert.deepEqual([page.totalResults, page.startIndex, page.itemsPerPage, page.Resources.map(({ userName }) => userName[4]).join()], [5, 2, 2, '1,2']);
    assert.equal((await good(200, 'GET', `/Users?filter=${encodeURIComponent(mine)}&count=0`)).Resources.length, 0);
    assert.equal((await good(200, 'GET', '/Users?startIndex=-4&count=-1')).startIndex, 1);
    const seen = [];
    for (let cursor = ''; cursor !== undefined;) {
      const part = await good(200, 'GET', `/Users?filter=${encodeURIComponent(mine)}&sortBy=userName&count=2&cursor=${cursor}`);
      assert.equal(part.startIndex, undefined);
      assert.equal('previousCursor' in part, seen.length > 0);
      seen.push(...part.Resources.map(({ userName }) => userName[4]));
      cursor = part.nextCursor;
      if (cursor) await refused(400, 'invalidCursor', 'GET', `/Users?count=2&cursor=${cursor}`);
    }
    assert.deepEqual(seen, ['0', '1', '2', '3', '4']);
    const ids = [];
    for (let cursor = ''; cursor !== undefined;) {
      const part = await good(200, 'GET', `/Users?count=3&cursor=${cursor}&attributes=id`);
      ids.push(...part.Resources.map(({ id }) => id));
      cursor = part.nextCursor;
    }
    const { totalResults, Resources } = await good(200, 'GET', '/Users?count=500&attributes=id');
    assert.deepEqual(ids, Resources.map(({ id }) => id));
    assert.equal(ids.length, totalResults);
    assert.deepEqual((await good(200, 'GET', '/Users?startIndex=4&count=3&attributes=id')).Resources.map(({ id }) => id), ids.slice(3, 6));
    for (const one of ['1.2.3', '1.2.3.4', '1.99999999999.x.y']) await refused(400, 'invalidCursor', 'GET', `/Users?cursor=${one}`);
    await refused(400, 'invalidCount', 'GET', '/Users?count=many');
    for (const bad of ['userName', 'userName eq', 'active gt true', 'colour eq "red"', 'meta.created co "2026"', `${'('.repeat(5000)}title pr`]) await refused(400, 'invalidFilter', 'POST', '/Users/.search', { filter: bad });
    const some = await good(200, 'POST', '/Users/.search', { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter: `${mine} and emails[type eq "home" and value sw "h3"]`, attributes: ['userName', 'emails.value', 'name.familyName'], startIndex: 1, count: 10 });
    assert.deepEqual(some.Resources.map(({ id, ...rest }) => rest), [{ schemas: [core], userName: 'list3@list.example', emails: [{ value: 'w3@list.example' }, { value: 'h3@home.example' }], name: { familyName: 'bravo' } }]);
    const fewer = (await good(200, 'GET', `/Users?filter=${encodeURIComponent('userName eq "list0@list.example"')}&excludedAttributes=emails,name.familyName,id`)).Resources[0];
    assert.ok(fewer.id && !fewer.emails && !fewer.name.familyName && fewer.userName);
    const all = await good(200, 'POST', '/.search', { filter: 'userName sw "list" or displayName eq "Listed"' });
    assert.equal(all.totalResults, 5);
  });

  test('filters mean what an independent reader of the RFC says', async () => {
    await make('oracle1@oracle.example', { displayName: 'Alice', title: 'Chief', [enterprise]: { department: 'Sales' }, phoneNumbers: [{ value: '03-1', type: 'work' }, { value: '090-1', type: 'mobile' }] });
    await make('oracle2@oracle.example', { displayName: 'bob', active: false, emails: [{ value: 'bob@other.example', type: 'work' }, { value: 'bob@home.example', type: 'home' }] });
    await make('oracle3@oracle.example', { displayName: 'Carol', title: 'clerk', entitlements: [{ value: 'x', primary: true }] });
    const mine = 'userName ew "@oracle.example"';
    const everyone = (await good(200, 'GET', `/Users?filter=${encodeURIComponent(mine)}`)).Resources;
    const parts = ['title pr', 'title eq "Chief"', 'displayName co "l"', 'displayName sw "A"', 'active eq true', 'active eq false', 'emails[type eq "home"]', 'emails[type eq "work" and value co "other"]',
      'phoneNumbers.type eq "mobile"', 'userName gt "oracle2@oracle.example"', 'userName le "oracle2@oracle.example"', 'not (title pr)', `${enterprise}:department eq "Sales"`, 'name.familyName pr', 'entitlements[primary eq true]'];
    const filters = [...parts];
    for (let i = 0; i < 60; ++i) {
      const pick = () => parts[Math.floor(Math.random() * parts.length)];
      filters.push(i % 3 === 0 ? `${pick()} and ${pick()}` : i % 3 === 1 ? `(${pick()} or ${pick()}) and not (${pick()})` : `${pick()} or ${pick()} and ${pick()}`);
    }
    for (const one of filters) {
      const expected = everyone.filter(matching(parse(one))).map(({ userName }) => userName).sort();
      assert.deepEqual((await find(`${mine} and (${one})`)).sort(), expected, one);
    }
  });

  test('PATCH does what an independent implementation does', async () => {
    const cases = [[{ op: 'add', path: 'title', value: 'Chief' }], [{ op: 'replace', path: 'name.familyName', value: 'New' }], [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'n@home.example' }],
      [{ op: 'remove', path: 'emails[type eq "home"]' }], [{ op: 'add', path: 'phoneNumbers', value: [{ value: '03-9', type: 'work' }] }], [{ op: 'remove', path: 'name.givenName' }],
      [{ op: 'replace', path: `${enterprise}:department`, value: 'R&D' }], [{ op: 'add', value: { title: 'T', displayName: 'D' } }], [{ op: 'remove', path: 'title' }, { op: 'add', path: 'timezone', value: 'Asia/Tokyo' }]];
    for (const [i, operations] of cases.entries()) {
      const before = await make(`patch${i}@patch.example`, { displayName: 'P', title: 'old', name: { familyName: 'F', givenName: 'G' }, [enterprise]: { department: 'X' },
        emails: [{ value: `w${i}@patch.example`, type: 'work', primary: true }, { value: 'h@home.example', type: 'home' }] });
      const expected = scimPatch(structuredClone(before), structuredClone(operations));
      const after = await good(200, 'PATCH', `/Users/${before.id}`, patchOp(...operations));
      const plain = ({ meta, schemas, name: { formatted, ...name } = {}, ...rest }) => JSON.parse(JSON.stringify({ ...rest, name }));
      assert.deepEqual(plain(after), plain(expected), JSON.stringify(operations));
    }
    const { id } = await make('patchbad@patch.example');
    await refused(400, 'mutability', 'PATCH', `/Users/${id}`, patchOp({ op: 'replace', path: 'id', value: 'x' }));
    await refused(400, 'invalidPath', 'PATCH', `/Users/${id}`, patchOp({ op: 'replace', path: 'colour', value: 'x' }));
    await refused(400, 'noTarget', 'PATCH', `/Users/${id}`, patchOp({ op: 'replace', path: 'emails[type eq "fax"].value', value: 'x' }));
    await refused(400, 'invalidSyntax', 'PATCH', `/Users/${id}`, { Operations: [{ op: 'swap' }] });
    await refused(400, 'invalidValue', 'PATCH', `/Users/${id}`, patchOp({ op: 'add', path: 'title', value: 'half done' }, { op: 'remove', path: 'userName' }));
    assert.equal((await good(200, 'GET', `/Users/${id}`)).title, undefined, 'nothing half done');
    await refused(415, undefined, 'PATCH', `/Users/${id}`, 'x', { headers: { 'Content-Type': 'text/plain' } });
    await refused(400, 'invalidSyntax', 'PATCH', `/Users/${id}`, '{');
  });

  test('a connector keeps its own people, and no more than it may', async () => {
    const weak = await account('Weak', ['people_read', 'people_write']);
    const user = await good(201, 'POST', '/Users', { userName: 'kept@connector.example', title: 'one', preferredLanguage: 'ja' }, { who: connector });
    const kept = (await api('GET', `/people/${user.id}`)).json();
    assert.deepEqual(kept.source, { kind: 'scim', account: connector.id });
    assert.equal((await api('PATCH', `/people/${user.id}`, { title: 'two' })).json().reason, 'attribute_mastered_elsewhere');
    assert.equal((await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'replace', path: 'title', value: 'two' }), { who: connector })).title, 'two');
    // Another's people are another's, and what is the administrators' is theirs.
    await refused(400, 'mutability', 'PATCH', `/Users/${user.id}`, patchOp({ op: 'replace', path: 'title', value: 'three' }), { who: weak });
    await refused(400, 'mutability', 'PATCH', `/Users/${user.id}`, patchOp({ op: 'replace', path: 'preferredLanguage', value: 'en' }), { who: connector });
    const put = await good(200, 'PUT', `/Users/${user.id}`, { ...user, title: 'four', preferredLanguage: 'en' }, { who: connector });
    assert.deepEqual([put.title, put.preferredLanguage], ['four', 'ja']);
    await refused(403, undefined, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'replace', path: 'password', value: 'a password for a stranger' }), { who: weak });
    await refused(403, undefined, 'GET', '/Groups', undefined, { who: weak });
    await refused(501, undefined, 'GET', '/Me', undefined, { who: connector });
    const [boss] = (await good(200, 'GET', `/Users?filter=${encodeURIComponent(`userName eq "${hanako.login}"`)}`, undefined, { who: connector })).Resources;
    for (const [method, json] of [['PATCH', patchOp({ op: 'replace', path: 'password', value: 'now I am an administrator' })], ['PUT', { userName: hanako.login }], ['DELETE']]) {
      await refused(403, undefined, method, `/Users/${boss.id}`, json, { who: connector });
    }
    assert.equal((await scim('GET', '/Users', undefined, { who: connector, tenant: 'other' })).status, 401);
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '500']);
    assert.ok(records.some(({ event, actor, detail }) => event === 'person.created' && actor === `service_account ${connector.id}` && detail.includes('kept@connector.example')), 'told by whom');
    assert.equal((await api('DELETE', `/service-accounts/${weak.id}/tokens/${weak.token}`)).status, 204);
    assert.equal((await scim('GET', '/Users', undefined, { who: weak })).status, 401);
  });

  test("Entra ID's sequence", async () => {
    acting = connector;
    assert.equal((await good(200, 'GET', '/Users?filter=userName+eq+%22Test_User_1%40entra.example%22')).totalResults, 0);
    assert.deepEqual((await good(200, 'GET', '/Users?filter=userName+eq+%22non-existent%20user%22')).Resources, []);
    await refused(404, undefined, 'GET', '/Users/5171a35d82074e068ce2');
    const user = await good(201, 'POST', '/Users', { schemas: [core, enterprise], externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef', userName: 'Test_User_1@entra.example', active: true,
      emails: [{ primary: true, type: 'work', value: 'Test_User_1@entra.example' }], meta: { resourceType: 'User' }, name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' }, roles: [] });
    assert.deepEqual(await find('externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"'), ['test_user_1@entra.example']);
    assert.deepEqual(await find('emails[type eq "work"].value eq "test_user_1@entra.example"'), ['test_user_1@entra.example']);
    const patched = await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'Replace', path: 'emails[type eq "work"].value', value: 'updated@entra.example' }, { op: 'Replace', path: 'name.familyName', value: 'updated' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+81 90 1234' }, { op: 'Add', path: `${enterprise}:department`, value: 'IT' }, { op: 'Add', path: 'addresses[type eq "work"].country', value: 'JP' },
      { op: 'Add', path: 'roles[primary eq "True"].value', value: 'User' }));
    assert.equal(patched.emails[0].value, 'updated@entra.example');
    assert.equal(patched.name.familyName, 'updated');
    assert.equal(patched.phoneNumbers[0].type, 'mobile');
    assert.equal(patched[enterprise].department, 'IT');
    const boss = await make('boss@entra.example');
    assert.equal((await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'Add', path: `${enterprise}:manager`, value: boss.id })))[enterprise].manager.value, boss.id);
    assert.equal((await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'Remove', path: `${enterprise}:manager` })))[enterprise].manager, undefined);
    assert.equal((await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'Replace', path: 'active', value: 'False' }))).active, false);
    // As it is without and with aadOptscim062020: by attribute, and all at once in one value.
    const byPath = await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'Replace', path: 'displayName', value: 'Pvlo' }, { op: 'Replace', path: 'emails[type eq "work"].value', value: 'bcwqnm@entra.example' },
      { op: 'Replace', path: 'name.givenName', value: 'Gtfd' }, { op: 'Replace', path: 'externalId', value: 'Eqpj' }, { op: 'Replace', path: `${enterprise}:employeeNumber`, value: 'Eqpj' }, { op: 'Add', path: 'nickName', value: 'Babs' }));
    assert.deepEqual([byPath.displayName, byPath.emails[0].value, byPath.name.givenName, byPath.externalId, byPath[enterprise].employeeNumber], ['Pvlo', 'bcwqnm@entra.example', 'Gtfd', 'Eqpj', 'Eqpj']);
    const atOnce = await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'replace', path: 'emails[type eq "work"].value', value: 'mhvaes@entra.example' },
      { op: 'replace', value: { displayName: 'Bjfe', 'name.givenName': 'Kkom', 'name.familyName': 'Unua', [`${enterprise}:employeeNumber`]: 'Aklq' } }));
    assert.deepEqual([atOnce.displayName, atOnce.emails[0].value, atOnce.name.givenName, atOnce.name.familyName, atOnce[enterprise].employeeNumber], ['Bjfe', 'mhvaes@entra.example', 'Kkom', 'Unua', 'Aklq']);
    assert.equal((await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'replace', path: 'active', value: true }))).active, true);

    assert.equal((await good(200, 'GET', '/Groups?excludedAttributes=members&filter=displayName eq "Entra"')).totalResults, 0);
    const group = await good(201, 'POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group', 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'], externalId: '8aa1a0c0', displayName: 'Entra', meta: { resourceType: 'Group' }, members: [] });
    const members = async () => ((await good(200, 'GET', `/Groups/${group.id}`)).members ?? []).map(({ value }) => value).sort();
    await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'Add', path: 'members', value: [{ $ref: null, value: user.id }, { $ref: null, value: boss.id }] }));
    assert.deepEqual(await members(), [user.id, boss.id].sort());
    assert.equal((await good(200, 'GET', `/Groups/${group.id}?excludedAttributes=members`)).members, undefined);
    assert.deepEqual((await good(200, 'GET', `/Users/${boss.id}`)).groups.map(({ display, type }) => [display, type]), [['Entra', 'direct']]);
    await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'Remove', path: 'members', value: [{ $ref: null, value: user.id }] }));
    assert.deepEqual(await members(), [boss.id]);
    await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'Remove', path: `members[value eq "${boss.id}"]` }));
    assert.deepEqual(await members(), []);
    await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'Replace', path: 'displayName', value: 'Entra, renamed' }));
    assert.equal((await scim('DELETE', `/Groups/${group.id}`)).status, 204);
    assert.equal((await scim('DELETE', `/Users/${user.id}`)).status, 204);
  });

  test("Okta's sequence, and Google's", async () => {
    acting = connector;
    assert.equal((await good(200, 'GET', '/Users?startIndex=1&count=2')).itemsPerPage, 2);
    assert.deepEqual((({ totalResults, startIndex, itemsPerPage }) => [totalResults, startIndex, itemsPerPage])(await good(200, 'GET', '/Users?filter=userName%20eq%20%22test.user%40okta.example%22&startIndex=1&count=100')), [0, 1, 0]);
    const sent = { schemas: [core], userName: 'test.user@okta.example', name: { givenName: 'Test', familyName: 'User' }, emails: [{ primary: true, value: 'test.user@okta.example', type: 'work' }], displayName: 'Test User',
      locale: 'en-US', externalId: '00ujl29u0le5T6Aj10h7', groups: [], password: '1mz050nq but longer than that', active: true };
    const user = await good(201, 'POST', '/Users', sent);
    const { password, ...update } = { ...sent, id: user.id, name: { givenName: 'Another', familyName: 'User' }, meta: user.meta };
    assert.equal((await good(200, 'PUT', `/Users/${user.id}`, update)).name.givenName, 'Another');
    await signIn(world.one, { login: sent.userName, password });
    assert.equal((await good(200, 'PATCH', `/Users/${user.id}`, patchOp({ op: 'replace', value: { active: false } }))).active, false);
    const group = await good(201, 'POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Okta group', members: [{ value: user.id, display: 'test.user@okta.example' }] });
    assert.equal((await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'replace', value: { id: group.id, displayName: 'Okta group 2' } }))).displayName, 'Okta group 2');
    const second = await make('second@okta.example');
    const changed = await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'remove', path: `members[value eq "${user.id}"]` }, { op: 'add', path: 'members', value: [{ value: second.id, display: 'second' }] }));
    assert.deepEqual(changed.members.map(({ value }) => value), [second.id]);
    assert.deepEqual((await good(200, 'PUT', `/Groups/${group.id}`, { displayName: 'Okta group 2', members: [{ value: user.id }] })).members.map(({ value }) => value), [user.id]);
    assert.deepEqual((await good(200, 'PATCH', `/Groups/${group.id}`, patchOp({ op: 'replace', path: 'members', value: [{ value: second.id }] }))).members.map(({ value }) => value), [second.id]);
    assert.equal((await good(200, 'GET', '/Groups?startIndex=1&count=100')).Resources.find(({ id }) => id === group.id).members.length, 1);

    const google = await good(201, 'POST', '/Users', { schemas: [core, enterprise], userName: 'g@google.example', name: { givenName: 'G', familyName: 'Oogle' }, emails: [{ type: 'work', value: 'g@google.example', primary: true }], active: true, [enterprise]: { employeeNumber: '7' } });
    assert.equal((await good(200, 'PATCH', `/Users/${google.id}`, patchOp({ op: 'replace', path: 'active', value: false }))).active, false);
    assert.equal((await good(200, 'PATCH', `/Users/${google.id}`, patchOp({ op: 'replace', value: { 'name.givenName': 'Gina', [enterprise]: { department: 'Ads' }, [`${enterprise}:employeeNumber`]: '8' } })))[enterprise].employeeNumber, '8');
  });

  test('groups hold people and groups, never in a circle', async () => {
    acting = undefined;
    const one = await make('inner@groups.example');
    const inner = await good(201, 'POST', '/Groups', { displayName: 'Inner', members: [{ value: one.id }], 'urn:ietf:params:scim:schemas:extension:kidoban:2.0:Group': { description: 'within', mail: 'inner@groups.example' } });
    const outer = await good(201, 'POST', '/Groups', { displayName: 'Outer', members: [{ value: inner.id, type: 'Group' }] });
    assert.deepEqual(outer.members.map(({ type, $ref }) => [type, $ref.endsWith(`/scim/v2/Groups/${inner.id}`)]), [['Group', true]]);
    assert.deepEqual((await good(200, 'GET', `/Users/${one.id}`)).groups.map(({ display, type }) => `${display} ${type}`).sort(), ['Inner direct', 'Outer indirect']);
    await refused(409, undefined, 'PATCH', `/Groups/${inner.id}`, patchOp({ op: 'add', path: 'members', value: [{ value: outer.id }] }));
    await refused(400, 'invalidValue', 'PATCH', `/Groups/${inner.id}`, patchOp({ op: 'add', path: 'members', value: [{ value: '018f3f6e-0000-7000-8000-000000000000' }] }));
    await refused(409, 'uniqueness', 'POST', '/Groups', { displayName: 'Inner' });
    assert.equal((await good(200, 'GET', `/Groups?filter=${encodeURIComponent(`members[value eq "${one.id}"]`)}`)).Resources[0].displayName, 'Inner');
    assert.equal((await good(200, 'GET', `/Groups?filter=${encodeURIComponent(`members.value eq "${inner.id}"`)}`)).Resources[0].displayName, 'Outer');
    assert.equal((await good(200, 'GET', `/Groups?filter=${encodeURIComponent('displayName eq "INNER"')}`)).totalResults, 1);
    const { members, ...rest } = await good(200, 'PUT', `/Groups/${outer.id}`, { ...outer, externalId: 'O' });
    assert.deepEqual([members, rest.externalId], [outer.members, 'O']);
  });

  test('Bulk makes what refers to one another, in any order and in circles', async () => {
    const bulk = (Operations, more = {}) => good(200, 'POST', '/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations, ...more });
    const done = (await bulk([{ method: 'POST', path: '/Groups', bulkId: 'g', data: { displayName: 'Bulk', members: [{ type: 'User', value: 'bulkId:a' }, { type: 'User', value: 'bulkId:b' }] } },
      { method: 'POST', path: '/Users', bulkId: 'a', data: { userName: 'a@bulk.example', [enterprise]: { manager: { value: 'bulkId:b' } } } },
      { method: 'post', path: '/Users', bulkId: 'b', data: { userName: 'b@bulk.example', [enterprise]: { manager: { value: 'bulkId:a' } } } },
      { method: 'PATCH', path: '/Users/bulkId:a', data: patchOp({ op: 'Replace', path: 'title', value: 'bulk' }) }])).Operations;
    assert.deepEqual(done.map(({ status }) => status), ['201', '201', '201', '200'], JSON.stringify(done));
    assert.deepEqual(done.map(({ bulkId }) => bulkId), ['g', 'a', 'b', undefined]);
    const [group, a, b] = await Promise.all(done.slice(0, 3).map(async ({ location }) => (await administrator.send(location, { headers: { Accept: 'application/json' } })).json()));
    assert.deepEqual(group.members.map(({ value }) => value).sort(), [a.id, b.id].sort());
    assert.deepEqual([a[enterprise].manager.value, b[enterprise].manager.value, a.title], [b.id, a.id, 'bulk']);
    const failing = (await bulk([{ method: 'POST', path: '/Users', bulkId: '1', data: { userName: 'a@bulk.example' } }, { method: 'POST', path: '/Groups', bulkId: '2', data: { displayName: 'B2', members: [{ value: 'bulkId:1' }] } },
      { method: 'DELETE', path: `/Users/${b.id}`, version: 'W/"999"' }, { method: 'DELETE', path: `/Users/${b.id}` }])).Operations;
    assert.deepEqual(failing.map(({ status }) => status), ['409', '409', '412', '204']);
    assert.equal(failing[0].response.scimType, 'uniqueness');
    const stopped = (await bulk([{ method: 'DELETE', path: '/Users/1' }, { method: 'DELETE', path: `/Users/${a.id}` }], { failOnErrors: 1 })).Operations;
    assert.equal(stopped.length, 1);
    await refused(413, 'tooMany', 'POST', '/Bulk', { Operations: Array.from({ length: 1001 }, () => ({ method: 'DELETE', path: '/Users/1' })) });
    await refused(400, 'invalidSyntax', 'POST', '/Bulk', { Operations: [{ method: 'GET', path: '/Users' }] });
    await refused(400, 'invalidSyntax', 'POST', '/Bulk', { Operations: [{ method: 'POST', path: '/Users', data: {} }] });
  });
});
