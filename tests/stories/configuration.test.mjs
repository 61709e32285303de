// A tenant's configuration as one file: out of one tenant and into another, on both stores.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../kit/folder.mjs';
import { Server, program, run } from '../kit/server.mjs';
import { stores } from '../kit/stories.mjs';

for (const store of stores) describe(`configuration as code (${store})`, () => {
  let server, folder;
  const raw = (args, options = {}) => run([...args, ...server.storeArgs], { env: server.env, ...options });
  const api = (tenant, method, path, body) => {
    const done = raw(['api', '--tenant', tenant, method, path, ...(body === undefined ? [] : [JSON.stringify(body)])]);
    assert.equal(done.status, 0, `${method} ${path}: ${done.stderr}`);
    return done.stdout ? JSON.parse(done.stdout) : undefined;
  };
  const file = (name, text) => {
    const path = join(folder, name);
    if (text !== undefined) writeFileSync(path, text);
    return path;
  };
  const exported = (tenant) => {
    const done = raw(['export', '--tenant', tenant]);
    assert.equal(done.status, 0, done.stderr);
    return done.stdout;
  };
  const apply = (tenant, text, ...more) => {
    const done = raw(['apply', '--tenant', tenant, file('applied.toml', text), '--json', ...more]);
    return { code: done.status, stderr: done.stderr, ...(done.stdout ? JSON.parse(done.stdout) : {}) };
  };
  const good = (tenant, text, ...more) => {
    const done = apply(tenant, text, '--yes', ...more);
    assert.equal(done.code, 0, done.stderr);
    return done;
  };
  const refused = (tenant, text, reason, place, ...more) => {
    const done = apply(tenant, text, '--yes', ...more);
    assert.equal(done.code, 1, done.stderr);
    const { error } = JSON.parse(done.stderr.trim().split('\n').at(-1));
    assert.equal(error.reason, reason, error.message);
    if (place) assert.ok(error.message.startsWith(`${file('applied.toml')}:${place}: `), error.message);
  };
  const tail = (text) => text.split('\n').slice(2).join('\n');  // the heading names the tenant
  const records = (tenant) => server.command(['audit', 'list', '--tenant', tenant, '--limit', '500']).records;

  before(async () => {
    folder = temporaryFolder();
    server = await Server.start({ store, demo: false });
    for (const one of ['staging', 'production', 'other']) server.tenant(one, one);
    api('staging', 'PUT', '/settings/directory', { custom_attributes: [{ name: 'badge', type: 'number', label_en: 'Badge', label_ja: 'バッジ' }, { name: 'site', type: 'text', choices: ['東京', 'Osaka'] }], retention_days: 60 });
    const sales = api('staging', 'POST', '/groups', { name: '営業', description: 'Those who sell "things"', rule: 'department eq "Sales" and custom.badge gt 3' });
    const all = api('staging', 'POST', '/groups', { name: 'All', mail: 'all@staging.example' });
    api('staging', 'PUT', `/groups/${all.id}/members/${sales.id}`);
    const policy = api('staging', 'GET', '/settings/password');
    api('staging', 'PUT', '/settings/password', { ...policy, default: { ...policy.default, min_length: 18 }, overrides: [{ groups: [sales.id, all.id], policy: { min_length: 20 } }] });
    api('staging', 'PUT', '/settings/mail', { from_name: '@Acme', default_language: 'en', system_destinations: ['it@staging.example'], wording: { password_reset: { ja: { subject: '再設定', body: '{{name}} 様\n\n"""下記より"""\\ {{link}}\n' } } } });
    api('staging', 'POST', '/roles', { name: 'Desk', permissions: ['people_read', 'people_unlock'] });
    api('staging', 'POST', '/service-accounts', { name: 'Sync', permissions: ['people_read', 'people_write'] });
    api('staging', 'POST', '/domains', { name: 'acme.example' });
    server.application('staging', 'Wiki', ['--redirect-uri', 'https://wiki.example/callback', '--client-id', 'wiki']);
    server.application('staging', 'Phone', ['--public', '--redirect-uri', 'https://phone.example/callback', '--client-id', 'phone']);
    server.command(['group', 'create', '--tenant', 'other', '--name', 'Theirs']);
  });
  after(() => server?.stop());

  test('the file has everything that is settled, and neither secrets nor ids', () => {
    const text = exported('staging');
    const sections = server.command(['api', '--tenant', 'staging', '--rows']).rows.filter(({ method, path }) => method === 'PUT' && /^\/settings\/[^/]+$/.test(path)).map(({ path }) => path.slice(10));
    assert.ok(sections.length >= 5);
    for (const one of sections) assert.match(text, new RegExp(`^\\[+settings\\.${one}\\b`, 'm'));
    for (const kind of ['domain', 'role', 'group', 'service_account', 'application']) assert.match(text, new RegExp(`^\\[\\[${kind}\\]\\]$`, 'm'));
    assert.match(text, /"@group\/営業"/);
    assert.doesNotMatch(text, /[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.doesNotMatch(text, /secret"? *=/);
    assert.equal(exported('staging'), text);
    const asJson = JSON.parse(raw(['export', '--tenant', 'staging', '--json']).stdout);
    assert.equal(asJson.group.length, 2);
    assert.equal(raw(['export', '--tenant', 'staging', file('kept.toml')]).status, 0);
    assert.equal(readFileSync(file('kept.toml'), 'utf8'), text);
  });

  test('it is planned, refused without a yes, applied, and then the other tenant exports the same', () => {
    const text = exported('staging');
    const empty = exported('production');
    const plan = apply('production', text, '--plan');
    assert.equal(plan.code, 2, plan.stderr);
    assert.equal(plan.applied, false);
    const has = (what, name) => plan.changes.some((one) => one.change === 'added' && one.what === what && one.name === name);
    assert.ok(has('group', '営業') && has('role', 'Desk') && has('application', 'wiki') && has('domain', 'acme.example') && has('service_account', 'Sync'));
    assert.equal(exported('production'), empty);
    const unasked = apply('production', text);
    assert.equal(unasked.code, 1);
    assert.match(unasked.stderr, /not_confirmed/);
    assert.equal(exported('production'), empty);
    const told = raw(['apply', '--tenant', 'production', file('applied.toml'), '--plan']);
    assert.equal(told.status, 2);
    assert.match(told.stdout, /^\+ \[\[group\]\] 営業$/m);
    assert.match(told.stdout, /^ {4}default\.min_length: 15 → 18$/m);

    const done = good('production', text);
    assert.equal(done.applied, true);
    assert.deepEqual(done.secrets.map(({ client_id: id }) => id), ['wiki']);
    assert.equal(tail(exported('production')), tail(text));
    const by = records('production').filter(({ event }) => ['group.created', 'role.created', 'settings.changed', 'tenant.renamed'].includes(event));
    assert.ok(by.length >= 6 && by.every(({ actor }) => actor.trim() === 'operator'));
    const before = records('production').length;
    const again = good('production', text, '--prune');
    assert.deepEqual(again.changes, []);
    assert.equal(apply('production', text, '--plan').code, 0);
    assert.equal(records('production').length, before);
  });

  test('what a file does not name stays, but with --prune', () => {
    api('production', 'POST', '/groups', { name: 'Extra', description: 'kept' });
    api('production', 'POST', '/roles', { name: 'Extra', permissions: ['audit_read'] });
    const text = exported('staging');
    assert.deepEqual(good('production', text).changes, []);
    const part = 'format = 1\n\n[settings.mail]\nreply_to = "help@acme.example"\n\n[[group]]\nname = "Extra"\nmail = "extra@acme.example"\n';
    const changed = good('production', part).changes;
    assert.deepEqual(changed.map(({ what, name, members }) => [what, name, members.map(({ member }) => member)]), [['group', 'Extra', ['mail']], ['settings', 'mail', ['reply_to']]]);
    assert.match(exported('production'), /description = "kept"/);
    const pruned = good('production', text, '--prune').changes;
    assert.deepEqual(pruned.filter(({ change }) => change === 'removed').map(({ what, name }) => [what, name]), [['role', 'Extra'], ['group', 'Extra']]);
    assert.equal(tail(exported('production')), tail(text));
    // An application that isn't named any more is switched off, its secret kept.
    const without = text.replace(/\[\[application\]\]\nclient_id = "phone"[\s\S]*?(?=\n\[\[application\]\])/, '');
    assert.notEqual(without, text);
    const off = good('production', without, '--prune').changes;
    assert.deepEqual(off.map(({ what, name, members }) => [what, name, members.map(({ member, to }) => [member, to])]), [['application', 'phone', [['enabled', false]]]]);
    good('production', text);
  });

  test('all of it or nothing, by the same rules as the API has', () => {
    const before = exported('production');
    const count = records('production').length;
    const start = 'format = 1\n\n[[role]]\nname = "New"\npermissions = ["audit_read"]\n\n';
    refused('production', `${start}[[group]]\nname = "Bad"\nrule = "nonsense eq 1"\n`, 'rule_attribute_unknown', '7:1');
    refused('production', `${start}[settings.password.default]\nmin_length = 3\n`, 'settings_malformed', '8:1');
    refused('production', `${start}[settings.mail]\nfrom_nam = "x"\n`, 'member_unknown', '8:1');
    refused('production', `${start}[settings.nonsense]\nx = 1\n`, 'section_unknown', '7:11');
    refused('production', `${start}[[domain]]\nname = "co.jp"\n`, 'domain_public_suffix');
    refused('production', `${start}[[group]]\nname = "A"\ngroups = ["B"]\n\n[[group]]\nname = "B"\ngroups = ["A"]\n`, 'group_cycle');
    refused('production', `${start}[[settings.password.overrides]]\ngroups = ["@group/Nobody's"]\npolicy = {}\n`, 'reference_unknown');
    refused('production', `${start}[[application]]\nclient_id = "x"\nname = "X"\noidc = {client_secret = "${'s'.repeat(40)}"}\n`, 'client_metadata_invalid');
    refused('production', `${start}[[application]]\nclient_id = "x"\nname = "X"\noidc = {redirect_uris = ["http://elsewhere.example/"]}\n`, 'redirect_uri_malformed');
    assert.equal(exported('production'), before);
    assert.equal(records('production').length, count);
  });

  test('a broken file is told with line and column, before anything is opened', () => {
    refused('production', 'format = 1\n[[group]\n', 'configuration_file_malformed', '2:9');
    refused('production', 'format = 1\n[[group]]\nname = "x"\ncolour = "red"\n', 'configuration_file_malformed', '4:1');
    refused('production', 'format = 1\n[[group]]\nname = "x"\nname = "y"\n', 'configuration_file_malformed');
    refused('production', 'format = 3\n', 'configuration_file_malformed', '1:1');
    refused('production', '\n', 'configuration_file_malformed');
    assert.equal(raw(['apply', '--tenant', 'nowhere', file('applied.toml'), '--yes']).status, 1);
  });

  test('what somebody changes between the plan and the yes is not overwritten', async () => {
    const text = exported('production').replace('min_length = 18', 'min_length = 19');
    // On a terminal the yes comes after the plan: another changes the tenant before it is answered.
    const quoted = [program, 'apply', '--tenant', 'production', file('applied.toml', text), ...server.storeArgs].map((one) => `'${one}'`).join(' ');
    const child = spawn('script', ['-qec', quoted, '/dev/null'], { env: server.env, stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    const asked = new Promise((resolve, reject) => {
      child.stdout.on('data', (part) => {
        said += part;
        if (said.includes('Do this?')) resolve();
      });
      child.on('exit', () => reject(new Error(said)));
    });
    await asked;
    assert.match(said, /min_length: 18 → 19/);
    api('production', 'POST', '/groups', { name: 'In between' });
    const over = new Promise((resolve) => { child.on('exit', resolve); });
    child.stdin.write('y\n');
    assert.equal(await over, 1);
    assert.match(said, /somebody changed the tenant in between/);
    assert.match(exported('production'), /min_length = 18/);
  });

  test('the other tenant finds nothing of it', () => {
    const text = exported('other');
    assert.doesNotMatch(text, /営業|Desk|wiki|acme\.example/);
    assert.match(text, /name = "Theirs"/);
    assert.doesNotMatch(exported('staging'), /Theirs/);
  });
});
