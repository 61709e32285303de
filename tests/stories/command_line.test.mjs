// The command line beside a running server, on both stores: every command once for real, its JSON, its exit codes, and a second
// tenant that isn't touched.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browser } from '../kit/client.mjs';
import { temporaryFolder } from '../kit/folder.mjs';
import { Server, password, run } from '../kit/server.mjs';
import { stores } from '../kit/stories.mjs';

for (const store of stores) describe(`the command line (${store})`, () => {
  let server, folder, untouched;
  const T = ['--tenant', 'acme'];
  const raw = (args, options = {}) => run([...args, ...server.storeArgs], { env: server.env, ...options });
  const json = (args, options) => server.command([...args, ...T], options);
  const human = (args, options) => {
    const done = raw([...args, ...T], options);
    assert.equal(done.status, 0, `kidoban ${args.join(' ')}: ${done.stderr}`);
    return done.stdout;
  };
  const refused = (args, reason, { code = 1, ...options } = {}) => {
    const done = raw([...args, '--json'], options);
    assert.equal(done.status, code, `kidoban ${args.join(' ')}: ${done.stdout}${done.stderr}`);
    const { error } = JSON.parse(done.stderr.trim().split('\n').at(-1));
    assert.equal(error.reason, reason, done.stderr);
    assert.ok(error.message);
    return error;
  };
  const file = (name, text) => {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  };
  // Everything of the other tenant that could have been touched.
  const theirs = () => ['/people', '/groups', '/roles', '/service-accounts', '/domains', '/settings/mail', '/imports']
    .map((path) => raw(['api', '--tenant', 'other', 'GET', path]).stdout).join('');

  before(async () => {
    folder = temporaryFolder();
    server = await Server.start({ store, demo: false });
    server.tenant('acme', 'Acme');
    server.tenant('other', 'Other');
    server.command(['person', 'create', '--tenant', 'other', '--login', 'boss@other.example', '--name', 'Boss']);
    server.command(['group', 'create', '--tenant', 'other', '--name', 'Sales']);
    untouched = theirs();
  });
  after(async () => {
    assert.equal(theirs(), untouched);
    await server?.stop();
  });

  test('a person is made with all that can be said of them, shown, changed, and found by login or id', async () => {
    const boss = json(['person', 'create', '--login', 'boss@acme.example', '--name', 'Boss', '--administrator', '--password-stdin'], { input: `${password}\n` });
    assert.equal(boss.administrator, true);
    await browser().signIn(`${server.issuer('acme')}/`, { login: 'boss@acme.example', password });
    writeFileSync(file('directory.json'), JSON.stringify({ custom_attributes: [{ name: 'badge', type: 'number' }, { name: 'remote', type: 'flag' }] }));
    json(['settings', 'set', 'directory', '--body', file('directory.json')]);
    const made = json(['person', 'create', '--login', 'hana@acme.example', '--name', '山田 花', '--family-name', '山田', '--given-name', '花', '--family-name-kana', 'ヤマダ',
      '--department', '営業', '--phones', 'work=+81 3 1234 5678', '--phones', '+81 90 1234 5678', '--manager', 'boss@acme.example', '--custom', 'badge=12', '--custom', 'remote=true',
      '--valid-from', '2020-01-01T00:00:00Z', '--locale', 'ja']);
    assert.equal(made.manager, boss.id);
    assert.deepEqual(made.custom, { badge: 12, remote: true });
    assert.deepEqual(made.phones.map(({ type, value }) => [type, value]).at(0), ['work', '+81 3 1234 5678']);
    const shown = json(['person', 'show', '--login', 'hana@acme.example']);
    assert.deepEqual(json(['person', 'show', '--person', made.id]), shown);
    assert.match(human(['person', 'show', '--login', 'hana@acme.example']), /^display_name +山田 花$/m);
    const changed = json(['person', 'change', '--login', made.id, '--department', '', '--title', '部長', '--phones', '', '--new-login', 'hanako@acme.example']);
    assert.equal(changed.department, undefined);
    assert.equal(changed.phones, undefined);
    assert.equal(changed.title, '部長');
    refused(['person', 'show', ...T, '--login', 'hana@acme.example'], 'person_unknown');
    refused(['person', 'show', ...T, '--login', 'boss@other.example'], 'person_unknown');
    refused(['person', 'change', ...T, '--login', 'hanako@acme.example', '--locale', 'no language'], 'locale_malformed');
    refused(['person', 'change', ...T, '--login', 'hanako@acme.example', '--title', 'x', '--if-version', '1'], 'version_changed');
    refused(['person', 'create', ...T, '--login', 'boss@acme.example', '--name', 'Again'], 'login_taken');
    // A password that can't be used leaves nobody behind.
    refused(['person', 'create', ...T, '--login', 'weak@acme.example', '--name', 'Weak', '--password-stdin'], 'password_too_short', { input: 'short\n' });
    refused(['person', 'show', ...T, '--login', 'weak@acme.example'], 'person_unknown');
    refused(['person', 'disable', ...T, '--login', 'boss@acme.example'], 'last_administrator');
    const salt = randomBytes(8);
    const hash = Buffer.concat([createHash('sha1').update('the old gate of the street').update(salt).digest(), salt]).toString('base64');
    json(['person', 'create', '--login', 'moved@acme.example', '--name', 'Moved', '--password-hash-stdin'], { input: `{SSHA}${hash}\n` });
    await browser().signIn(`${server.issuer('acme')}/`, { login: 'moved@acme.example', password: 'the old gate of the street' });
  });

  test('people are listed in pages, disabled, enabled, deleted, restored, released and removed', () => {
    for (let i = 0; i < 3; ++i) json(['person', 'create', '--login', `p${i}@acme.example`, '--name', `P${i}`]);
    const all = json(['person', 'list']).people.map(({ login }) => login);
    const first = json(['person', 'list', '--limit', '2']);
    assert.equal(first.people.length, 2);
    const rest = json(['person', 'list', '--limit', '500', '--after', first.next]);
    assert.deepEqual([...first.people, ...rest.people].map(({ login }) => login), all);
    assert.match(human(['person', 'list']), /^id +login +display_name +state +administrator$/m);
    const state = () => json(['person', 'show', '--login', 'p0@acme.example']).state;
    for (const [verb, becomes] of [['disable', 'disabled'], ['enable', 'enabled'], ['delete', 'pending_deletion'], ['restore', 'enabled']]) {
      const told = json(['person', verb, '--login', 'p0@acme.example']);
      if (verb === 'delete') assert.deepEqual(told, { done: true });
      else assert.equal(told.state, becomes);
      assert.equal(state(), becomes);
    }
    json(['person', 'release', '--login', 'p0@acme.example']);
    refused(['person', 'remove', ...T, '--login', 'p0@acme.example'], 'person_not_pending');
    json(['person', 'delete', '--login', 'p0@acme.example']);
    json(['person', 'remove', '--login', 'p0@acme.example']);
    refused(['person', 'show', ...T, '--login', 'p0@acme.example'], 'person_unknown');
    assert.equal(json(['person', 'password', '--login', 'boss@acme.example']).set, true);
    assert.ok(server.command(['tenant', 'usage', '--slug', 'acme']).people.current >= 3);
  });

  test('sessions and sign-ins are listed and ended; passwords are set and unlocked', async () => {
    const told = json(['person', 'set-password', '--login', 'p1@acme.example', '--temporary']);
    assert.ok(told.temporary_password);
    json(['person', 'set-password', '--login', 'p1@acme.example'], { input: `${password} of mine\n` });
    await browser().signIn(`${server.issuer('acme')}/`, { login: 'p1@acme.example', password: `${password} of mine` });
    const { sessions } = json(['session', 'list', '--login', 'p1@acme.example']);
    assert.equal(sessions.length, 1);
    assert.ok(json(['person', 'sign-ins', '--login', 'p1@acme.example']).sign_ins.length > 0);
    json(['session', 'end-one', '--login', 'p1@acme.example', '--session', sessions[0].id]);
    assert.equal(json(['session', 'list', '--login', 'p1@acme.example']).sessions.length, 0);
    json(['session', 'end', '--login', 'p1@acme.example']);
    json(['person', 'unlock', '--login', 'p1@acme.example']);
  });

  test('groups, by name: made, ruled, previewed, filled and emptied', () => {
    const sales = json(['group', 'create', '--name', '営業 & Co', '--description', 'Those who sell', '--type', 'security']);
    json(['group', 'create', '--name', 'Inner']);
    json(['group', 'add-member', '--group', '営業 & Co', '--member', 'p1@acme.example']);
    json(['group', 'add-member', '--group', '営業 & Co', '--member', 'Inner']);
    json(['group', 'add-member', '--group', 'Inner', '--member', 'p2@acme.example']);
    assert.deepEqual(json(['group', 'members', '--group', sales.id]).members.map(({ type }) => type).sort(), ['group', 'person']);
    assert.equal(json(['group', 'effective-members', '--group', '営業 & Co']).members.length, 2);
    assert.equal(json(['person', 'groups', '--login', 'p2@acme.example']).groups.length, 2);
    assert.equal(json(['person', 'groups', '--login', 'p2@acme.example', '--direct']).groups.length, 1);
    json(['group', 'remove-member', '--group', '営業 & Co', '--member', 'p1@acme.example']);
    refused(['group', 'add-member', ...T, '--group', 'Inner', '--member', '営業 & Co'], 'group_cycle');
    assert.equal(json(['group', 'preview-rule', '--rule', 'title eq "部長"']).matching, 1);
    const ruled = json(['group', 'create', '--name', 'Chiefs', '--rule', 'title eq "部長"']);
    assert.equal(json(['group', 'members', '--group', 'Chiefs']).members.length, 1);
    refused(['group', 'change', ...T, '--group', 'Chiefs', '--rule', 'title eq'], 'filter_malformed');
    assert.equal(json(['group', 'change', '--group', 'Chiefs', '--name', 'Heads', '--mail', 'heads@acme.example']).id, ruled.id);
    assert.equal(json(['group', 'show', '--group', 'Heads']).mail, 'heads@acme.example');
    assert.ok(json(['group', 'list']).groups.some(({ name }) => name === 'Heads'));
    json(['group', 'delete', '--group', 'Heads']);
    refused(['group', 'show', ...T, '--group', 'Heads'], 'group_unknown');
  });

  test('roles, service accounts and their tokens', async () => {
    const desk = json(['role', 'create', '--name', 'Desk', '--permission', 'people_read', '--permission', 'people_unlock']);
    assert.deepEqual(json(['role', 'show', '--role', 'Desk']).permissions, ['people_read', 'people_unlock']);
    json(['role', 'change', '--role', 'Desk', '--permission', 'people_read']);
    json(['role', 'assign', '--login', 'p1@acme.example', '--role', 'help_desk', '--in-group', 'Inner']);
    json(['role', 'assign', '--login', 'p1@acme.example', '--role', 'Desk']);
    assert.equal(json(['person', 'roles', '--login', 'p1@acme.example']).roles.length, 2);
    refused(['role', 'delete', ...T, '--role', 'Desk'], 'role_in_use');
    json(['role', 'withdraw', '--login', 'p1@acme.example', '--role', desk.key]);
    json(['role', 'delete', '--role', 'Desk']);
    assert.ok(json(['role', 'list']).roles.every(({ fixed }) => fixed));
    json(['service-account', 'create', '--name', 'Connector', '--permission', 'people_read']);
    const issued = json(['service-account', 'issue-token', '--account', 'Connector', '--label', 'first', '--days', '30']);
    const asked = () => fetch(`${server.issuer('acme')}/api/v1/people`, { headers: { Authorization: `Bearer ${issued.token}` } });
    assert.equal((await asked()).status, 200);
    assert.equal(json(['service-account', 'tokens', '--account', 'Connector']).tokens[0].token, undefined);
    json(['service-account', 'revoke-token', '--account', 'Connector', '--token', issued.id]);
    assert.equal((await asked()).status, 401);
    assert.equal(json(['service-account', 'change', '--account', 'Connector', '--disabled']).enabled, false);
    assert.equal(json(['service-account', 'show', '--account', 'Connector']).name, 'Connector');
    json(['service-account', 'delete', '--account', 'Connector']);
    assert.equal(json(['service-account', 'list']).service_accounts.length, 0);
  });

  test('settings, mails, domains, jobs and the audit', () => {
    const policy = json(['settings', 'get', 'password']);
    policy.default.min_length = 16;
    json(['settings', 'set', 'password', '--body', '-'], { input: JSON.stringify(policy) });
    assert.equal(json(['settings', 'get', 'password']).default.min_length, 16);
    const wrong = refused(['settings', 'set', 'password', ...T, '--body', '-'], 'settings_malformed', { input: '{"default":{"min_length":3}}' });
    assert.match(wrong.message, /default\.min_length/);
    refused(['settings', 'get', 'nonsense', ...T], 'page_unknown');
    assert.ok(json(['mail', 'templates']).templates.length > 5);
    assert.ok(json(['mail', 'preview', '--mail', 'password_reset', '--language', 'ja']).subject);
    const domain = json(['domain', 'add', 'acme-corp.example']);
    assert.equal(domain.record.name, '_kidoban.acme-corp.example');
    assert.equal(json(['domain', 'show', 'acme-corp.example']).state, 'pending');
    assert.equal(json(['domain', 'list']).domains.length, 1);
    json(['domain', 'remove', 'acme-corp.example']);
    const found = json(['audit', 'search', '--event', 'settings.', '--outcome', 'success']).records;
    assert.ok(found.length >= 2 && found.every(({ event }) => event === 'settings.changed'));
    const { records } = json(['audit', 'list', '--limit', '500']);
    assert.ok(records.every(({ actor, event }) => actor.startsWith('operator') || /^(sign_in|session|job|journey|audit|person\.login)/.test(event) || actor !== ''));
    assert.ok(records.filter(({ event }) => event === 'group.created').every(({ actor }) => actor.trim() === 'operator'));
    json(['audit', 'seal']);
    const [head] = json(['audit', 'heads', '--limit', '1']).heads;
    assert.ok(head.tree_size > 0);
    assert.ok(json(['audit', 'keys']).keys.length > 0);
    assert.equal(json(['audit', 'proof', found[0].id]).record, found[0].id);
    assert.ok(json(['audit', 'consistency', '--first', '1', '--second', String(head.tree_size)]).consistency_path);
  });

  test('people come in by a file, with the bad rows written down, and go out again', () => {
    const rows = file('people.csv', 'login,display_name,department\r\nin1@acme.example,One,営業\r\nnot a login,Two,\r\nin3@acme.example,Three,開発\r\n');
    const looked = raw(['import', 'people', rows, '--dry-run', ...T, '--json']);
    assert.equal(looked.status, 1, looked.stderr);
    assert.equal(JSON.parse(looked.stdout).state, 'checked');
    refused(['person', 'show', ...T, '--login', 'in1@acme.example'], 'person_unknown');
    const bad = file('bad.csv');
    const done = raw(['import', 'people', rows, '--run', '--bad-rows', bad, ...T, '--json']);
    assert.equal(done.status, 1);
    assert.match(done.stderr, /import_has_errors/);
    const import_ = JSON.parse(done.stdout);
    assert.equal(import_.run.counts.create, 2);
    assert.equal(json(['person', 'show', '--login', 'in1@acme.example']).department, '営業');
    const mended = readFileSync(bad, 'utf8').replace('not a login', 'in2@acme.example');
    assert.match(mended, /in2@acme\.example/);
    assert.equal(json(['import', 'people', file('mended.csv', mended), '--run', '--mode', 'all']).state, 'done');
    assert.equal(json(['import', 'rows', import_.id, '--phase', 'run', '--only', 'errors']).rows.length, 1);
    assert.equal(json(['import', 'show', import_.id]).state, 'done');
    assert.ok(json(['import', 'list']).imports.length >= 3);
    assert.equal(json(['import', 'groups', file('groups.csv', 'name\r\nFrom a file\r\n'), '--run']).state, 'done');
    assert.equal(json(['import', 'members', file('members.csv', 'group,login\r\nFrom a file,in1@acme.example\r\n'), '--run']).state, 'done');
    assert.equal(json(['group', 'members', '--group', 'From a file']).members.length, 1);
    const seen = json(['import', 'people', file('later.csv', 'login,display_name\r\nlater@acme.example,Later\r\n')]);
    assert.equal(seen.state, 'checked');
    // The server goes on with it.
    json(['import', 'run', seen.id]);
    while (json(['import', 'show', seen.id]).state === 'running');
    assert.equal(json(['person', 'show', '--login', 'later@acme.example']).display_name, 'Later');
    refused(['import', 'people', file('nonsense.csv', 'colour\r\nred\r\n'), ...T], 'request_refused');
    for (const kind of ['people', 'groups', 'members']) {
      const out = file(`${kind}-out.csv`);
      assert.ok(json(['export', kind, out]).rows >= 0);
      assert.ok(readFileSync(out, 'utf8').length > 5);
    }
    assert.match(readFileSync(file('people-out.csv'), 'utf8'), /in1@acme\.example/);
    assert.doesNotMatch(readFileSync(file('people-out.csv'), 'utf8'), /other\.example/);
    assert.match(human(['export', 'people', '--encoding', 'utf-8']), /in2@acme\.example/);
    assert.ok(json(['export', 'list']).exports.length >= 4);
    const [{ id }] = json(['export', 'list']).exports;
    assert.equal(json(['export', 'show', id]).state, 'done');
    const [job] = json(['job', 'list']).jobs;
    assert.ok(json(['job', 'show', job.id]).state);
    refused(['job', 'cancel', ...T, job.id], 'job_ended');
  });

  test('any row of the API can be asked, as the operator and recorded so', () => {
    const made = JSON.parse(human(['api', 'POST', '/groups', '{"name":"Raw"}']));
    assert.equal(JSON.parse(human(['api', 'GET', `/groups/${made.id}`])).name, 'Raw');
    assert.equal(human(['api', 'DELETE', `/groups/${made.id}`]), '');
    assert.equal(JSON.parse(human(['api', 'GET', '/people?limit=1'])).people.length, 1);
    assert.equal(JSON.parse(human(['api', 'PATCH', '/people/' + json(['person', 'show', '--login', 'in1@acme.example']).id, '-'], { input: '{"title":"X"}' })).title, 'X');
    refused(['api', ...T, 'GET', '/nothing'], 'page_unknown');
    refused(['api', ...T, 'PUT', '/people'], 'method_not_allowed');
    refused(['api', ...T, 'POST', '/groups', '{"nonsense":1}'], 'member_missing');
    refused(['api', ...T, 'GET', '/../sign-out'], 'page_unknown');
    refused(['api', ...T, 'FETCH', '/people'], 'configuration_invalid', { code: 2 });
    const [record] = json(['audit', 'search', '--event', 'group.deleted']).records;
    assert.match(JSON.stringify(record), /operator/);
    assert.match(JSON.stringify(record), /kidoban command line, user \d+/);
  });

  test('every row of the API has its command', () => {
    // By commands that do more than ask one row, or in no other way than `kidoban api`; what is somebody's own is not the operator's.
    const otherwise = new Set(['POST /people/{person}/password', 'POST /imports', 'GET /imports/{import}/bad-rows.csv', 'POST /exports', 'GET /exports/{export}/file', 'GET /audit/export', 'GET /openapi.json',
      'GET /me', 'PATCH /me', 'GET /me/sign-ins', 'POST /me/sign-ins/{record}/report', 'GET /approvals', 'GET /approvals/{approval}', 'POST /approvals/{approval}/approval',
      'POST /approvals/{approval}/refusal', 'POST /approvals/{approval}/withdrawal', 'POST /approvals/{approval}/answer']);
    const { rows } = json(['api', '--rows']);
    assert.ok(rows.length > 60);
    assert.deepEqual(rows.filter(({ command, method, path }) => !command && !otherwise.has(`${method} ${path}`)).map(({ method, path }) => `${method} ${path}`), [],
      'a row without a command: add it to the table of its noun, src/service/commands_*.cpp');
  });

  test('what is misspelled is told with exit code 2, what is refused with 1, each in one sentence', () => {
    for (const args of [['person', 'dance'], ['person', 'show', '--login', 'x@y.example'], ['role', 'create', '--tenant', 'acme', '--name', 'x'], ['person', 'list', '--limit', '0', ...T], ['export', ...server.storeArgs]]) {
      assert.equal(run(args).status, 2, args.join(' '));
    }
    const done = raw(['person', 'show', ...T, '--login', 'nobody@acme.example']);
    assert.equal(done.status, 1);
    assert.equal(done.stderr, 'kidoban: there is no person nobody@acme.example in this tenant\n');
    refused(['person', 'list', '--tenant', 'nowhere'], 'tenant_unknown');
    refused(['import', 'people', ...T, file('not there.csv')], 'file_unreadable');
  });
});
