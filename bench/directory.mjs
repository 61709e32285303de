// scripts/bench directory: a tenant's people kept and moved in bulk, through the API, on both stores, against the floor
// (directory_floor.cpp); the same beside ten thousand other tenants, and in a tenant of a million. Writes the section
// "The directory" of RESULTS.md.
//   --people=100000 --beside=10000 --million --only=sqlite,postgres --cases=alone,beside,million --print
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
process.env.KIDOBAN ??= join(root, 'build/release/src/kidoban');
const [{ Server, password, run }, { postgresDatabase }, { temporaryFolder }, { Person }, { send }] = await Promise.all(
  ['server', 'postgres', 'folder', 'person', 'http'].map((name) => import(`../tests/kit/${name}.mjs`)));

const option = (name, otherwise) => process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const flag = (name) => process.argv.includes(`--${name}`);
const people = Number(option('people', 100_000));
const besides = Number(option('beside', 10_000));
const million = Number(option('most', 1_000_000));
const stores = option('only', 'sqlite,postgres').split(',');
const cases = option('cases', flag('million') ? 'alone,beside,million' : 'alone,beside').split(',');
const bulk = Math.min(people, Number(option('bulk', 10_000)));
const inGroup = Math.min(people, 50_000);
const inFile = 250_000; // people: such a file stays below the 50 MiB that an import may have
const say = (text) => process.stderr.write(`${text}\n`);

// Seconds of CPU that a process has used, and with `below` those that it began.
function cpu(pid, { below = false } = {}) {
  const of = (stat) => { const f = stat.slice(stat.lastIndexOf(')') + 2).split(' '); return { parent: Number(f[1]), used: (Number(f[11]) + Number(f[12])) / 100 }; };
  if (!below) return of(readFileSync(`/proc/${pid}/stat`, 'utf8')).used;
  let sum = 0;
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const { parent, used } = of(readFileSync(`/proc/${name}/stat`, 'utf8'));
      if (parent === pid || Number(name) === pid) sum += used;
    } catch { /* it ended meanwhile */ }
  }
  return sum;
}

