// The audit, streamed: to a real receiver over TLS, whatever it does; through kill -9; and to nobody's neighbours.
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { browser, discover, sampleOne, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { Receiver, verified } from '../kit/receiver.mjs';
import { Server, hanako, john } from '../kit/server.mjs';
import { MailServer, certificate, mailing } from '../kit/smtp.mjs';
import { onEachStore } from '../kit/stories.mjs';

const files = certificate();
const local = { KIDOBAN_WEBHOOKS_NETWORKS: '127.0.0.0/8, ::1/128', KIDOBAN_WEBHOOKS_CA_FILE: files.cert, KIDOBAN_WEBHOOKS_FIRST_RETRY_S: '1' };
const eventually = async (what, check, within = 30_000) => {
  for (const end = Date.now() + within; ; await sleep(50)) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) assert.fail(`not within ${within} ms: ${what}`);
  }
};
const refused = (reply, status, reason) => assert.deepEqual([reply.status, reply.json().reason], [status, reason], reply.body);
const apiOf = (server) => (who, method, path, { json, headers = {}, tenant = 'demo' } = {}) => who.send(`${server().issuer(tenant)}/api/v1${path}`,
  { method, json, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...headers } });
// Messages in the order in which they were first taken follow one another without a gap.
const assertWhole = (messages, from) => {
  let until = from;
  const bodies = new Map();
  for (const { id, body, json } of messages) {
    if (bodies.has(id)) {
      assert.equal(body, bodies.get(id), 'a message that comes again is the same');
      continue;
    }
    bodies.set(id, body);
    assert.equal(json.data.from, until);
    until = json.data.until;
    let last = json.data.from - 1;
    for (const { position } of json.data.records) {
      assert.ok(position > last && position < until, `${position} in ${json.data.from}–${until}`);
      last = position;
    }
  }
  return until;
};

const receiver = await Receiver.start({ pem: files.pem });
const smtp = await MailServer.start({ pem: files.pem });

