// The audit through the front door: read, exported, proven; and proven false when somebody writes to the store behind the program's back.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { browser, signIn } from '../kit/client.mjs';
import { temporaryFolder } from '../kit/folder.mjs';
import { hanako, john, run } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafHash = (bytes) => sha256(Buffer.of(0), bytes);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);
const bytes = (text) => Buffer.from(text, 'base64url');

// RFC 9162 §2.1.3.2, by somebody who has nothing of ours.
function rootByInclusion(index, size, leaf, path) {
  let fn = index, sn = size - 1, hash = leaf;
  for (const next of path) {
    assert.notEqual(sn, 0);
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(next, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else hash = nodeHash(hash, next);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  assert.equal(sn, 0);
  return hash;
}

// RFC 9162 §2.1.4.2.
function consistent(first, second, firstRoot, secondRoot, path) {
  if (first === second) return path.length === 0 && firstRoot.equals(secondRoot);
  const nodes = (first & (first - 1)) === 0 ? [firstRoot, ...path] : [...path];
  let fn = first - 1, sn = second - 1;
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  let fr = nodes[0], sr = nodes[0];
  for (const next of nodes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(next, fr);
      sr = nodeHash(next, sr);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else sr = nodeHash(sr, next);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && fr.equals(firstRoot) && sr.equals(secondRoot);
}

function openHead(jws, keys) {
  const [header, payload, signature] = jws.split('.');
  const { kid, alg, typ } = JSON.parse(bytes(header));
  assert.deepEqual([alg, typ], ['ES256', 'kidoban-audit-head']);
  const key = createPublicKey({ key: keys.find((one) => one.kid === kid), format: 'jwk' });
  assert.ok(verifySignature('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' }, bytes(signature)));
  return JSON.parse(bytes(payload));
}

onEachStore('the audit', (world) => {
  let administrator, member, stranger;
  const api = (who, method, path, { json, headers = {}, tenant = 'demo' } = {}) => who.send(`${world.server.issuer(tenant)}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  const get = async (path, who = administrator) => {
    const reply = await api(who, 'GET', path);
    assert.equal(reply.status, 200, `${path}: ${reply.body}`);
    return reply.json();
  };
  const refused = (reply, status, reason) => assert.deepEqual([reply.status, reply.json().reason], [status, reason], reply.body);
  const seal = (tenant = 'demo') => world.server.command(['audit', 'seal', '--tenant', tenant]);
  const kept = (jws) => {
    const file = join(temporaryFolder(), 'heads');
    writeFileSync(file, `${[jws].flat().join('\n')}\n`);
    return file;
  };
  // → the verdict, and whether the exit code agrees with it.
  const verify = (more = [], tenant = 'demo') => {
    const done = run(['audit', 'verify', '--tenant', tenant, ...more, ...world.server.storeArgs, '--json'], { env: world.server.env });
    assert.ok(done.stdout, done.stderr);
    const verdict = JSON.parse(done.stdout);
    assert.equal(done.status, verdict.result === 'ok' ? 0 : 1, done.stderr);
    if (verdict.record) assert.ok(done.stderr.includes(verdict.record), done.stderr);
    return verdict;
  };

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
    for (let i = 0; i < 8; ++i) {
      const reply = await api(administrator, 'POST', '/groups', { json: { name: `Group ${i}` } });
      assert.equal(reply.status, 201, reply.body);
    }
  });

  test('is read by who may, filtered and in pages, newest first', async () => {
    for (const path of ['/audit', '/audit/export', `/people/${'0'.repeat(8)}-0000-7000-8000-000000000000/sign-ins`, '/settings/audit']) {
      refused(await api(browser(), 'GET', path), 401, 'session_missing');
      refused(await api(member, 'GET', path), 403, 'not_administrator');
      refused(await api(stranger, 'GET', path), 401, 'session_missing');
    }
    const { records } = await get('/audit?event=group.created');
    assert.equal(records.length, 8);
    assert.deepEqual(records.map(({ at }) => at), records.map(({ at }) => at).sort().reverse());
    const one = records[0];
    assert.deepEqual([one.actor_kind, one.outcome, one.target_kind], ['person', 'success', 'group']);
    assert.equal(one.detail.client_address, '127.0.0.1');
    assert.deepEqual([one.detail.permission, one.detail.role], ['groups_write', 'administrator']);
    assert.match(one.session, /^[0-9a-f-]{36}$/);
    const seen = [];
    for (let next = ''; next !== undefined;) {
      const page = await get(`/audit?event=group.&limit=3${next && `&after=${next}`}`);
      seen.push(...page.records.map(({ id }) => id));
      next = page.next;
    }
    assert.deepEqual(seen, records.map(({ id }) => id));
    assert.equal((await get(`/audit?target=${one.target}`)).records.length, 1);
    assert.equal((await get(`/audit?actor=${one.actor}&event=group.created&outcome=success`)).records.length, 8);
    assert.equal((await get('/audit?event=group.created&outcome=refused')).records.length, 0);
    assert.equal((await get(`/audit?event=group.created&from=${records[2].at}`)).records.length, 3);
    assert.equal((await get(`/audit?event=group.created&until=${records[2].at}`)).records.length, 5);
    refused(await api(administrator, 'GET', '/audit?evnet=x'), 400, 'filter_unknown');
    refused(await api(administrator, 'GET', '/audit?from=yesterday'), 400, 'filter_malformed');
    refused(await api(administrator, 'GET', '/audit?limit=0'), 400, 'page_malformed');
    const theirs = await api(stranger, 'GET', '/audit?event=group.created', { tenant: 'other' });
    assert.deepEqual(theirs.json().records, []);
  });

  test("shows a person's sign-ins, those that failed too", async () => {
    const person = (await get('/people')).people.find(({ login }) => login === john.login).id;
    await browser().signIn(`${world.issuer}/`, { login: john.login, password: 'wrong lantern' });
    const { sign_ins: all } = await get(`/people/${person}/sign-ins`);
    assert.deepEqual([all[0].event, all[0].outcome, all[0].detail.factor], ['sign_in.factor', 'refused', 'password']);
    assert.ok(all.some(({ event, outcome }) => event === 'session.started' && outcome === 'success'));
    assert.ok(all.every(({ actor, target }) => [actor, target].includes(person)));
    refused(await api(stranger, 'GET', `/people/${person}/sign-ins`, { tenant: 'other' }), 404, 'person_unknown');
  });

  test('is exported in four formats, page after page, and that is told', async () => {
    const all = [];
    let path = `${world.issuer}/api/v1/audit/export?format=jsonl&limit=7&event=group.`;
    for (let pages = 0; path; ++pages) {
      const reply = await administrator.send(path);
      assert.equal(reply.status, 200, reply.body);
      all.push(...reply.body.split('\n').filter(Boolean).map((line) => JSON.parse(line)));
      path = /<([^>]+)>; rel="next"/.exec(reply.headers.link ?? '')?.[1];
      assert.ok(pages < 5);
    }
    assert.equal(all.length, 8);
    const lines = async (format) => {
      const reply = await api(administrator, 'GET', `/audit/export?format=${format}&event=group.`);
      assert.equal(reply.status, 200, reply.body);
      assert.match(reply.headers['content-disposition'], /^attachment; filename="audit\./);
      return reply.body.split(/\r?\n/).filter(Boolean);
    };
    const csv = await lines('csv');
    assert.equal(csv.length, 9);
    assert.ok(csv[0].startsWith('id,at,event,'));
    assert.ok((await lines('syslog')).every((line) => /^<110>1 \S+Z localhost kidoban - group\.created \[kidoban@32473 id="[0-9a-f-]{36}" /.test(line)));
    assert.ok((await lines('cef')).every((line) => line.startsWith('CEF:0|Kidoban|Kidoban|1|group.created|')));
    refused(await api(administrator, 'GET', '/audit/export?format=xml'), 400, 'format_unknown');
    assert.equal((await get('/audit?event=audit.exported')).records.length, 4);
    const done = run(['audit', 'export', '--tenant', 'other', '--format', 'csv', ...world.server.storeArgs], { env: world.server.env });
    assert.equal(done.status, 0, done.stderr);
    assert.ok(done.stdout.includes('"tenant.created"') && done.stdout.includes('boss@other.example') && !done.stdout.includes('group.created'), done.stdout);
  });

  test('is proven to somebody outside who keeps heads and asks for proofs', async () => {
    seal();
    const outside = browser();
    const { keys } = await get('/audit/keys', outside);
    const [first] = (await get('/audit/heads', outside)).heads;
    assert.deepEqual(Object.keys(keys[0]).filter((name) => name === 'd'), []);
    const old = openHead(first.jws, keys);
    assert.equal(old.tree_size, first.tree_size);
    for (let i = 0; i < 3; ++i) await api(administrator, 'POST', '/groups', { json: { name: `Later ${i}` } });
    const [record] = (await get('/audit?event=group.created&limit=1')).records;
    refused(await api(administrator, 'GET', `/audit/records/${record.id}/proof`), 409, 'audit_record_unsealed');
    seal();
    const proof = await get(`/audit/records/${record.id}/proof`);
    const head = openHead(proof.head.jws, keys);
    const leaf = bytes(proof.leaf);
    assert.ok(leaf.includes(Buffer.from(record.id.replaceAll('-', ''), 'hex')) && leaf.includes('group.created'));
    const root = rootByInclusion(proof.leaf_index, head.tree_size, leafHash(leaf), proof.inclusion_path.map(bytes));
    assert.equal(root.toString('base64url'), head.root_hash);
    const { consistency_path: path } = await get(`/audit/consistency?first=${old.tree_size}&second=${head.tree_size}`, outside);
    assert.ok(consistent(old.tree_size, head.tree_size, bytes(old.root_hash), bytes(head.root_hash), path.map(bytes)));
    refused(await api(administrator, 'GET', '/audit/consistency?first=0&second=1'), 400, 'audit_sizes_malformed');
    refused(await api(outside, 'GET', `/audit/records/${record.id}/proof`), 401, 'session_missing');
    refused(await api(stranger, 'GET', `/audit/records/${record.id}/proof`, { tenant: 'other' }), 404, 'audit_record_unknown');
  });

  test('retention is set by the tenant, within bounds, and told', async () => {
    assert.deepEqual(await get('/settings/audit'), { retention_days: 400 });
    for (const json of [{ retention_days: 29 }, { retention_days: 1e6 }, { retention_days: '90' }, { retention_days: 90, more: 1 }, {}]) {
      refused(await api(administrator, 'PUT', '/settings/audit', { json }), 400, 'audit_settings_malformed');
    }
    assert.equal((await api(administrator, 'PUT', '/settings/audit', { json: { retention_days: 90 } })).status, 200);
    assert.deepEqual(await get('/settings/audit'), { retention_days: 90 });
  });

  test('a record that was altered, removed or moved in the store is named', async () => {
    seal();
    const { jws } = world.server.command(['audit', 'head', '--tenant', 'demo']);
    const whole = verify(['--head', kept(jws)]);
    assert.deepEqual([whole.result, whole.unsealed, whole.unmarked, whole.kept_heads], ['ok', '0', '0', '1']);
    assert.equal(whole.records, whole.present);
    assert.equal(verify([], 'other').result, 'ok');
    const { records } = await get('/audit?event=group.created');
    const [victim, other] = [records[3].id, records[5].id];
    const blob = (id) => (world.server.store === 'postgres' ? `decode('${id.replaceAll('-', '')}', 'hex')` : `x'${id.replaceAll('-', '')}'`);
    const table = world.server.store === 'postgres' ? 'kidoban.audit_records' : 'audit_records';
    const sql = (statement) => world.server.sql(statement);
    const position = sql(`select position from ${table} where id = ${blob(victim)}`).trim();
    const named = (what, more = []) => {
      const verdict = verify(more);
      assert.deepEqual([verdict.result, verdict.what, verdict.record, verdict.position], ['altered', what, victim, position], verdict.note);
    };
    sql(`update ${table} set reason = 'x' where id = ${blob(victim)}`);
    named('record_changed');
    sql(`update ${table} set reason = '' where id = ${blob(victim)}`);
    assert.equal(verify().result, 'ok');
    const place = sql(`select position from ${table} where id = ${blob(other)}`).trim();
    for (const [id, at] of [[victim, 99999], [other, position], [victim, place]]) sql(`update ${table} set position = ${at} where id = ${blob(id)}`);
    assert.match(verify().what, /^record_reordered$/);
    for (const [id, at] of [[victim, 99999], [other, place], [victim, position]]) sql(`update ${table} set position = ${at} where id = ${blob(id)}`);
    assert.equal(verify().result, 'ok');

    if (world.server.store === 'sqlite') {
      // One bit of the file itself, the server stopped: in the middle of what is sealed.
      await world.server.stop();
      sql('pragma wal_checkpoint(truncate)');
      const detail = Buffer.from(sql(`select hex(detail) from ${table} where id = ${blob(victim)}`), 'hex');
      const file = join(world.server.data, 'kidoban.db');
      const content = readFileSync(file);
      const at = content.indexOf(detail.subarray(10, 60));
      assert.ok(at > 0 && content.indexOf(detail.subarray(10, 60), at + 1) < 0);
      content[at + 20] ^= 4;
      writeFileSync(file, content);
      named('record_changed');
      content[at + 20] ^= 4;
      writeFileSync(file, content);
      assert.equal(verify().result, 'ok');
      await world.server.begin();
    }
    sql(`delete from ${table} where id = ${blob(victim)}`);
    named('record_removed', ['--head', kept(jws)]);
    assert.equal(verify([], 'other').result, 'ok');
  });

  test('who cuts off the end with all that tells of it is found by a head that was kept', async () => {
    seal('other');
    const before = world.server.command(['audit', 'head', '--tenant', 'other']);
    await api(stranger, 'POST', '/groups', { json: { name: 'Evidence' }, tenant: 'other' });
    seal('other');
    const { jws } = world.server.command(['audit', 'head', '--tenant', 'other']);
    const schema = world.server.store === 'postgres' ? 'kidoban.' : '';
    const theirs = `tenant in (select id from ${schema}tenants where slug = 'other')`;
    world.server.sql(`delete from ${schema}audit_records where ${theirs} and position >= ${before.records}`);
    assert.equal(verify([], 'other').what, 'record_removed');
    const last = Number(world.server.sql(`select max(number) from ${schema}audit_heads where ${theirs}`));
    world.server.sql(`delete from ${schema}audit_heads where ${theirs} and number = ${last}`);
    world.server.sql(`update ${schema}audit_trees set size = ${before.records}, heads = ${last - 1} where ${theirs}`);
    assert.equal(verify([], 'other').result, 'ok');
    assert.equal(verify(['--head', kept(before.jws)], 'other').result, 'ok');
    assert.equal(verify(['--head', kept([before.jws, jws])], 'other').what, 'head_contradicted');
    assert.equal(verify(['--head', kept(`${jws.slice(0, -8)}AAAAAAAA`)], 'other').what, 'head_contradicted');
  });
});