// One store, one server, one administrator and one connector of the tenant `demo`.
class Bench {
  static async start(store, name) {
    const bench = new Bench();
    bench.store = store;
    bench.name = name;
    bench.database = store === 'postgres' ? await postgresDatabase({ durable: true }) : undefined;
    const data = join(temporaryFolder('kidoban-bench'), 'data');
    bench.server = await Server.start({ data, args: bench.database ? ['--store', bench.database.conninfo] : [], env: { KIDOBAN_LOG_LEVEL: 'info', KIDOBAN_LIMITS_CLIENT: '0', KIDOBAN_LIMITS_TENANT: '0' } });
    if (bench.database) Object.assign(bench.server, { store: 'postgres', database: bench.database });
    bench.results = {};
    await bench.signIn();
    return bench;
  }
  async signIn() {
    this.server.child.stderr.removeAllListeners('data').resume();
    this.base = this.server.issuer();
    this.administrator = new Person();
    await this.administrator.signIn(`${this.base}/`, { login: 'hanako@demo.example', password });
    if (this.token) return;
    const account = await this.api('POST', '/service-accounts', { json: { name: 'Connector', permissions: ['people_read', 'people_write', 'groups_read', 'groups_write'] } });
    this.token = (await this.api('POST', `/service-accounts/${account.id}/tokens`, { json: { label: 'bench', expires_at: new Date(Date.now() + 86_400_000).toISOString() } })).token;
  }
  async api(method, path, { json, csv, etag } = {}) {
    const reply = await send(`${this.base}/api/v1${path}`, { method, json, body: csv, agent: undefined, headers: {
      Accept: 'application/json', 'Sec-Fetch-Site': 'same-origin', Cookie: this.administrator.cookieHeader(this.base), ...(csv !== undefined && { 'Content-Type': 'text/csv' }), ...(etag && { 'If-Match': etag }) } });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.body.slice(0, 500)}`);
    return reply.body && reply.headers['content-type']?.includes('json') ? reply.json() : reply;
  }
  async scim(method, path, json) {
    const reply = await send(`${this.base}/scim/v2${path}`, { method, body: json && JSON.stringify(json),
      headers: { Accept: 'application/scim+json', Authorization: `Bearer ${this.token}`, ...(json && { 'Content-Type': 'application/scim+json' }) } });
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.body.slice(0, 500)}`);
    return reply.body ? reply.json() : reply;
  }
  used() { return { ours: cpu(this.server.pid), theirs: this.database ? cpu(this.database.pid, { below: true }) : 0 }; }

  // `times` operations in `act`: what each cost.
  async measure(what, times, act) {
    const before = this.used(), begun = process.hrtime.bigint();
    const more = await act();
    const wall = Number(process.hrtime.bigint() - begun) / 1e9;
    const after = this.used();
    const each = (used) => (1e6 * used) / times;
    this.results[what] = { times, wall, cpu: each(after.ours - before.ours), database: each(after.theirs - before.theirs) };
    const { cpu: ours, database } = this.results[what];
    say(`${this.store} ${this.name} ${what}: ${(times / wall).toFixed(0)}/s, ${(1e3 * wall / times).toFixed(3)} ms each, CPU ${ours.toFixed(1)} us${this.database ? ` + ${database.toFixed(1)} us in PostgreSQL` : ''}`);
    return more;
  }
  // Single requests, in rounds: of a machine whose speed varies the best round says most. Processor time is counted in hundredths of a
  // second, so a round has some of them. `acts`: by name, one after another in each round.
  async repeat(times, acts, rounds = 5) {
    const best = {};
    for (let round = 0; round < rounds; ++round) {
      for (const [what, act] of Object.entries(acts)) {
        await this.measure(what, times, async () => { for (let i = 0; i < times; ++i) await act(round * times + i); });
        const now = this.results[what];
        if (!best[what] || now.cpu + now.database < best[what].cpu + best[what].database) best[what] = now;
      }
    }
    Object.assign(this.results, best);
  }
  // The audit's tree is made behind the work: its cost is told apart, and doesn't fall into what comes next.
  async sealed(what, times) {
    await this.measure(what, times, async () => {
      while (Number(this.server.sql('select count(*) from audit_records where position is null and tenant = (select id from tenants where slug = \'demo\')')) > 0) await sleep(250);
    });
  }
  async job(path, open) {
    for (;;) {
      const now = await this.api('GET', path);
      if (!open.includes(now.state)) return now;
      await sleep(50);
    }
  }

  async all(people_) {
    const departments = ['Sales', 'Development', 'Support', 'Finance', 'Legal', 'Research'];
    const files = [];
    for (let from = 0; from < people_; from += inFile) {
      files.push(`login,family_name,given_name,department,title,employee_number\n${Array.from({ length: Math.min(inFile, people_ - from) }, (_, i) => i + from).map((i) =>
        `person${i}@demo.example,山田${i % 997},花子${i % 499},${departments[i % 6]} ${i % 40},Engineer,E${i}`).join('\n')}\n`);
    }
    const imports = [];
    await this.measure('csv_preview', people_, async () => {
      let seen = 0;
      for (const csv of files) {
        const { id } = await this.api('POST', '/imports?kind=people', { csv });
        seen += (await this.job(`/imports/${id}`, ['checking'])).check.counts.create;
        imports.push(id);
      }
      if (seen !== people_) throw new Error(`${seen} people in the previews`);
    });
    await this.measure('csv_run', people_, async () => {
      let made = 0;
      for (const id of imports) {
        await this.api('POST', `/imports/${id}/run`, {});
        made += (await this.job(`/imports/${id}`, ['running'])).run.counts.create;
      }
      if (made !== people_) throw new Error(`${made} people made`);
    });
    await this.sealed('csv_sealing', people_);

    await this.measure('scim_bulk', bulk, async () => {
      for (let from = 0; from < bulk; from += 1000) {
        const Operations = Array.from({ length: Math.min(1000, bulk - from) }, (_, i) => ({ method: 'POST', path: '/Users', bulkId: `b${i}`, data: {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: `bulk${from + i}@demo.example`, name: { familyName: '佐藤', givenName: `太郎${i}` }, title: 'Engineer', active: true } }));
        const { Operations: done } = await this.scim('POST', '/Bulk', { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations });
        if (done.length !== Operations.length || done.some(({ status }) => status !== '201')) throw new Error(JSON.stringify(done.find(({ status }) => status !== '201')));
      }
    });
    await this.sealed('bulk_sealing', bulk);

    const ids = [], cursors = [];
    for (let after = ''; ids.length < inGroup;) {
      const page = await this.api('GET', `/people?limit=500${after && `&after=${after}`}`);
      ids.push(...page.people.map(({ id }) => id));
      if (!page.next) break;
      cursors.push(after = page.next);
    }
    const some = (from, i) => from[(i * 7919) % from.length];
    await this.repeat(200, { list: () => this.api('GET', '/people?limit=100'), list_deep: (i) => this.api('GET', `/people?limit=100&after=${some(cursors, i)}`) });
    await this.repeat(1000, { get: (i) => this.api('GET', `/people/${some(ids, i)}`) });
    await this.repeat(300, { patch: (i) => this.api('PATCH', `/people/${some(ids, i)}`, { json: { title: `Title ${i}` } }) });

    const found = async (query) => {
      for (;;) {
        const reply = await this.api('GET', `/people?${new URLSearchParams({ limit: 50, ...query })}`).catch((error) => {
          if (/503/.test(error.message)) return undefined; // so many that one request doesn't build all of their index
          throw error;
        });
        if (reply) return reply.total;
      }
    };
    await this.measure('search_first', 1, () => found({ search: '山田12 花子' }));
    await this.repeat(150, { search: (i) => found({ search: `山田${100 + i} 花子` }), search_filter: (i) => found({ filter: `department sw "Sales ${i % 40}" and title eq "engineer"`, sort: 'family_name' }) });

    const members = (from, until) => ids.slice(from, until).map((value) => ({ value }));
    const patchOp = (...Operations) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
    const { id: group } = await this.scim('POST', '/Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Everybody' });
    const at = `/Groups/${group}`;
    const change = (...operations) => this.scim('PATCH', `${at}?excludedAttributes=members`, patchOp(...operations));
    const last = ids.length - 100;
    await this.measure('group_fill', last, async () => {
      for (let from = 0; from < last; from += 10_000) await change({ op: 'add', path: 'members', value: members(from, Math.min(last, from + 10_000)) });
    });
    // What is put in one by one goes again in the same round.
    await this.repeat(100, { group_add_one: (i) => change({ op: 'add', path: 'members', value: members(last + i % 100, last + i % 100 + 1) }),
      group_remove_one: (i) => change({ op: 'remove', path: `members[value eq "${ids[last + i % 100]}"]` }) });
    await this.repeat(20, { group_patch_plain: (i) => this.scim('PATCH', at, patchOp({ op: 'add', path: 'members', value: members(last + i, last + i + 1) })) });
    let from = 0; // other hundreds go and come each time
    await this.repeat(1, { group_replace_all: () => change({ op: 'replace', path: 'members', value: members(from = 100 - from, last + from) }) });
    await this.repeat(300, { members_page: () => this.api('GET', `/groups/${group}/members?limit=100`), effective_page: () => this.api('GET', `/groups/${group}/effective-members?limit=100`) });
    await this.repeat(1000, { groups_of: (i) => this.api('GET', `/people/${some(ids, i)}/groups`) });

    await this.measure('export', people_ + bulk, async () => {
      const { id } = await this.api('POST', '/exports?kind=people');
      const done = await this.job(`/exports/${id}`, ['waiting', 'running']);
      if (done.state !== 'done') throw new Error(JSON.stringify(done));
    });
    this.results.memory = { peak: Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${this.server.pid}/status`, 'utf8'))[1]) / 1024 };
  }

  // Other tenants with rows of their own in every table that the directory works on: twenty people each, their records, a
  // group with all of them. Random bytes stand for what is sealed: nobody reads it, but it lies in the same tables and indexes.
  neighbours(count) {
    const postgres = this.store === 'postgres';
    const random = (bytes) => postgres ? `decode(substr(${Array.from({ length: Math.ceil(bytes / 16) }, () => 'md5(random()::text)').join(' || ')}, 1, ${2 * bytes}), 'hex')` : `randomblob(${bytes})`;
    const columns = (table) => (postgres ? this.server.sql(`select string_agg(column_name, ' ') from information_schema.columns where table_schema = 'kidoban' and table_name = '${table}'`)
      : this.server.sql(`select group_concat(name, ' ') from pragma_table_info('${table}')`)).split(' ');
    // A row of the demonstration tenant, copied with other values where `changed` says so.
    const copies = (table, changed, from, where = '') => {
      const names = columns(table);
      this.server.sql(`insert into ${table} (${names.join(', ')}) select ${names.map((name) => changed[name] ?? `t.${name}`).join(', ')} from (select * from ${table} ${where} limit 1) t, ${from}`);
    };
    copies('tenants', { slug: "'other-' || n.value", host: 'null', tenant: random(16), id: random(16) }, postgres ? `generate_series(1, ${count}) as n(value)` : `generate_series(1, ${count}) n`);
    const others = "tenants o where o.slug like 'other-%'";
    copies('tenant_keys', { tenant: 'o.id' }, others);
    copies('people_counts', { tenant: 'o.id', counted: '20' }, others);
    const series = postgres ? 'generate_series(1, 20) as n(value)' : 'generate_series(1, 20) n';
    copies('people', { tenant: 'o.id', id: random(16), login_index: random(32), login_domain: 'o.id', profile: random(300), administrator: '0' }, `${series}, ${others}`);
    copies('person_groups', { tenant: 'o.id', id: 'o.id', name_index: random(32), name: random(48), by_rule: '0' }, others, '');
    this.server.sql(`insert into group_members (tenant, group_id, person) select p.tenant, p.tenant, p.id from people p join tenants o on o.id = p.tenant where o.slug like 'other-%'`);
    copies('audit_records', { tenant: 'o.id', id: random(16), target: random(16), detail: random(150), position: 'n.value' }, `${series}, ${others}`);
    copies('audit_trees', { tenant: 'o.id', size: '21', retired: '1', retire_due_at: '9000000000000000' }, others);
    if (postgres) this.server.sql('analyze');
  }
}

function floor(store, database, count) {
  const target = store === 'postgres' ? database.conninfo : join(temporaryFolder('kidoban-floor'), 'floor.db');
  const before = database ? cpu(database.pid, { below: true }) : 0;
  const out = execFileSync(join(root, 'build/release/bench/kidoban_directory_floor'), [store, target, String(count)], { encoding: 'utf8', maxBuffer: 1e6 });
  const floors = Object.fromEntries(out.trim().split('\n').map((line) => JSON.parse(line)).map((one) => [one.what, one]));
  if (database) floors.import.database = (1e6 * (cpu(database.pid, { below: true }) - before)) / count;
  say(`${store} floor: ${out.trim().replaceAll('\n', ' ')}`);
  return floors;
}

// What an operation is called, and which floor it stands on.
const rows = [
  ['csv_preview', 'CSV: upload and preview, a person', 'import'], ['csv_run', 'CSV: import, a person', 'import'], ['csv_sealing', '… their records into the audit\'s tree, behind it', undefined],
  ['scim_bulk', 'SCIM Bulk of 1,000: create, a person', 'import'], ['list', 'list of 100 people, first page', 'list'], ['list_deep', '… deep, by cursor', 'list_deep'],
  ['search_first', 'the first search: the index is built', undefined], ['search', 'search by two words', undefined], ['search_filter', 'filter by two attributes, in an order', undefined],
  ['get', 'GET of a person', 'get'], ['patch', 'PATCH of a person', 'patch'], ['group_fill', 'SCIM group: 10,000 members a PATCH, a member', undefined],
  ['group_add_one', 'SCIM group of 50,000: one in', 'patch'], ['group_remove_one', '… one out', 'patch'], ['group_patch_plain', '… one in, asked for nothing less', 'patch'],
  ['group_replace_all', '… all replaced (100 in, 100 out)', undefined], ['members_page', '100 of its members', 'list'], ['effective_page', '100 of its effective members', 'list'],
  ['groups_of', 'the groups of a person', 'get'], ['export', 'export, a person', 'list100'],
];
const micro = (us) => us >= 10_000 ? `${(us / 1000).toFixed(0)} ms` : us >= 1000 ? `${(us / 1000).toFixed(1)} ms` : `${us.toFixed(us < 10 ? 1 : 0)} µs`;
function table(store, of) {
  const postgres = store === 'postgres';
  const { alone, beside, million: most, floor: floors } = of;
  const growth = (other, what) => other ? ` | ${other[what] ? `${((other[what].cpu + other[what].database) / (alone[what].cpu + alone[what].database)).toFixed(2)}×` : '–'}` : '';
  const lines = [`### ${postgres ? 'PostgreSQL 15 (fsync on, unix socket)' : 'SQLite (embedded, synchronous=FULL)'}`, '',
    `| | a second | CPU each${postgres ? ' | in PostgreSQL' : ''} | floor's CPU | of the floor's${beside ? ` | beside ${besides.toLocaleString('en')} tenants` : ''}${most ? ` | of ${million.toLocaleString('en')} people` : ''} |`,
    `| --- | ---: | ---:${postgres ? ' | ---:' : ''} | ---: | ---:${beside ? ' | ---:' : ''}${most ? ' | ---:' : ''} |`];
  for (const [what, name, on] of rows) {
    const got = alone[what];
    if (!got) continue;
    const least = on === 'list100' ? floors.list.cpu_us / 100 : floors[on]?.cpu_us;
    lines.push(`| ${name} | ${(got.times / got.wall).toFixed(got.times / got.wall < 10 ? 1 : 0)} | ${micro(got.cpu)}${postgres ? ` | ${micro(got.database)}` : ''} | ${least ? micro(least) : '–'} | ${least ? `${(got.cpu / least).toFixed(1)}×` : '–'}${growth(beside, what)}${growth(most, what)} |`);
  }
  const peaks = [alone, beside, most].filter(Boolean).map(({ memory }) => `${memory.peak.toFixed(0)} MiB`).join(', ');
  lines.push('', `Resident memory at its highest: ${peaks}.${floors.import.database ? ` PostgreSQL's CPU for a person of the floor: ${micro(floors.import.database)}.` : ''}`, '');
  return lines.join('\n');
}

