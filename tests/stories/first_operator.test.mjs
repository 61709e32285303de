// `kidoban serve` without demonstration data: empty, with a link for the first operator.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Person } from '../kit/person.mjs';
import { Server, run } from '../kit/server.mjs';

describe('the first operator', () => {
  let server, link;
  before(async () => {
    server = await Server.start({ demo: false });
    link = /http:\S+\/setup\/\S+/.exec(server.stdout)?.[0];
  });
  after(() => server?.stop());

  test('gets a link that works once', async () => {
    assert.ok(link, server.stdout);
    const person = new Person();
    await person.go(link);
    const values = { login: 'operator@example.com', name: 'Operator', password: 'a long way to the gate' };
    await person.answer({ ...values, password_again: 'another' });
    assert.equal(person.page.status, 400, 'both passwords must agree');
    await person.answer({ ...values, password_again: values.password });
    const page = await person.signIn(person.at, values);
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, /Operator/);
    assert.equal((await new Person().go(link)).status, 410);
    assert.ok(!server.stderr.includes(link.split('/').pop()), 'the link is in no log');
  });

  test('gets none from a store that has one already', async () => {
    const before = server.stdout.length;
    await server.restart();
    assert.doesNotMatch(server.stdout.slice(before), /setup/);
  });
});

describe('the command line', () => {
  const help = (...words) => {
    const done = run([...words, '--help']);
    assert.equal(done.status, 0, words.join(' '));
    return done.stdout;
  };
  test('explains every command', () => {
    const subcommands = (text) => [...(text.split(/^Subcommands:$/m)[1] ?? '').matchAll(/^ {2}(\w[\w-]*) /gm)].map(([, name]) => name);
    const top = subcommands(help());
    for (const name of ['serve', 'tenant', 'person', 'application', 'migrate', 'backup', 'restore']) assert.ok(top.includes(name), `${name} in ${top}`);
    for (const name of top) for (const inner of [undefined, ...subcommands(help(name))]) assert.match(help(...[name, inner].filter(Boolean)), /--/);
  });

  test('refuses what it does not know, with code 2', () => {
    assert.equal(run(['dance']).status, 2);
    assert.equal(run(['serve', '--unknown']).status, 2);
    assert.equal(run([]).status, 2);
  });

  test('prints its configuration as a file it can read again', () => {
    const done = run(['config']);
    assert.equal(done.status, 0);
    assert.match(done.stdout, /\[server\]/);
  });
});
