// A real SMTP server for a story (npm's smtp-server): keeps what it was given, decoded by mailparser.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { atEnd, temporaryFolder } from './folder.mjs';

export const account = { user: 'kidoban', pass: 'the relay opens for 鍵' };

// What `kidoban serve` is told of it: → arguments. `more`: settings that differ; undefined leaves one out.
export function mailing(port, files, more = {}) {
  const config = join(temporaryFolder(), 'mail.toml');
  const rows = { server: `localhost:${port}`, from: 'noreply@id.example', username: account.user, password_file: files.password, ca_file: files.cert, first_retry_s: 1, ...more };
  writeFileSync(config, `[mail]\n${Object.entries(rows).filter(([, value]) => value !== undefined).map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join('\n')}\n`);
  return ['--config', config];
}

// A certificate for localhost, signed by itself.
export function certificate() {
  const folder = temporaryFolder('kidoban-smtp');
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const password = join(folder, 'password');
  writeFileSync(password, `${account.pass}\n`, { mode: 0o600 });
  return { cert, key, password, pem: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } };
}

export class MailServer {
  // `refuse(address)`: nothing, or {code, text} for RCPT TO. `pem`: {cert, key} as text; without it there is no STARTTLS.
  static async start({ port = 0, pem, auth = true, refuse = () => undefined, options = {} } = {}) {
    const server = new MailServer();
    Object.assign(server, { mails: [], attempts: [], refuse, sessions: 0 });
    const refusal = ({ code, text }) => Object.assign(new Error(text), { responseCode: code });
    server.smtp = new SMTPServer({
      ...(pem ? { key: pem.key, cert: pem.cert } : { hideSTARTTLS: true }), authOptional: !auth, allowInsecureAuth: false, logger: false, disableReverseLookup: true, closeTimeout: 500,
      onConnect: (session, done) => { server.sessions += 1; done(); },
      onAuth: (given, session, done) => (given.username === account.user && given.password === account.pass ? done(null, { user: given.username }) : done(refusal({ code: 535, text: 'no' }))),
      onRcptTo: ({ address }, session, done) => {
        server.attempts.push({ address, at: Date.now(), secure: session.secure, user: session.user });
        const no = server.refuse(address);
        done(no ? refusal(no) : undefined);
      },
      onData: (stream, session, done) => {
        const parts = [];
        stream.on('data', (part) => parts.push(part));
        stream.on('end', async () => {
          const raw = Buffer.concat(parts);
          const mail = await simpleParser(raw);
          server.mails.push({ ...mail, raw: raw.toString('latin1'), envelope: { from: session.envelope.mailFrom.address, to: session.envelope.rcptTo.map(({ address }) => address) }, secure: session.secure });
          done(null, 'kept');
        });
      },
      ...options,
    });
    server.smtp.on('error', () => { /* a client that hangs up */ });
    await new Promise((resolve, reject) => server.smtp.listen(port, '127.0.0.1', resolve).once('error', reject));
    server.port = server.smtp.server.address().port;
    atEnd(() => server.smtp.close());
    return server;
  }

  stop() { return new Promise((resolve) => this.smtp.close(resolve)); }

  // The first mail that fits and wasn't waited for before.
  async next(fits = () => true, { within = 20_000 } = {}) {
    for (const end = Date.now() + within; Date.now() < end;) {
      const found = this.mails.findIndex((mail) => !mail.seen && fits(mail));
      if (found >= 0) {
        this.mails[found].seen = true;
        return this.mails[found];
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no such mail in ${within} ms; there are: ${this.mails.map(({ subject, envelope }) => `${subject} to ${envelope.to}`).join('; ')}`);
  }
}