const kept = join(root, 'build/bench-directory.json');
const results = flag('keep') ? JSON.parse(readFileSync(kept, 'utf8')) : {};
for (const store of stores) {
  results[store] ??= {};
  for (const one of cases) {
    const bench = await Bench.start(store, one);
    if (one === 'alone') results[store].floor = floor(store, bench.database, people);
    if (one === 'beside') { bench.neighbours(besides); await bench.server.restart(); await bench.signIn(); }
    await bench.all(one === 'million' ? million : people);
    results[store][one] = bench.results;
    await bench.server.stop();
    mkdirSync(join(root, 'build'), { recursive: true });
    writeFileSync(kept, JSON.stringify(results));
  }
}
const begin = '## The directory';
const text = `${begin}

\`scripts/bench directory${cases.includes('million') ? ' --million' : ''}\`, ${run(['--version']).stdout.trim()}, ${cpus().length} cores shared with the load and (there) PostgreSQL: believe CPU and ratios, not the times. Each
figure is of one operation in a tenant of ${people.toLocaleString('en')} people, through the API; CPU is the server's, user and system, and has all that
went on behind it. The floor (\`bench/directory_floor.cpp\`, same run) is a sealed row under a blind index and its sealed audit record, with the
same indexes, inserted in batches of 500 a commit; read back and opened by key. The last columns are the same cost (with PostgreSQL's own)
beside other tenants who have people, records and groups too, and in a larger tenant. Single requests: the best of five rounds.

${Object.entries(results).filter(([, of]) => of.alone).map(([store, of]) => table(store, of)).join('\n')}`;
if (flag('print') || flag('keep')) process.stdout.write(text);
else {
  const file = join(root, 'bench/RESULTS.md');
  writeFileSync(file, `${readFileSync(file, 'utf8').split(`\n${begin}\n`)[0].trimEnd()}\n\n${text}`);
}
process.exit(0);
