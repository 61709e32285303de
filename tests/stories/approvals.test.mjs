// Four eyes: what a tenant finds dangerous is asked for by one person, agreed to by another, and done once.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browser, discover, sampleOne, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { Server, hanako, john } from '../kit/server.mjs';
import { MailServer, certificate, mailing } from '../kit/smtp.mjs';
import { onEachStore } from '../kit/stories.mjs';

onEachStore('approvals', (world) => {
  let first, second, third, member, firstId, secondId, johnsId;
  const api = (who, method, path, json, headers = {}) => who.send(`${world.issuer}/api/v1${path}`,
    { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
  const script = (token, base = `${world.issuer}/api/v1`) => (method, path, json, headers = {}) =>
    send(`${base}${path}`, { method, json, headers: { Accept: 'application/json', Authorization: `Bearer ${token}`, ...headers } });
  const done = (reply, status) => {
    assert.equal(reply.status, status, `${reply.status} ${reply.body}`);
    return status === 204 ? undefined : reply.json();
  };
  const refused = (reply, status, reason) => assert.deepEqual([reply.status, reply.json().reason], [status, reason], reply.body);
  const make = async (login, more = {}) => done(await api(first, 'POST', '/people', { login, display_name: login, email: login, ...more }), 201);
  const inTwoHours = () => new Date(Date.now() + 7_200_000).toISOString();
  // Asked for, and not done: → the approval.
  const waits = (reply) => {
    const approval = done(reply, 202);
    assert.equal(approval.state, 'pending');
    assert.equal(reply.headers.location, `${world.issuer}/api/v1/approvals/${approval.id}`);
    return approval;
  };
  const agree = (who, { id }) => api(who, 'POST', `/approvals/${id}/approval`);
  const stateOf = async ({ id }) => done(await api(first, 'GET', `/approvals/${id}`), 200);
  const records = async (query) => done(await api(first, 'GET', `/audit?${query}`), 200).records;
  const rolesOf = async (id) => done(await api(first, 'GET', `/people/${id}/roles`), 200).roles.map(({ role }) => role);

  before(async () => {
    ({ person: first } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    const people = done(await api(first, 'GET', '/people'), 200).people;
    firstId = people.find(({ login }) => login === hanako.login).id;
    johnsId = people.find(({ login }) => login === john.login).id;
  });

  test('it is switched on only where a second person could agree', async () => {
    const acts = ['removal', 'deletions', 'domains', 'service_accounts', 'audit_settings', 'password_policy', 'exports'];
    assert.deepEqual(done(await api(first, 'GET', '/settings/approvals'), 200), { acts: [], open_hours: 72, deletions_above: 10 });
    refused(await api(first, 'PUT', '/settings/approvals', { acts }), 409, 'approvers_too_few');
    world.server.person('demo', 'second@demo.example', { administrator: true });
    world.server.person('demo', 'third@demo.example', { administrator: true });
    ({ person: second } = await signIn(world.one, { login: 'second@demo.example', password: hanako.password }));
    ({ person: third } = await signIn(world.one, { login: 'third@demo.example', password: hanako.password }));
    secondId = done(await api(first, 'GET', '/people?limit=500'), 200).people.find(({ login }) => login === 'second@demo.example').id;
    refused(await api(first, 'PUT', '/settings/approvals', { acts: ['flying'] }), 400, 'act_unknown');
    const kept = await api(first, 'PUT', '/settings/approvals', { acts, deletions_above: 1 }, { 'If-Match': '"0"' });
    assert.deepEqual(done(kept, 200).acts, ['administrators', ...acts, 'approvals']);
    assert.equal(kept.headers.etag, '"1"');
  });

  test('who decides sees what would change, and it is done in the name of both', async () => {
    const asked = waits(await api(first, 'PUT', `/people/${johnsId}/roles`, { role: 'auditor' }, { 'Accept-Language': 'ja' }));
    assert.deepEqual(await rolesOf(johnsId), []);
    const seen = done(await api(second, 'GET', `/approvals/${asked.id}`), 200);
    assert.deepEqual(seen.effects, [{ event: 'role.assigned', changes: [{ what: 'role', from: '', to: 'auditor' }, { what: 'scope', from: '', to: 'everywhere' },
      { what: 'permissions', from: '', to: 'people_read groups_read applications_read policies_read settings_read roles_read audit_read audit_export jobs_read' }] }]);
    assert.deepEqual([seen.act, seen.what, seen.says, asked.says], ['administrators', 'person_role_assign', 'Give somebody a role', '役割の割り当て']);
    assert.deepEqual([seen.target.id, seen.asked_by.id], [johnsId, firstId]);
    assert.match(seen.target.name, /john@demo\.example/);
    assert.match(seen.asked_by.name, /hanako@demo\.example/);
    assert.equal(seen.client_address, '127.0.0.1');
    refused(await agree(first, asked), 403, 'approval_own');
    refused(await agree(member, asked), 403, 'permission_missing');
    refused(await api(member, 'GET', `/approvals/${asked.id}`), 404, 'approval_unknown');
    const granted = done(await agree(second, asked), 200);
    assert.deepEqual([granted.state, granted.decided_by.id], ['granted', secondId]);
    assert.deepEqual(await rolesOf(johnsId), ['auditor']);
    const [act] = await records(`event=role.assigned&target=${johnsId}`);
    assert.deepEqual([act.actor, act.detail.approved_by, act.detail.approval], [firstId, secondId, asked.id]);
    const told = await records(`target=${asked.id}`);
    assert.deepEqual(told.map(({ event, actor }) => [event, actor]), [['approval.granted', secondId], ['approval.asked', firstId]]);
    refused(await agree(third, asked), 409, 'approval_decided');
    done(await api(first, 'POST', `/people/${johnsId}/roles/withdrawal`, { role: 'auditor' }), 204); // taking power away wants nobody
  });

  test('what is no such act is done at once, and what would be refused is refused at once', async () => {
    const { key } = waitsNot(await api(first, 'POST', '/roles', { name: '人事', permissions: ['people_read', 'people_write'] }), 201);
    waitsNot(await api(first, 'PATCH', `/roles/${key}`, { permissions: ['people_read'] }), 200);
    waitsNot(await api(first, 'PATCH', `/roles/${key}`, { name: '人事部' }), 200);
    refused(await api(first, 'PUT', `/people/${johnsId}/roles`, { role: 'nobody' }), 404, 'role_unknown');
    refused(await api(member, 'PUT', `/people/${johnsId}/roles`, { role: 'auditor' }), 403, 'not_administrator');
    refused(await api(first, 'PATCH', `/roles/${key}`, { permissions: ['people_read', 'people_write'] }, { 'If-Match': '"1"' }), 412, 'version_changed');
    const widened = waits(await api(first, 'PATCH', `/roles/${key}`, { permissions: ['people_read', 'people_write'] }));
    assert.deepEqual(widened.effects[0].changes.find(({ what }) => what === 'permissions'), { what: 'permissions', from: 'people_read', to: 'people_read people_write' });
    // The world moves on: what was shown isn't what would be done.
    waitsNot(await api(second, 'PATCH', `/roles/${key}`, { name: '総務' }), 200);
    refused(await agree(second, widened), 409, 'approval_outdated');
    const failed = await stateOf(widened);
    assert.deepEqual([failed.state, failed.reason], ['failed', 'approval_outdated']);
    assert.deepEqual(done(await api(first, 'GET', `/roles/${key}`), 200).permissions, ['people_read']);
    refused(await agree(third, widened), 409, 'approval_decided');
    // And with the version that was meant.
    const { headers } = await api(first, 'GET', `/roles/${key}`);
    const versioned = waits(await api(first, 'PATCH', `/roles/${key}`, { permissions: ['people_read', 'people_write'] }, { 'If-Match': headers.etag }));
    waitsNot(await api(second, 'PATCH', `/roles/${key}`, { name: '人事' }), 200);
    refused(await agree(second, versioned), 412, 'version_changed');
    assert.deepEqual([(await stateOf(versioned)).state, (await stateOf(versioned)).reason], ['failed', 'version_changed']);
  });
  const waitsNot = (reply, status) => done(reply, status);

  test('becoming an administrator takes two, by whichever way it is tried', async () => {
    const { id } = await make('puppet@demo.example');
    const asked = waits(await api(first, 'PATCH', `/people/${id}`, { administrator: true, title: '課長' }));
    assert.deepEqual(asked.effects[0].changes.find(({ what }) => what === 'administrator'), { what: 'administrator', from: 'false', to: 'true' });
    assert.equal(done(await api(first, 'GET', `/people/${id}`), 200).administrator, false);
    const made = waits(await api(first, 'POST', '/people', { login: 'new-admin@demo.example', display_name: 'N', administrator: true }));
    done(await agree(second, made), 200);
    const answer = done(await api(first, 'POST', `/approvals/${made.id}/answer`), 200);
    assert.deepEqual([answer.status, answer.body.login, answer.body.administrator], [201, 'new-admin@demo.example', true]);
    refused(await api(first, 'POST', `/approvals/${made.id}/answer`), 404, 'answer_gone');
    done(await api(first, 'POST', `/approvals/${asked.id}/withdrawal`), 200);
    refused(await agree(second, asked), 409, 'approval_decided');
    assert.equal(done(await api(first, 'GET', `/people/${id}`), 200).administrator, false);
    // An administrator who was switched off is one who could be switched on.
    done(await api(first, 'PATCH', `/people/${answer.body.id}`, { state: 'disabled' }), 200);
    waits(await api(first, 'PATCH', `/people/${answer.body.id}`, { state: 'enabled' }));
  });

  test('nobody gets in as the second person: not by a password, an address, SCIM or a file', async () => {
    refused(await api(first, 'POST', `/people/${secondId}/password`, { password: 'a long enough one to be taken 鍵' }), 409, 'approval_needs_mail');
    refused(await api(first, 'POST', `/people/${secondId}/password`, {}), 409, 'approval_needs_mail');
    const mailed = waits(await api(first, 'POST', `/people/${secondId}/password`, { mail: true }));
    done(await api(third, 'POST', `/approvals/${mailed.id}/refusal`, { reason: '聞いていません' }), 200);
    assert.deepEqual([(await stateOf(mailed)).state, (await stateOf(mailed)).reason], ['refused', '聞いていません']);
    waits(await api(first, 'PATCH', `/people/${secondId}`, { email: 'mine@elsewhere.example' }));
    done(await api(second, 'PATCH', `/people/${secondId}`, { private_email: 'own@elsewhere.example' }), 200); // one's own
    const scim = (body) => first.send(`${world.issuer}/scim/v2/Users/${secondId}`, { method: 'PATCH', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/scim+json', Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
    const patch = (path, value) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path, value }] });
    for (const [path, value] of [['password', 'a long enough one to be taken 鍵'], ['userName', 'mine@demo.example'], ['emails', [{ value: 'mine@elsewhere.example', type: 'work', primary: true }]]]) {
      const reply = await scim(patch(path, value));
      assert.equal(reply.status, 409, reply.body);
      assert.match(reply.body, /approval_required/);
    }
    done(await api(first, 'PATCH', `/people/${johnsId}`, { email: 'john@elsewhere.example' }), 200); // nobody's who may approve
    waits(await api(first, 'PUT', '/settings/mail', { issued_copies: ['mine@elsewhere.example'] }));
    done(await api(first, 'PUT', '/settings/mail', { from_name: 'Demo' }), 200);
  });

  test('who agrees must be one who may do it, and a service account never agrees', async () => {
    const { id } = await make('watcher@demo.example');
    const { key } = done(await api(first, 'POST', '/roles', { name: '見張り', permissions: ['approvals_write', 'people_read'] }), 201);
    done(await agree(second, waits(await api(first, 'PUT', `/people/${johnsId}/roles`, { role: key }))), 200);
    done(await api(first, 'DELETE', `/people/${id}`), 204);
    const asked = waits(await api(first, 'POST', `/people/${id}/removal`));
    assert.equal(done(await api(member, 'GET', '/approvals?state=pending'), 200).approvals.some((one) => one.id === asked.id), true);
    refused(await agree(member, asked), 403, 'approval_not_yours');
    assert.equal((await stateOf(asked)).state, 'pending');

    const account = done(await agree(second, waits(await api(first, 'POST', '/service-accounts', { name: '連携', permissions: ['people_read', 'people_write', 'approvals_write', 'jobs_write', 'jobs_read'] }))), 200);
    const { body } = done(await api(first, 'POST', `/approvals/${account.id}/answer`), 200);
    const issued = waits(await api(first, 'POST', `/service-accounts/${body.id}/tokens`, { label: 'first', expires_at: inTwoHours() }));
    done(await agree(second, issued), 200);
    refused(await api(second, 'POST', `/approvals/${issued.id}/answer`), 403, 'approval_not_own'); // the token is not for who agreed
    const token = done(await api(first, 'POST', `/approvals/${issued.id}/answer`), 200).body.token;
    assert.match(token, /^kdb_/);
    const connector = script(token);
    refused(await connector('POST', `/approvals/${asked.id}/approval`), 403, 'approval_not_personal');
    // It may ask, though, and is told by its own token.
    const own = waits(await connector('POST', '/exports?kind=people'));
    assert.equal(own.asked_by.kind, 'service_account');
    refused(await agree(first, own), 403, 'approval_own'); // who made its token would be both
    done(await agree(second, own), 200);
    const { body: job } = done(await connector('POST', `/approvals/${own.id}/answer`), 200);
    done(await connector('GET', `/exports/${job.id}`), 200);
    waitsNot(await api(first, 'PATCH', `/service-accounts/${body.id}`, { name: '名簿', permissions: ['people_read', 'jobs_write', 'jobs_read'] }), 200);
    const wider = waits(await api(first, 'PATCH', `/service-accounts/${body.id}`, { permissions: ['people_read', 'people_write', 'jobs_write', 'jobs_read'] }));
    done(await api(first, 'POST', `/approvals/${wider.id}/withdrawal`), 200);
    // Nothing is done any more for a token that was revoked.
    const late = waits(await connector('POST', '/exports?kind=people'));
    const [{ id: tokenId }] = done(await api(first, 'GET', `/service-accounts/${body.id}/tokens`), 200).tokens;
    done(await api(first, 'DELETE', `/service-accounts/${body.id}/tokens/${tokenId}`), 204);
    refused(await agree(second, late), 403, 'asker_gone');
    assert.equal((await stateOf(late)).state, 'failed');

    done(await agree(second, asked), 200);
    refused(await api(first, 'GET', `/people/${id}`), 404, 'person_unknown');
    done(await api(first, 'POST', `/people/${johnsId}/roles/withdrawal`, { role: key }), 204);
  });

  test('of two who agree at the same moment one does it, and it is done once', async () => {
    for (let round = 0; round < 5; ++round) {
      const asked = waits(await api(first, 'PUT', `/people/${johnsId}/roles`, { role: 'help_desk' }));
      const replies = await Promise.all([agree(second, asked), agree(third, asked), agree(second, asked), agree(third, asked)]);
      assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 409, 409, 409], replies.map(({ body }) => body).join('\n'));
      for (const reply of replies) if (reply.status === 409) refused(reply, 409, 'approval_decided');
      assert.equal((await records(`event=approval.granted&target=${asked.id}`)).length, 1);
      done(await api(first, 'POST', `/people/${johnsId}/roles/withdrawal`, { role: 'help_desk' }), 204);
    }
    const assigned = (await records(`event=role.assigned&target=${johnsId}&limit=500`)).filter(({ detail }) => detail.role === 'help_desk');
    assert.equal(assigned.length, 5);
  });

  test('a file that deletes many waits, one that deletes few does not', async () => {
    const people = [];
    for (let i = 0; i < 3; ++i) people.push(await make(`leaver-${i}@demo.example`));
    const upload = async (logins) => {
      const reply = await first.send(`${world.issuer}/api/v1/imports?kind=people`, { method: 'POST', body: `login,delete\n${logins.map((login) => `${login},yes`).join('\n')}\n`,
        headers: { 'Content-Type': 'text/csv', Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
      const { id } = done(reply, 202);
      for (const end = Date.now() + 20_000; ;) {
        const one = done(await api(first, 'GET', `/imports/${id}`), 200);
        if (one.state !== 'checking' || Date.now() > end) return one;
      }
    };
    const few = await upload([people[0].login]);
    assert.equal(few.check.counts.delete, 1);
    done(await api(first, 'POST', `/imports/${few.id}/run`, { confirm_deletions: 1 }), 202);
    const many = await upload([people[1].login, people[2].login]);
    const asked = waits(await api(first, 'POST', `/imports/${many.id}/run`, { confirm_deletions: 2 }));
    assert.equal(done(await api(first, 'GET', `/imports/${many.id}`), 200).run, undefined);
    done(await agree(second, asked), 200);
    assert.ok(done(await api(first, 'GET', `/imports/${many.id}`), 200).run);
  });

  test('settings that matter wait, and switching this off does, too', async () => {
    const audit = waits(await api(first, 'PUT', '/settings/audit', { retention_days: 30 }));
    assert.match(JSON.stringify(audit.effects), /retention_days.*30/);
    const rules = waits(await api(first, 'PUT', '/settings/password', { default: { min_length: 8 } }));
    const malformed = await api(first, 'PUT', '/settings/password', { default: { min_length: 1 } });
    refused(malformed, 400, 'settings_malformed');
    assert.equal(malformed.json().errors.length, 1);
    done(await agree(second, rules), 200);
    assert.equal(done(await api(first, 'GET', '/settings/password'), 200).default.min_length, 8);
    done(await api(first, 'POST', '/domains', { name: 'spare.example' }), 201);
    const domain = waits(await api(first, 'DELETE', '/domains/spare.example'));
    assert.equal(domain.target.name, 'spare.example');
    done(await agree(second, domain), 200);
    refused(await api(first, 'GET', '/domains/spare.example'), 404, 'domain_unknown');
    const hook = waits(await api(first, 'POST', '/webhooks', { name: 'SIEM', url: 'https://siem.example.com/' }));
    assert.match(JSON.stringify(hook.effects), /siem\.example\.com/);
    done(await api(first, 'POST', `/approvals/${hook.id}/withdrawal`), 200);
    const off = waits(await api(first, 'PUT', '/settings/approvals', { acts: [] }));
    refused(await agree(first, off), 403, 'approval_own');
    assert.notDeepEqual(done(await api(first, 'GET', '/settings/approvals'), 200).acts, []);
    done(await api(second, 'POST', `/approvals/${off.id}/refusal`, { reason: 'no' }), 200);
    refused(await api(second, 'POST', `/approvals/${audit.id}/refusal`, { reason: '' }), 400, 'reason_malformed');
  });

  test('the second person is not lost, and the operator has a way out', async () => {
    const all = done(await api(first, 'GET', '/people?limit=500'), 200).people.filter(({ administrator, state }) => administrator && state === 'enabled');
    for (const { id } of all.filter((one) => ![firstId, secondId].includes(one.id))) done(await api(first, 'PATCH', `/people/${id}`, { state: 'disabled' }), 200);
    refused(await api(first, 'PATCH', `/people/${secondId}`, { state: 'disabled' }), 409, 'last_approver');
    refused(await api(first, 'DELETE', `/people/${secondId}`), 409, 'last_approver');
    refused(await api(first, 'PATCH', `/people/${secondId}`, { administrator: false }), 409, 'last_approver');
    const listed = world.server.command(['approvals', 'list', '--tenant', 'demo']).approvals;
    const waiting = listed.find(({ state }) => state === 'pending');
    assert.ok(waiting && listed.length > 10);
    world.server.command(['approvals', 'refuse', '--tenant', 'demo', '--reason', 'by the operator', waiting.id]);
    assert.equal((await stateOf(waiting)).state, 'refused');
    world.server.command(['approvals', 'off', '--tenant', 'demo']);
    assert.deepEqual(done(await api(first, 'GET', '/settings/approvals'), 200).acts, []);
    const [record] = (await records('event=settings.changed')).filter(({ detail }) => detail.section === 'approvals');
    assert.equal(record.actor_kind, 'operator');
    done(await api(first, 'PUT', '/settings/audit', { retention_days: 400 }), 200);
  });

  test('another tenant finds nothing', async () => {
    done(await api(first, 'PUT', '/settings/approvals', { acts: ['exports'] }), 200);
    const asked = waits(await api(first, 'POST', '/exports?kind=people'));
    world.server.tenant('branch');
    world.server.person('branch', 'boss@branch.example', { administrator: true });
    const boss = await bossOf('branch');
    const theirs = (method, path, json) => boss.send(`${world.server.issuer('branch')}/api/v1${path}`, { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
    assert.deepEqual(done(await theirs('GET', '/approvals'), 200).approvals, []);
    for (const [method, path, json] of [['GET', ''], ['POST', '/approval'], ['POST', '/refusal', { reason: 'x' }], ['POST', '/withdrawal'], ['POST', '/answer']]) {
      refused(await theirs(method, `/approvals/${asked.id}${path}`, json), 404, 'approval_unknown');
    }
    assert.deepEqual(done(await theirs('GET', '/settings/approvals'), 200).acts, []);
    assert.equal((await stateOf(asked)).state, 'pending');
  });

  const bossOf = async (tenant) => {
    const person = browser();
    await person.signIn(`${world.server.issuer(tenant)}/`, { login: `boss@${tenant}.example`, password: hanako.password });
    return person;
  };
});

describe('mails of approvals', () => {
  let smtp, server;
  before(async () => {
    const files = certificate();
    smtp = await MailServer.start({ pem: files.pem });
    server = await Server.start({ args: mailing(smtp.port, files) });
  });
  after(async () => { await server?.stop(); await smtp?.stop(); });

  test('go to who may approve, and to who asked when it is decided, and say nothing of what is kept', async () => {
    const login = 'second@demo.example';
    server.command(['person', 'create', '--tenant', 'demo', '--login', login, '--name', '二郎', '--email', login, '--locale', 'ja', '--administrator', '--password-stdin'],
      { input: `${hanako.password}\n` });
    const one = await discover(server.issuer(), sampleOne);
    const { person: first } = await signIn(one, hanako);
    const { person: second } = await signIn(one, { login, password: hanako.password });
    const api = (who, method, path, json) => who.send(`${server.issuer()}/api/v1${path}`, { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal((await api(first, 'PUT', '/settings/approvals', { acts: ['service_accounts'] })).status, 200);
    const asked = (await api(first, 'POST', '/service-accounts', { name: '秘密の連携', permissions: ['people_read'] })).json();
    const waiting = await smtp.next(({ envelope }) => envelope.to[0] === login);
    assert.match(waiting.subject, /^【.+】承認待ちの操作があります：サービスアカウントの作成$/);
    assert.match(waiting.text, /hanako@demo\.example/);
    assert.ok(waiting.text.includes(`${server.issuer()}/api/v1/approvals/${asked.id}`), waiting.text);
    assert.ok(!waiting.text.includes('秘密の連携'));
    assert.equal((await api(second, 'POST', `/approvals/${asked.id}/approval`)).status, 200);
    const decided = await smtp.next(({ envelope }) => envelope.to[0] === hanako.login);
    assert.match(decided.subject, /サービスアカウントの作成：承認され、実行されました$/);
    assert.ok(!decided.text.includes('秘密の連携'));
  });
});
