// Apache httpd with a site that mod_auth_openidc guards by examples/mod_auth_openidc/kidoban.conf.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd, temporaryFolder } from './folder.mjs';
import { send } from './http.mjs';
import { root } from './server.mjs';

const modules = { mpm_event: 0, authn_core: 0, authz_core: 0, authz_user: 0, headers: 0, mime: 0, dir: 0, auth_openidc: 0 };

// → {site, stop()}. The site answers with the person's address in X-Remote-User.
export async function startApache({ port, issuer, clientId, clientSecret }) {
  const folder = temporaryFolder('kidoban-apache');
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'htdocs'));
  writeFileSync(join(folder, 'htdocs/index.html'), '<!doctype html><title>Intranet</title><h1>Intranet</h1>');
  const site = `http://localhost:${port}`;
  const file = join(folder, 'httpd.conf');
  writeFileSync(file, [
    'ServerRoot /usr/lib/apache2', 'ServerName localhost', `Listen 127.0.0.1:${port}`, `PidFile ${folder}/httpd.pid`,
    ...(process.getuid() === 0 ? ['User www-data', 'Group www-data'] : []),
    ...Object.keys(modules).map((name) => `LoadModule ${name}_module modules/mod_${name}.so`),
    'TypesConfig /etc/mime.types', `ErrorLog ${folder}/error.log`, 'LogLevel warn', `DocumentRoot ${folder}/htdocs`, 'DirectoryIndex index.html',
    `Define ISSUER ${issuer}`, `Define CLIENT_ID ${clientId}`, `Define CLIENT_SECRET ${clientSecret}`, `Define SITE ${site}`,
    `Include ${root}examples/mod_auth_openidc/kidoban.conf`,
    'Header always set X-Remote-User "expr=%{REMOTE_USER}"', ''].join('\n'));
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '/usr/sbin/apache2', '-f', file, '-DFOREGROUND'], { stdio: ['ignore', 'inherit', 'inherit'] });
  atEnd(() => child.kill('SIGTERM'));
  for (let i = 0; ; ++i) {
    try {
      await send(`${site}/nothing`);
      break;
    } catch (error) {
      if (i > 100) throw new Error(`Apache doesn't start: ${readFileSync(join(folder, 'error.log'), 'utf8')}`, { cause: error });
      await sleep(100);
    }
  }
  const stop = () => new Promise((resolve) => { child.once('close', resolve); child.kill('SIGTERM'); });
  return { site, stop, log: () => readFileSync(join(folder, 'error.log'), 'utf8') };
}
