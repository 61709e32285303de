// A hundred thousand contractors who do nothing cost nothing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { discover, sampleOne, signIn } from '../kit/client.mjs';
import { send } from '../kit/http.mjs';
import { demo } from '../kit/stories.mjs';
import { hanako } from '../kit/server.mjs';

describe('100,000 tenants', () => {
  const world = demo();
  test('are not read at start, and one more request is one more request', async () => {
    const { server } = world;
    await server.restart();
    await send(`${server.url}/readyz`);
    const before = server.memory();
    // Each a copy of the demonstration tenant's row under another id and slug.
    const columns = server.sql("select name || ' ' || type from pragma_table_info('tenants')").split('\n').map((line) => line.split(' '));
    const value = ([name]) => ({ slug: "'many-' || n.value", host: 'null', tenant: 'randomblob(16)', id: 'randomblob(16)' }[name] ?? `t.${name}`);
    server.sql(`insert into tenants (${columns.map(([name]) => name).join(', ')})
      select ${columns.map(value).join(', ')} from tenants t, generate_series(1, 100000) n where t.slug = 'demo'`);
    await server.restart();
    await send(`${server.url}/readyz`);
    const after = server.memory();
    assert.ok(after - before < 8 * 1024, `${before} KiB before, ${after} KiB after`);
    assert.ok((await signIn(await discover(server.issuer(), sampleOne), hanako)).claims.sub);
    assert.ok(server.memory() < before + 200 * 1024);
  });
});
