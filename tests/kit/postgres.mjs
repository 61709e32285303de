// PostgreSQL 15 of this test program alone: a temporary folder, a Unix socket, gone at the end. As root it
// runs as `postgres`, which is what PostgreSQL asks for.
import { execFileSync, spawn } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd, temporaryFolder } from './folder.mjs';

const bin = '/usr/lib/postgresql/15/bin';
const root = process.getuid() === 0;
const unprivileged = root ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--pdeathsig', 'QUIT'] : ['setpriv', '--pdeathsig', 'QUIT'];
let server;
let made = 0;

async function start({ durable }) {
  const folder = temporaryFolder('kidoban-postgres');
  if (root) chownSync(folder, Number(execFileSync('id', ['-u', 'postgres'])), Number(execFileSync('id', ['-g', 'postgres'])));
  const data = join(folder, 'data');
  const [program, ...rest] = unprivileged;
  execFileSync(program, [...rest, `${bin}/initdb`, '-D', data, '-U', 'kidoban_superuser', '--auth=trust', '--no-sync',
    '-E', 'UTF8', '--locale=C.UTF-8'], { stdio: 'pipe', cwd: folder });
  const settings = ['listen_addresses=', 'shared_buffers=64MB', 'max_connections=120', 'log_min_messages=warning',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off'])].flatMap((setting) => ['-c', setting]);
  const child = spawn(program, [...rest, `${bin}/postgres`, '-D', data, '-k', folder, ...settings], { stdio: 'ignore', cwd: folder });
  child.unref(); // else it would keep the test program from ending
  atEnd(() => { process.kill(child.pid, 'SIGQUIT'); execFileSync('sleep', ['0.3']); });
  for (let i = 0; ; ++i) {
    try {
      execFileSync(`${bin}/pg_isready`, ['-h', folder, '-q']);
      break;
    } catch (error) {
      if (i > 300) throw error;
      await sleep(50);
    }
  }
  const run = (database, statement) => execFileSync('psql', ['-h', folder, '-U', 'kidoban_superuser', '-d', database,
    '-v', 'ON_ERROR_STOP=1', '-qAt', '-c', statement], { encoding: 'utf8', env: { ...process.env, PGOPTIONS: '-c search_path=kidoban,public' } }).trim();
  run('postgres', 'create role kidoban login nosuperuser nobypassrls');
  return { folder, run, pid: child.pid };
}

// → {conninfo, sql(statement)}: a new empty database, owned by a role that row-level security binds; `sql` is the superuser's.
export async function postgresDatabase({ durable = false } = {}) {
  server ??= start({ durable });
  const { folder, run, pid } = await server;
  const name = `story_${++made}`;
  run('postgres', `create database ${name} owner kidoban strategy file_copy`);
  return { conninfo: `host=${folder} dbname=${name} user=kidoban`, sql: (statement) => run(name, statement), pid };
}