describe('webhooks', () => {
  after(async () => { await receiver.stop(); await smtp.stop(); });

  onEachStore('the audit, streamed', (world) => {
    let administrator, member, stranger, place;
    const api = apiOf(() => world.server);
    const made = async (json, who = administrator, tenant = 'demo') => {
      const reply = await api(who, 'POST', '/webhooks', { json: { name: 'SIEM', ...json }, tenant });
      assert.equal(reply.status, 201, reply.body);
      return reply.json();
    };
    const get = async (path, who = administrator, tenant = 'demo') => {
      const reply = await api(who, 'GET', path, { tenant });
      assert.equal(reply.status, 200, `${path}: ${reply.body}`);
      return reply.json();
    };
    const patch = async (hook, json) => {
      const reply = await api(administrator, 'PATCH', `/webhooks/${hook.id}`, { json });
      assert.equal(reply.status, 200, reply.body);
      return reply.json();
    };
    const group = async (name, who = administrator, tenant = 'demo') => {
      const reply = await api(who, 'POST', '/groups', { json: { name }, tenant });
      assert.equal(reply.status, 201, reply.body);
      return reply.json().id;
    };
    const gone = async (hook) => assert.equal((await api(administrator, 'DELETE', `/webhooks/${hook.id}`)).status, 204);
    const came = (path, ...targets) => eventually(`the records of ${targets.length} groups at ${path}`, () => {
      const got = receiver.records(path).filter(({ target }) => targets.includes(target));
      return got.length === targets.length && got;
    }, 60_000);
    const sql = (statement) => world.server.sql(statement.replaceAll('{}', world.server.store === 'postgres' ? 'kidoban.' : ''));
    const blob = (id) => (world.server.store === 'postgres' ? `decode('${id.replaceAll('-', '')}', 'hex')` : `x'${id.replaceAll('-', '')}'`);

    before(async () => {
      ({ person: administrator } = await signIn(world.one, hanako));
      ({ person: member } = await signIn(world.one, john));
      world.server.tenant('other');
      world.server.person('other', 'boss@other.example', { administrator: true });
      stranger = browser();
      await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
      place = `/${world.server.store}`;
    });
    after(() => { receiver.answer = () => {}; });

    test('what happens arrives within seconds, signed, in order, and as the export tells it', async () => {
      const hook = await made({ url: `${receiver.url}${place}/all` });
      assert.match(hook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      const groups = [];
      for (let i = 0; i < 5; ++i) groups.push(await group(`Streamed ${i}`));
      const begun = Date.now();
      const got = await came(`${place}/all`, ...groups);
      console.log(`the last of five records arrived ${receiver.taken(`${place}/all`).at(-1).at - begun} ms after its answer (${world.server.store})`);
      assert.deepEqual(got.map(({ target }) => target), groups);
      const messages = receiver.taken(`${place}/all`);
      for (const message of messages) {
        assert.deepEqual([message.method, message.headers['content-type'], message.json.type, message.json.data.webhook], ['POST', 'application/json', 'audit.records', hook.id]);
        assert.match(message.id, /^msg_[0-9a-f-]{36}$/);
        verified(message, hook.secret);
        assert.throws(() => verified({ ...message, body: `${message.body} ` }, hook.secret), /No matching signature/);
        assert.throws(() => verified(message, `whsec_${Buffer.alloc(32).toString('base64')}`), /No matching signature/);
      }
      assertWhole(messages, hook.position);
      const exported = await api(administrator, 'GET', '/audit/export?format=jsonl&event=group.created');
      const lines = new Map(exported.body.split('\n').filter(Boolean).map((line) => [JSON.parse(line).id, line]));
      for (const { position, ...record } of got) {
        assert.equal(JSON.stringify(record), lines.get(record.id));
        assert.equal((await get(`/audit/records/${record.id}/proof`)).leaf_index, position);
      }
      // Written down a moment after the receiver has it.
      const deliveries = await eventually('all are told', async () => {
        const told = (await get(`/webhooks/${hook.id}/deliveries`)).deliveries;
        return messages.every(({ id }) => told.some(({ message }) => message === id)) && told;
      });
      assert.ok(deliveries.every(({ delivered, status, failure, took_ms: took }) => delivered && status === 204 && failure === null && took >= 0));
      assert.ok(messages.every(({ id, json }) => deliveries.some((one) => one.message === id && one.from === json.data.from && one.until === json.data.until && one.records === json.data.records.length)));
      const now = await get(`/webhooks/${hook.id}`);
      assert.ok(now.position >= messages.at(-1).json.data.until);
      assert.ok(now.delivered_at);
      assert.equal(now.secret, undefined);
      await gone(hook);
    });

    test('a webhook has the events it asks for, from the place it asks for', async () => {
      const hook = await made({ url: `${receiver.url}${place}/some`, events: ['group.', 'webhook.tested'], position: 0 });
      const one = await group('Filtered');
      await came(`${place}/some`, one);
      assert.ok(receiver.records(`${place}/some`).length > 5, 'those from before it was made, too');
      assert.ok(receiver.records(`${place}/some`).every(({ event }) => event.startsWith('group.')));
      assertWhole(receiver.taken(`${place}/some`), 0);
      // Sent again, under other names, by whoever lost them.
      const before = receiver.taken(`${place}/some`).length;
      await patch(hook, { position: 0 });
      await eventually('all of them again', () => receiver.taken(`${place}/some`).slice(before).some(({ body }) => body.includes(one)));
      const ids = receiver.taken(`${place}/some`).map(({ id }) => id);
      assert.equal(new Set(ids.slice(before)).size, ids.length - before);
      assert.ok(ids.slice(before).every((id) => !ids.slice(0, before).includes(id)));
      refused(await api(administrator, 'PATCH', `/webhooks/${hook.id}`, { json: { position: 10_000_000 } }), 400, 'position_malformed');
      await gone(hook);
    });

    test('is for who may both settle things and export the audit; a second tenant finds nothing and gets nothing', async () => {
      const hook = await made({ url: `${receiver.url}${place}/ours` });
      const theirs = await made({ url: `${receiver.url}${place}/theirs` }, stranger, 'other');
      const rows = [['GET', ''], ['POST', '', { name: 'x', url: receiver.url }], ['GET', `/${hook.id}`], ['PATCH', `/${hook.id}`, { enabled: false }], ['DELETE', `/${hook.id}`],
        ['GET', `/${hook.id}/deliveries`], ['POST', `/${hook.id}/secret`, {}], ['POST', `/${hook.id}/test`]];
      for (const [method, path, json] of rows) {
        refused(await api(browser(), method, `/webhooks${path}`, { json }), 401, 'session_missing');
        refused(await api(member, method, `/webhooks${path}`, { json }), 403, 'not_administrator');
        if (path) refused(await api(stranger, method, `/webhooks${path}`, { json, tenant: 'other' }), 404, 'webhook_unknown');
      }
      assert.deepEqual((await get('/webhooks', stranger, 'other')).webhooks.map(({ id }) => id), [theirs.id]);
      const account = (await api(administrator, 'POST', '/service-accounts', { json: { name: 'Settler', permissions: ['settings_read', 'settings_write'] } })).json();
      const { token } = (await api(administrator, 'POST', `/service-accounts/${account.id}/tokens`, { json: { label: 'x', expires_at: new Date(Date.now() + 3600e3).toISOString() } })).json();
      const withToken = (method, path, json) => send(`${world.issuer}/api/v1/webhooks${path}`, { method, json, headers: { Authorization: `Bearer ${token}`, Accept: 'application/json' } });
      for (const [method, path, json] of rows) {
        const reply = await withToken(method, path, json);
        if (method === 'GET') assert.equal(reply.status, 200, reply.body);
        else refused(reply, 403, 'permission_missing');
      }
      const [mine, other] = [await group('Ours'), await group('Theirs', stranger, 'other')];
      await came(`${place}/ours`, mine);
      await came(`${place}/theirs`, other);
      assert.ok(!receiver.taken(`${place}/theirs`).some(({ body }) => body.includes(mine)));
      assert.ok(!receiver.taken(`${place}/ours`).some(({ body }) => body.includes(other)));
      for (const json of [{ url: 'x' }, { name: 'x' }, { name: 'x', url: receiver.url, event: [] }, { name: 'x', url: receiver.url, events: 'person.' }, { name: 'x', url: receiver.url, events: ['Person'] }]) {
        assert.equal((await api(administrator, 'POST', '/webhooks', { json })).status, 400);
      }
      await gone(hook);
      assert.equal((await api(stranger, 'DELETE', `/webhooks/${theirs.id}`, { tenant: 'other' })).status, 204);
    });

    test('an ETag keeps two administrators apart, and what was done is in the audit, without secrets', async () => {
      const hook = await made({ url: `${receiver.url}${place}/tagged`, enabled: false });
      const tag = (await api(administrator, 'GET', `/webhooks/${hook.id}`)).headers.etag;
      assert.equal((await api(administrator, 'PATCH', `/webhooks/${hook.id}`, { json: { name: 'First' }, headers: { 'If-Match': tag } })).status, 200);
      refused(await api(administrator, 'PATCH', `/webhooks/${hook.id}`, { json: { name: 'Second' }, headers: { 'If-Match': tag } }), 412, 'version_changed');
      await gone(hook);
      const { records } = await get(`/audit?target=${hook.id}`);
      assert.deepEqual(records.map(({ event }) => event), ['webhook.deleted', 'webhook.changed', 'webhook.created']);
      assert.deepEqual([records[1].detail.name_before, records[1].detail.name], ['SIEM', 'First']);
      assert.ok(!JSON.stringify(records).includes('whsec_') && !world.server.stderr.includes('whsec_'));
      assert.ok(records[2].detail.url.startsWith(`${new URL(receiver.url).origin}/… (`), records[2].detail.url);
      assert.ok(!JSON.stringify(records).includes('/tagged'), 'a path may be all that lets one in');
    });

    test('a receiver that fails gets the same message again until it takes it, and nothing comes before its turn', async () => {
      const path = `${place}/failing`;
      let attempts = 0;
      receiver.answer = (message, response) => {
        if (message.path !== path) return;
        attempts += 1;
        if (attempts === 1) response.writeHead(429, { 'Retry-After': '4' }).end();
        else if (attempts === 2) response.writeHead(302, { Location: `${receiver.url}${place}/redirected` }).end();
        else if (attempts === 3) response.destroy(); // dies in the middle
      };
      const hook = await made({ url: `${receiver.url}${path}` });
      const groups = [await group('Retried 1')];
      await eventually('an attempt', () => attempts > 0);
      groups.push(await group('Retried 2'));
      await came(path, ...groups);
      const all = receiver.got.filter((one) => one.path === path);
      assert.ok(all.slice(0, 4).length === 4 && all.slice(0, 4).every(({ id, body }) => id === all[0].id && body === all[0].body), 'the same message');
      assert.notEqual(all[1].headers['webhook-timestamp'], all[3].headers['webhook-timestamp']);
      for (const one of all) verified(one, hook.secret);
      assert.equal(receiver.got.filter((one) => one.path === `${place}/redirected`).length, 0);
      assertWhole(receiver.taken(path), hook.position);
      const deliveries = await eventually('it is told', async () => {
        const told = (await get(`/webhooks/${hook.id}/deliveries`)).deliveries;
        return told.some(({ delivered }) => delivered) && told;
      });
      const [busy, next, dead, taken] = deliveries.reverse();
      assert.deepEqual([busy, next, taken].map(({ status, failure }) => [status, failure]), [[429, 'receiver_busy'], [302, 'redirected'], [204, null]]);
      assert.match(dead.failure, /^(answer_malformed|server_unreachable)$/); // by how far TLS had come
      assert.ok(new Date(next.at) - new Date(busy.at) >= 4000, 'Retry-After is kept to');
      assert.deepEqual([(await get(`/webhooks/${hook.id}`)).failures, (await get(`/webhooks/${hook.id}`)).failing_since], [0, null]);
      receiver.answer = () => {};
      await gone(hook);
    });

    test('one that never answers and one that is dead hold up nobody else', async () => {
      const path = `${place}/never`;
      receiver.answer = (message) => { if (message.path === path) message.ignored = true; };
      const hook = await made({ url: `${receiver.url}${place}/lively` });
      const theirs = await made({ url: `${receiver.url}${place}/neighbour` }, stranger, 'other');
      // Until it has answered once, one counts as slow.
      await came(`${place}/neighbour`, await group('Neighbour', stranger, 'other'));
      await came(`${place}/lively`, await group('Lively'));
      const silent = [];
      for (let i = 0; i < 9; ++i) silent.push(await made({ url: i < 5 ? `${receiver.url}${path}` : 'https://localhost:1/', name: `Silent ${i}` }));
      const begun = Date.now();
      for (let i = 0; i < 5; ++i) {
        const [mine, other] = [await group(`Lively ${i}`), await group(`Neighbour ${i}`, stranger, 'other')];
        await came(`${place}/neighbour`, other);
        await came(`${place}/lively`, mine);
      }
      console.log(`five records, one after another, beside nine dead receivers: ${Date.now() - begun} ms (${world.server.store})`);
      const why = (one) => async () => (await get(`/webhooks/${one.id}/deliveries`)).deliveries.at(-1)?.failure;
      assert.equal(await eventually('a silent one is given up', why(silent[0]), 60_000), 'server_too_slow');
      assert.equal(await eventually('a dead one is given up', why(silent[8]), 60_000), 'server_unreachable');
      refused(await api(administrator, 'POST', '/webhooks', { json: { name: 'One more', url: receiver.url } }), 409, 'webhook_too_many');
      for (const one of [...silent, hook]) await gone(one);
      assert.equal((await api(stranger, 'DELETE', `/webhooks/${theirs.id}`, { tenant: 'other' })).status, 204);
      receiver.answer = () => {};
    });

    test('410 switches it off at once, which is recorded and mailed; switched on again it goes on where it stopped', async () => {
      const path = `${place}/gone`;
      assert.equal((await api(administrator, 'PUT', '/settings/mail', { json: { system_destinations: [`watch-${world.server.store}@demo.example`] } })).status, 200);
      receiver.answer = (message, response) => { if (message.path === path) response.writeHead(410).end(); };
      const hook = await made({ url: `${receiver.url}${path}`, name: '監視基盤' });
      const lost = await group('While it was gone');
      const off = await eventually('it is off', async () => { const now = await get(`/webhooks/${hook.id}`); return !now.enabled && now; });
      assert.equal(off.off_reason, 'webhook_gone');
      assert.equal(receiver.got.filter((one) => one.path === path).length, 1);
      const { records: [told] } = await get(`/audit?event=webhook.switched_off&target=${hook.id}`);
      assert.deepEqual([told.outcome, told.reason, told.actor_kind, told.detail.status, told.detail.failure], ['failed', 'webhook_gone', 'system', '410', 'receiver_gone']);
      const mail = await smtp.next(({ envelope }) => envelope.to[0] === `watch-${world.server.store}@demo.example`);
      assert.equal(mail.subject, 'Webhook「監視基盤」を停止しました');
      assert.match(mail.text, /localhost:\d+ への Webhook/);
      assert.match(mail.text, /receiver_gone \(HTTP 410\)/);
      assert.ok(!mail.text.includes(path));
      receiver.answer = () => {};
      assert.equal((await patch(hook, { enabled: true })).off_reason, null);
      await came(path, lost);
      assertWhole(receiver.taken(path), hook.position);
      await gone(hook);
    });

    test('after three days of failures it is given up, and told in English where that is set', async () => {
      const path = `${place}/long_dead`;
      const destination = `english-${world.server.store}@demo.example`;
      assert.equal((await api(administrator, 'PUT', '/settings/mail', { json: { system_destinations: [destination], default_language: 'en' } })).status, 200);
      receiver.answer = (message, response) => { if (message.path === path) response.writeHead(503).end(); };
      const hook = await made({ url: `${receiver.url}${path}`, name: 'SIEM' });
      await group('Long ago');
      await eventually('it fails', async () => (await get(`/webhooks/${hook.id}`)).failures > 0);
      const off = await eventually('it is off', async () => {
        // Again and again, since an attempt that is under way writes what it has read.
        sql(`update {}webhooks set failing_since = 1000000 where id = ${blob(hook.id)} and failing_since > 1000000`);
        const now = await get(`/webhooks/${hook.id}`);
        return !now.enabled && now;
      }, 60_000);
      assert.equal(off.off_reason, 'webhook_gave_up');
      const mail = await smtp.next(({ envelope }) => envelope.to[0] === destination);
      assert.equal(mail.subject, 'The webhook “SIEM” was switched off');
      assert.match(mail.text, /Last reason: status_unexpected \(HTTP 503\)/);
      receiver.answer = () => {};
      await gone(hook);
    });

    test('a secret is turned over without a gap: for a while both sign, then the new one alone', async () => {
      const path = `${place}/turned`;
      const hook = await made({ url: `${receiver.url}${path}` });
      const turn = async (json) => {
        const reply = await api(administrator, 'POST', `/webhooks/${hook.id}/secret`, { json });
        assert.equal(reply.status, 200, reply.body);
        assert.equal(reply.headers['cache-control'], 'no-store');
        return reply.json();
      };
      const turned = await turn({ overlap_s: 3600 });
      assert.notEqual(turned.secret, hook.secret);
      assert.ok(new Date(turned.old_secret_until) > Date.now() + 3500e3);
      const last = async (name) => { const one = await group(name); await came(path, one); return receiver.taken(path).find(({ body }) => body.includes(one)); };
      const both = await last('Both');
      verified(both, hook.secret);
      verified(both, turned.secret);
      const alone = await turn({ overlap_s: 0 });
      const message = await last('Alone');
      verified(message, alone.secret);
      for (const secret of [hook.secret, turned.secret]) assert.throws(() => verified(message, secret), /No matching signature/);
      refused(await api(administrator, 'POST', `/webhooks/${hook.id}/secret`, { json: { overlap_s: 8 * 86400 } }), 400, 'overlap_malformed');
      await gone(hook);
    });

    test('a test says at once what a receiver makes of it', async () => {
      const path = `${place}/tested`;
      const hook = await made({ url: `${receiver.url}${path}`, enabled: false });
      const tried = async () => {
        const reply = await api(administrator, 'POST', `/webhooks/${hook.id}/test`);
        assert.equal(reply.status, 200, reply.body);
        return reply.json();
      };
      const good = await tried();
      assert.deepEqual([good.delivered, good.status, good.kind], [true, 204, 'test']);
      const [message] = receiver.taken(path);
      assert.equal(verified(message, hook.secret).type, 'webhook.test');
      assert.equal(message.id, good.message);
      receiver.answer = (one, response) => { if (one.path === path) response.writeHead(404).end(); };
      const bad = await tried();
      assert.deepEqual([bad.delivered, bad.status, bad.failure], [false, 404, 'status_unexpected']);
      await patch(hook, { url: 'https://no-such-name.invalid/' });
      assert.equal((await tried()).failure, 'name_unresolvable');
      assert.equal((await get(`/audit?event=webhook.tested&target=${hook.id}`)).records.length, 3);
      assert.equal((await get(`/webhooks/${hook.id}/deliveries`)).deliveries.length, 3);
      receiver.answer = () => {};
      await gone(hook);
    });
  }, { env: local, args: mailing(smtp.port, files) });

  for (const store of ['sqlite', 'postgres']) {
    test(`killed while it delivers: nothing is lost, the order is kept (${store})`, { timeout: 300_000 }, async () => {
      const path = `/killed-${store}`;
      const server = await Server.start({ store, env: { ...local, KIDOBAN_PASSWORD_MEMORY_KIB: '8192', KIDOBAN_PASSWORD_PASSES: '1' } });
      const api = apiOf(() => server);
      const { person: administrator } = await signIn(await discover(server.issuer(), sampleOne), hanako);
      const forged = [];
      let killNow = false;
      receiver.answer = async (message) => {
        if (message.path !== path) return;
        try { verified(message, hook.secret); } catch (error) { forged.push(error); }
        if (!killNow) return;
        // Between what the receiver has and what the server knows of it.
        killNow = false;
        await server.kill();
      };
      const hook = (await api(administrator, 'POST', '/webhooks', { json: { name: 'SIEM', url: `${receiver.url}${path}` } })).json();
      const acknowledged = [];
      for (let kills = 0; kills < 6; ++kills) {
        const writing = (async () => {
          try {
            for (let i = 0; i < 2000 && server.running(); ++i) {
              const reply = await api(administrator, 'POST', '/groups', { json: { name: `Killed ${kills} ${i}` } });
              if (reply.status === 201) acknowledged.push(reply.json().id);
            }
          } catch (error) {
            if (!/ECONN|EPIPE|socket hang up/.test(`${error.code} ${error.message}`)) throw error;
          }
        })();
        const before = receiver.taken(path).length;
        await eventually('a message', () => receiver.taken(path).length > before, 120_000);
        if (kills % 2 === 0) {
          killNow = true;
          await eventually('it is killed', () => !killNow && !server.running(), 120_000);
        } else await server.kill();
        await writing;
        await server.begin();
        // What was in the hands of the one that was killed is free when its lease is over.
        server.sql(`update ${store === 'postgres' ? 'kidoban.' : ''}webhooks set due_at = 1 where due_at is not null`);
      }
      await eventually('all of it', () => { const got = new Set(receiver.records(path).map(({ target }) => target)); return acknowledged.every((id) => got.has(id)); }, 120_000);
      assert.ok(acknowledged.length >= 20, `${acknowledged.length}`);
      const messages = receiver.got.filter((one) => one.path === path); // answered or not: it had them
      assertWhole(messages, hook.position);
      const again = messages.length - new Set(messages.map(({ id }) => id)).size;
      console.log(`${acknowledged.length} records, ${messages.length} messages, ${again} of them again (${store})`);
      assert.ok(again >= 3, 'what was taken and not known of came again, as the same message');
      assert.deepEqual(forged, []);
      receiver.answer = () => {};
      await server.stop();
    });
  }

  test('nothing of this machine or its network is reached where the operator names none', async () => {
    const server = await Server.start({ env: local });
    const api = apiOf(() => server);
    const { person: administrator } = await signIn(await discover(server.issuer(), sampleOne), hanako);
    const hook = (await api(administrator, 'POST', '/webhooks', { json: { name: 'SIEM', url: `${receiver.url}/inside`, enabled: false } })).json();
    const tried = async () => (await api(administrator, 'POST', `/webhooks/${hook.id}/test`)).json();
    assert.equal((await tried()).delivered, true);
    for (const url of ['https://169.254.169.254/', 'https://10.0.0.1/', 'https://[fd00::1]/']) {
      refused(await api(administrator, 'PATCH', `/webhooks/${hook.id}`, { json: { url } }), 400, 'url_unreachable');
    }
    await server.stop();
    server.env = Object.fromEntries(Object.entries(server.env).filter(([name]) => name !== 'KIDOBAN_WEBHOOKS_NETWORKS'));
    await server.begin();
    const sent = receiver.got.length;
    // A name that led elsewhere when it was checked: here, because the operator allowed it then.
    const tried2 = await tried();
    assert.deepEqual([tried2.delivered, tried2.status, tried2.failure], [false, null, 'address_forbidden']);
    for (const url of ['https://localhost/', 'https://hook.localhost:8443/', 'https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/',
      'https://169.254.169.254/latest/', 'https://192.168.0.1/', 'https://172.16.0.1/', 'https://0.0.0.0/', 'https://[fe80::1]/', 'https://100.64.0.1/']) {
      refused(await api(administrator, 'POST', '/webhooks', { json: { name: 'x', url } }), 400, 'url_unreachable');
    }
    refused(await api(administrator, 'POST', '/webhooks', { json: { name: 'x', url: 'http://siem.example.com/' } }), 400, 'url_not_https');
    refused(await api(administrator, 'POST', '/webhooks', { json: { name: 'x', url: 'https://user:password@siem.example.com/' } }), 400, 'url_malformed');
    // This machine by its own name: which it has, and where it leads, is the machine's matter; nowhere that is public.
    assert.equal((await api(administrator, 'PATCH', `/webhooks/${hook.id}`, { json: { url: `https://${hostname()}:${receiver.port}/inside` } })).status, 200);
    assert.match((await tried()).failure, /^(address_forbidden|name_unresolvable)$/);
    assert.equal(receiver.got.length, sent);
    await server.stop();
  });
});
