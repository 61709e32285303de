// People in files, in and out as jobs, on both stores: previewed, done row by row or all at once, through a kill, with a second
// tenant who finds nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { browser, signIn } from '../kit/client.mjs';
import { hanako, john } from '../kit/server.mjs';
import { onEachStore } from '../kit/stories.mjs';

const cp932 = (text) => execFileSync('iconv', ['-f', 'UTF-8', '-t', 'CP932'], { input: text });
const many = Number(process.env.KIDOBAN_STORY_ROWS ?? 10_000);

onEachStore('files of people', (world) => {
  let administrator, member, stranger;
  const api = (who, method, path, { json, csv, headers = {}, tenant = 'demo' } = {}) => who.send(`${world.server.issuer(tenant)}/api/v1${path}`,
    { method, json, body: csv, headers: { Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', ...(csv !== undefined && { 'Content-Type': 'text/csv' }), ...headers } });
  const ok = (reply, status = 200) => { assert.equal(reply.status, status, reply.body); return reply.json(); };
  const refused = (reply, status, reason) => { assert.equal(reply.status, status, reply.body); assert.equal(reply.json().reason, reason); return reply.json(); };
  // Asks until it isn't one of `while_` any more.
  const settled = async (path, while_, { patience = 240_000 } = {}) => {
    for (const until = Date.now() + patience; ;) {
      const now = ok(await api(administrator, 'GET', path));
      if (!while_.includes(now.state)) return now;
      assert.ok(Date.now() < until, `still ${now.state}: ${JSON.stringify(now)}`);
      await sleep(100);
    }
  };
  const upload = async (csv, query = 'kind=people') => settled(`/imports/${ok(await api(administrator, 'POST', `/imports?${query}`, { csv }), 202).id}`, ['checking']);
  const run = async ({ id }, json) => {
    ok(await api(administrator, 'POST', `/imports/${id}/run`, { json }), 202);
    return settled(`/imports/${id}`, ['running']);
  };
  const rows = async ({ id }, query = '') => ok(await api(administrator, 'GET', `/imports/${id}/rows?${query}`)).rows;
  const exported = async (query) => {
    const { id } = ok(await api(administrator, 'POST', `/exports?${query}`), 202);
    const done = await settled(`/exports/${id}`, ['waiting', 'running']);
    return { ...done, file: done.state === 'done' ? (await api(administrator, 'GET', `/exports/${id}/file`)).body : undefined };
  };
  const everybody = async () => {
    const all = [];
    for (let after = ''; ;) {
      const page = ok(await api(administrator, 'GET', `/people?limit=500${after && `&after=${after}`}`));
      all.push(...page.people);
      if (!page.next) return all;
      after = page.next;
    }
  };
  const person = async (login) => (await everybody()).find((one) => one.login === login);

  before(async () => {
    ({ person: administrator } = await signIn(world.one, hanako));
    ({ person: member } = await signIn(world.one, john));
    world.server.tenant('other');
    world.server.person('other', 'boss@other.example', { administrator: true });
    stranger = browser();
    await stranger.signIn(`${world.server.issuer('other')}/`, { login: 'boss@other.example', password: hanako.password });
  });

  test('an old file in Shift-JIS is looked at first, then done', async () => {
    const csv = cp932('delete_flag,login_id,family_name,given_name,family_name_yomi,given_name_yomi,department,preferred_language,byod_phone_number,entitlement,is_active\r\n'
      + ',taro@demo.example,髙橋,太郎,ﾀｶﾊｼ,たろう,営業①,ja_JP,+81-90-1234-5678,urn:x:y,true\r\n'
      + 'false,jiro@demo.example,山田,次郎,ヤマダ,ジロウ,"開発, 第一",en_US,,,false\r\n');
    const preview = await upload(csv);
    assert.equal(preview.state, 'checked', JSON.stringify(preview));
    assert.equal(preview.encoding, 'cp932');
    assert.deepEqual(preview.check.counts, { create: 2, update: 0, delete: 0, skip: 0, error: 0 });
    assert.equal(await person('taro@demo.example'), undefined, 'nothing is done before it is said');
    const [first] = await rows(preview);
    assert.equal(first.who, 'taro@demo.example');
    assert.deepEqual(first.changes.find(({ attribute }) => attribute === 'family_name_kana'), { attribute: 'family_name_kana', from: '', to: 'タカハシ' });
    const done = await run(preview);
    assert.equal(done.state, 'done', JSON.stringify(done));
    assert.deepEqual(done.run.counts, { create: 2, update: 0, delete: 0, skip: 0, error: 0 });
    const taro = await person('taro@demo.example');
    assert.equal(taro.display_name, '髙橋 太郎');
    assert.equal(taro.given_name_kana, 'タロウ');
    assert.equal(taro.department, '営業①');
    assert.equal(taro.locale, 'ja');
    assert.equal(taro.private_phone, '+81-90-1234-5678');
    assert.equal(taro.entitlements[0].value, 'urn:x:y');
    const jiro = await person('jiro@demo.example');
    assert.equal(jiro.state, 'disabled');
    assert.equal(jiro.department, '開発, 第一');
    refused(await api(administrator, 'POST', `/imports/${preview.id}/run`), 409, 'import_already_run');
    const again = await upload(csv);
    assert.deepEqual(again.check.counts, { create: 0, update: 0, delete: 0, skip: 2, error: 0 }, 'the same file changes nothing');
  });

  test('only columns that are there change anything; an empty cell takes away', async () => {
    const done = await run(await upload('login,title,department\ntaro@demo.example,部長,\n'));
    assert.deepEqual(done.run.counts, { create: 0, update: 1, delete: 0, skip: 0, error: 0 });
    const taro = await person('taro@demo.example');
    assert.equal(taro.title, '部長');
    assert.equal(taro.department, undefined);
    assert.equal(taro.family_name, '髙橋');
  });

  test('every fault is named with line and column; bad rows come back, are mended and sent again', async () => {
    const bad = await upload('login,family_name,family_name_kana,private_phone,is_active\n'
      + 'good@demo.example,Good,グッド,,\n'
      + 'not a login,Bad,"kanji\n漢字",call me,perhaps\n'
      + 'good@demo.example,Twice,,,\n'
      + 'short@demo.example,Short\n');
    assert.deepEqual(bad.check.counts, { create: 1, update: 0, delete: 0, skip: 0, error: 3 });
    const [first, twice, short] = await rows(bad, 'only=errors');
    assert.deepEqual(first.errors.map(({ line, column, reason }) => [line, column, reason]).sort(), [
      [3, 1, 'login_malformed'], [3, 3, 'name_malformed'], [4, 4, 'phone_malformed'], [4, 5, 'flag_malformed']].sort());
    assert.deepEqual(twice.errors.map(({ line, reason }) => [line, reason]), [[5, 'row_repeated']]);
    assert.deepEqual(short.errors.map(({ line, reason }) => [line, reason]), [[6, 'cells_miscounted']]);
    const done = await run(bad);
    assert.equal(done.state, 'done');
    assert.deepEqual(done.run.counts, { create: 1, update: 0, delete: 0, skip: 0, error: 3 });
    const back = (await api(administrator, 'GET', `/imports/${bad.id}/bad-rows.csv`, { headers: { 'Accept-Language': 'ja' } })).body;
    assert.match(back, /^login,family_name,family_name_kana,private_phone,is_active,error\r\n/);
    assert.match(back, /電話番号の形式ではありません/);
    assert.ok(!back.includes('グッド'));
    const mended = back.replace('not a login', 'mended@demo.example').replace('"kanji\n漢字"', 'カンジ').replace('call me', '+81 3 1234 5678').replace('perhaps', 'yes');
    const second = await upload(mended);
    assert.deepEqual(second.ignored_columns, ['error']);
    const mendedDone = await run(second);
    assert.equal((await person('mended@demo.example')).family_name_kana, 'カンジ');
    assert.equal(mendedDone.run.counts.create, 2, JSON.stringify(mendedDone.run.counts)); // the short row has its cells now
  });

  test('all or nothing does nothing where one row is bad, and all where none is', async () => {
    const bad = await upload('login,family_name\nall1@demo.example,A\nbroken,B\n', 'kind=people&mode=all');
    refused(await api(administrator, 'POST', `/imports/${bad.id}/run`), 409, 'import_has_errors');
    // Good when looked at, taken when done.
    const late = await upload('login,family_name,id\nall2@demo.example,A,\nall3@demo.example,B,\n', 'kind=people&mode=all');
    assert.equal(late.check.counts.create, 2);
    const taro = await person('taro@demo.example');
    const renamed = await upload(`id,login,family_name\n,all4@demo.example,C\n${taro.id},all5@demo.example,D\n`, 'kind=people&mode=all');
    assert.deepEqual(renamed.check.counts, { create: 1, update: 1, delete: 0, skip: 0, error: 0 });
    ok(await api(administrator, 'POST', '/people', { json: { login: 'all5@demo.example', display_name: 'first' } }), 201);
    const failed = await run(renamed);
    assert.equal(failed.state, 'failed');
    assert.equal(await person('all4@demo.example'), undefined, 'nothing of it was done');
    assert.equal((await rows(failed))[0].errors[0].reason, 'login_taken');
    assert.equal((await run(late)).state, 'done');
    assert.ok(await person('all3@demo.example'));
  });

  test('many deletions are held back until their number is said', async () => {
    const logins = Array.from({ length: 12 }, (_, i) => `leaver${i}@demo.example`);
    await run(await upload(`login\n${logins.join('\n')}\n`));
    const leaving = await upload(`login,delete\n${logins.map((one) => `${one},true`).join('\n')}\nnobody@demo.example,true\n`);
    assert.deepEqual(leaving.check.counts, { create: 0, update: 0, delete: 12, skip: 1, error: 0 });
    refused(await api(administrator, 'POST', `/imports/${leaving.id}/run`), 409, 'deletions_unconfirmed');
    refused(await api(administrator, 'POST', `/imports/${leaving.id}/run`, { json: { confirm_deletions: 11 } }), 409, 'deletions_unconfirmed');
    assert.equal((await run(leaving, { confirm_deletions: 12 })).run.counts.delete, 12);
    assert.equal((await person('leaver3@demo.example')).state, 'pending_deletion');
    const back = await run(await upload('login,state\nleaver3@demo.example,enabled\n'));
    assert.equal(back.run.counts.update, 1);
    const settings = ok(await api(administrator, 'PUT', '/settings/transfer', { json: { most_deletions: 0, most_deletions_percent: 0 } }));
    assert.equal(settings.most_deletions, 0);
    const one = await upload('login,delete\nleaver3@demo.example,yes\n');
    refused(await api(administrator, 'POST', `/imports/${one.id}/run`), 409, 'deletions_unconfirmed');
    ok(await api(administrator, 'PUT', '/settings/transfer', { json: {} }));
  });

  test('passwords come along, as they are typed or as another system kept them', async () => {
    const bcrypt = '$2b$04$abcdefghijklmnopqrstuuS3DSvI.q4jv3hQxXvvF0Lg.0nLzRhTi';
    const done = await run(await upload(`login,password,password_hash\ntyped@demo.example,${hanako.password} too,\nhashed@demo.example,,${bcrypt}\n`
      + 'weak@demo.example,abc,\nodd@demo.example,,{ROT13}abc\n'));
    assert.deepEqual(done.run.counts, { create: 2, update: 0, delete: 0, skip: 0, error: 2 }, JSON.stringify(await rows(done)));
    const typed = browser();
    await typed.signIn(`${world.issuer}/`, { login: 'typed@demo.example', password: `${hanako.password} too` });
    assert.match(typed.page.text, /new password|新しいパスワード/i, 'whoever made the file knows it');
    assert.ok(!(await person('weak@demo.example')), 'nobody without the password that was meant');
    assert.ok(!world.server.stderr.includes('gate of the lantern'), 'not in the log');
  });

  test('who administers is not changed by a file', async () => {
    const preview = await upload(`login,title,password\n${hanako.login},Chief,\n`);
    assert.deepEqual((await rows(preview))[0].errors.map(({ reason }) => reason), ['person_administers']);
    assert.equal((await upload(`login\n${hanako.login}\n`)).check.counts.skip, 1);
  });

  test('what goes out comes in again as it was, and no cell is a formula', async () => {
    const evil = '=cmd|\'/c calc\'!A1';
    ok(await api(administrator, 'POST', '/people', { json: { login: 'evil@demo.example', display_name: evil, title: '@title', phones: [{ value: '+81 3 0000 0000', type: 'work', primary: true }, { value: '+1 (5) 5', type: 'a;b' }] } }), 201);
    const { file, encoding } = await exported('kind=people');
    assert.equal(encoding, 'utf-8-bom');
    assert.ok(file.startsWith('\uFEFFid,login,'));
    assert.ok(file.includes(`,'${evil},`), file);
    assert.ok(!/(^|,)"?[=+\-@]/m.test(file), file.match(/(^|,)"?[=+\-@].{20}/m)?.[0]);
    const again = await upload(file);
    const { counts } = again.check;
    assert.equal(counts.error + counts.create + counts.update + counts.delete, 0, JSON.stringify(await rows(again)));
    assert.equal(counts.skip, again.rows);
  });

  test('an export in Shift-JIS says what that can\'t write, rather than change it', async () => {
    const first = await exported('kind=people&encoding=cp932');
    assert.equal(first.state, 'done', JSON.stringify(first));
    ok(await api(administrator, 'POST', '/people', { json: { login: 'yoshi@demo.example', display_name: '𠮷野家' } }), 201);
    const failed = await exported('kind=people&encoding=cp932');
    assert.equal(failed.state, 'failed');
    assert.equal(failed.job.reason, 'characters_unwritable');
    assert.equal(failed.unwritable[0].character, 'U+20BB7');
    assert.equal(failed.unwritable[0].column, 'display_name');
    refused(await api(administrator, 'GET', `/exports/${failed.id}/file`), 409, 'export_unfinished');
  });

  test('groups and members come and go in files, too', async () => {
    const groups = await run(await upload('group_name,description,email\n営業部,みんな,sales@demo.example\n営業一課,,\n', 'kind=groups'));
    assert.equal(groups.run.counts.create, 2, JSON.stringify(await rows(groups)));
    await run(await upload('login\nmember1@demo.example\nmember2@demo.example\n'));
    const csv = 'group,login,member_group,delete\n営業一課,member1@demo.example,,\n営業一課,member2@demo.example,,\n営業部,,営業一課,\n営業部,nobody@demo.example,,\n';
    const members = await run(await upload(csv, 'kind=members'));
    assert.deepEqual(members.run.counts, { create: 3, update: 0, delete: 0, skip: 0, error: 1 }, JSON.stringify(await rows(members)));
    assert.equal((await rows(members, 'only=errors'))[0].errors[0].reason, 'person_unknown');
    const circle = await run(await upload('group,member_group\n営業一課,営業部\n', 'kind=members'));
    assert.equal((await rows(circle))[0].errors[0].reason, 'group_cycle');
    for (const kind of ['groups', 'members']) {
      const { file } = await exported(`kind=${kind}`);
      const again = (await upload(file, `kind=${kind}`)).check.counts;
      assert.equal(again.create + again.update + again.error, 0, file);
      assert.ok(again.skip >= 2);
    }
    const gone = await run(await upload('group,login,delete\n営業一課,member2@demo.example,true\n', 'kind=members'));
    assert.equal(gone.run.counts.delete, 1);
    assert.equal((await run(await upload('name,delete\n営業部,true\n', 'kind=groups'))).run.counts.delete, 1);
  });

  test('what is no such file is refused at once, where it is', async () => {
    const cases = [['login,colour\na@a.example,red\n', 'column_unknown', 1, 2], ['login,login_id\n', 'column_repeated', 1, 2], ['family_name\nA\n', 'column_missing', 1, undefined],
      ['login\n', 'file_empty'], ['login,title\na@a.example,"x\n', 'quote_malformed', 2, 2], [Buffer.from('login\n\n\x81', 'latin1'), 'encoding_malformed', 3], ['login\ra\r', 'line_end_malformed', 1, 1]];
    for (const [csv, reason, line, column] of cases) {
      const problem = refused(await api(administrator, 'POST', '/imports?kind=people', { csv }), 400, reason);
      assert.deepEqual([problem.line, problem.column], [line, column], reason);
    }
    refused(await api(administrator, 'POST', '/imports?kind=pets', { csv: 'login\na@a.example\n' }), 400, 'kind_unknown');
    refused(await api(administrator, 'POST', '/imports?kind=people&encoding=latin1', { csv: 'login\na@a.example\n' }), 400, 'encoding_unknown');
    refused(await api(administrator, 'POST', '/imports?kind=people', { json: {} }), 415, 'content_type_unsupported');
  });

  test('few large files are received at once, and who sends one slowly keeps no small one out', async () => {
    const head = `POST /t/demo/api/v1/imports?kind=people HTTP/1.1\r\nHost: localhost:${world.server.port}\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n`;
    const slow = new Set();
    let over = false;
    const hold = () => { // comes again where it was turned away
      const socket = net.connect(world.server.port, '127.0.0.1', () => socket.write(head + 'x'.repeat(400_000)));
      slow.add(socket);
      socket.on('error', () => {}).on('data', () => {}).on('close', () => { slow.delete(socket); if (!over) setTimeout(hold, 50); });
    };
    for (let i = 0; i < 4; ++i) hold();
    const large = `login,title\n${Array.from({ length: 3000 }, (_, i) => `large${i}@demo.example,${'T'.repeat(100)}`).join('\n')}\n`;
    let busy;
    for (let i = 0; i < 100 && busy?.status !== 503; ++i) { // until all four have been read so far
      busy = await api(administrator, 'POST', '/imports?kind=people', { csv: large }).catch((error) => ({ error }));
      if (busy.status === 202) await api(administrator, 'POST', `/jobs/${busy.json().check.id}/cancel`);
      await sleep(20);
    }
    assert.equal(busy.status, 503, busy.body);
    assert.equal((await upload('login\nsmall@demo.example\n')).state, 'checked');
    over = true;
    for (const socket of slow) socket.destroy();
    await sleep(200);
    assert.equal((await upload(large)).check.counts.create, 3000);
  });

  test('is for administrators of this tenant alone', async () => {
    const { id, check } = await upload('login\nsecret@demo.example\n');
    const out = await exported('kind=people');
    const doors = [['POST', '/imports?kind=people', 'login\nx@x.example\n'], ['GET', '/imports'], ['GET', `/imports/${id}`], ['POST', `/imports/${id}/run`], ['GET', `/imports/${id}/rows`],
      ['GET', `/imports/${id}/bad-rows.csv`], ['POST', '/exports?kind=people'], ['GET', '/exports'], ['GET', `/exports/${out.id}`], ['GET', `/exports/${out.id}/file`], ['GET', '/jobs'], ['GET', `/jobs/${check.id}`],
      ['POST', `/jobs/${check.id}/cancel`], ['GET', '/settings/transfer']];
    for (const [method, path, csv] of doors) {
      refused(await api(browser(), method, path, { csv }), 401, 'session_missing');
      refused(await api(member, method, path, { csv }), 403, 'not_administrator');
      const theirs = await api(stranger, method, path, { csv, tenant: 'other' });
      if (path.includes(id) || path.includes(out.id) || path.includes(check.id)) assert.equal(theirs.status, 404, `${method} ${path}: ${theirs.body}`);
      else assert.ok(!theirs.body.includes(id) && !theirs.body.includes(out.id) && !theirs.body.includes(check.id), theirs.body);
    }
  });

  test('jobs say who, when, how far and how they ended; one that waits or runs can be cancelled', async () => {
    const { jobs, next } = ok(await api(administrator, 'GET', '/jobs?limit=3'));
    assert.equal(jobs.length, 3);
    assert.ok(next);
    assert.ok(jobs[0].created_at >= jobs[1].created_at);
    const { id } = await person(hanako.login);
    assert.equal(jobs[0].actor, id);
    refused(await api(administrator, 'POST', `/jobs/${jobs[0].id}/cancel`), 409, 'job_ended');
    const csv = `login\n${Array.from({ length: 3000 }, (_, i) => `cancelled${i}@demo.example`).join('\n')}\n`;
    const import_ = ok(await api(administrator, 'POST', '/imports?kind=people', { csv }), 202);
    ok(await api(administrator, 'POST', `/jobs/${import_.check.id}/cancel`));
    const gone = await settled(`/imports/${import_.id}`, ['checking']);
    assert.equal(gone.state, 'cancelled');
    refused(await api(administrator, 'POST', `/imports/${import_.id}/run`), 409, 'import_unchecked');
    const { records } = world.server.command(['audit', 'list', '--tenant', 'demo', '--limit', '20']);
    assert.ok(records.some(({ event }) => event === 'job.cancelled'));
  });

  test(`${many} people are brought in through kills, each exactly once`, { timeout: 900_000 }, async () => {
    const counted = () => Number(world.server.sql('select count(*) from people'));
    const records = () => Number(world.server.sql("select count(*) from audit_records where event = 'person.created'"));
    const preview = await upload(`login,family_name,given_name,department\n${Array.from({ length: many }, (_, i) => `bulk${i}@demo.example,山田,花子${i},営業${i % 7}`).join('\r\n')}\r\n`);
    assert.equal(preview.check.counts.create, many, JSON.stringify(preview.check));
    const [peopleBefore, recordsBefore] = [counted(), records()];
    ok(await api(administrator, 'POST', `/imports/${preview.id}/run`), 202);
    let kills = 0;
    for (const part of [0.1, 0.4, 0.7]) {
      for (;;) {
        const now = ok(await api(administrator, 'GET', `/imports/${preview.id}`));
        if (now.run.done >= many * part) break;
        await sleep(50);
      }
      await world.server.kill();
      kills += 1;
      await world.server.begin();
    }
    const done = await settled(`/imports/${preview.id}`, ['running'], { patience: 600_000 });
    assert.equal(done.state, 'done', JSON.stringify(done));
    assert.equal(done.run.counts.create, many);
    assert.equal(done.run.done, many);
    assert.equal(counted() - peopleBefore, many);
    assert.equal(records() - recordsBefore, many);
    assert.equal(kills, 3);
    const { rows: outcomes, next } = ok(await api(administrator, 'GET', `/imports/${preview.id}/rows?limit=250`));
    assert.equal(outcomes.length, 250);
    assert.equal(ok(await api(administrator, 'GET', `/imports/${preview.id}/rows?limit=1&after=${next}`)).rows[0].row, 251);
  });
});
