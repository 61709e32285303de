// This repository's own house; and that deps.mjs sees each kind of fault: a small sound house, and the same
// with one fault at a time.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { faultsIn, readRules } from './deps.mjs';

const rules = `# The house
folder base: *
folder store: store.h
folder login: login.h
folder factors/password plug-in: password.h
folder factors/totp plug-in: totp.h
folder service:
only sqlite3.h boost/asio*: store/sqlite
`;
const sound = {
  'src/deps.txt': rules,
  'src/base/README.md': '', 'src/store/README.md': '', 'src/login/README.md': '', 'src/service/README.md': '',
  'src/factors/password/README.md': '', 'src/factors/totp/README.md': '',
  'src/base/text.h': '#include <string>\n',
  'src/store/store.h': '#include "base/text.h"\n',
  'src/store/sqlite/writer.cpp': '#include <sqlite3.h>\n#include "store/rows.h"\n',
  'src/login/login.cpp': '#include "store/store.h"\n#include "login/journey.h"\n',
  'src/login/login_test.cpp': '#include "factors/password/password.h"\n#include <sqlite3.h>\n',
  'src/login/words.en.json': '{"a": "A {{name}}"}', 'src/login/words.ja.json': '{"a": "{{name}} B"}',
  'src/service/features.cpp': '#include "factors/password/password.h"\n#include "login/login.h"\n',
  'src/factors/password/password.cpp': '#include "factors/password/page.h"\n',
  'src/factors/totp/totp.cpp': '',
};

function faultsWith(change) {
  const root = mkdtempSync(join(tmpdir(), 'kidoban-deps-'));
  try {
    for (const [path, text] of Object.entries({ ...sound, ...change })) {
      if (text === null) continue;
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return faultsIn(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('this house has no fault', () => {
  const faults = faultsIn(join(dirname(fileURLToPath(import.meta.url)), '../..'));
  assert.equal(faults.length, 0, `\n${faults.join('\n')}`);
});

test('a sound house has no fault', () => assert.deepEqual(faultsWith({}), []));

for (const [what, change, fault] of [
  ['upward', { 'src/base/text.h': '#include "store/store.h"\n' }, /^src\/base\/text.h:1: store stands above base$/],
  ['a test upward', { 'src/base/text_test.cpp': '#include "store/store.h"\n' }, /stands above/],
  ['past the door', { 'src/login/login.cpp': '\n#include "store/rows.h"\n' }, /login.cpp:2: store\/rows.h is not a door/],
  ['plug-in by login', { 'src/login/login.cpp': '#include "factors/password/password.h"\n' }, /is a plug-in/],
  ['plug-in by plug-in', { 'src/factors/totp/totp.cpp': '#include "factors/password/password.h"\n' }, /is a plug-in/],
  ['login by a plug-in below it', { 'src/store/x.cpp': '#include "login/login.h"\n' }, /login stands above store/],
  ['a library elsewhere', { 'src/store/x.cpp': '# include <sqlite3.h>\n' }, /sqlite3.h belongs to store\/sqlite/],
  ['a library by prefix', { 'src/login/x.h': '#include <boost/asio/ip/tcp.hpp>\n' }, /belongs to/],
  ['a folder without rules', { 'src/utils/x.h': '' }, /isn't in deps.txt/],
  ['a missing word', { 'src/login/words.ja.json': '{}' }, /words.ja.json: a is missing/],
  ['a word too many', { 'src/login/words.ja.json': '{"a": "{{name}}", "b": ""}' }, /words.en.json: b is missing/],
  ['a name that nothing fills in', { 'src/login/words.ja.json': '{"a": "{{other}} B"}' }, /fills in other/],
  ['a language missing', { 'src/login/words.ja.json': null }, /words.ja.json is missing/],
  ['a long file', { 'src/login/long.cpp': '\n'.repeat(601) }, /601 lines/],
  ['a path of one machine', { 'docs/x.md': `see /work${'/'}main` }, /a path of one machine/],
  ['no README', { 'src/login/README.md': null }, /src\/login: no README.md/],
]) {
  test(`it sees ${what}`, () => {
    const faults = faultsWith(change);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0], fault);
  });
}

test('a line it does not understand stops it', () => {
  assert.throws(() => readRules('folder a\n'), /deps.txt:1/);
  assert.throws(() => readRules('folder a plugin: a.h\n'), /deps.txt:1/);
});
