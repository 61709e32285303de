// Temporary folders, and what must be ended when the test program is.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const endings = [];
let ended = false;
function end() {
  if (ended) return;
  ended = true;
  for (const ending of endings.reverse()) try { ending(); } catch { /* the rest is ended all the same */ }
}
process.on('exit', end);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

// Runs at exit, the newest first. Synchronous.
export const atEnd = (ending) => endings.push(ending);

export function temporaryFolder(name = 'kidoban-story') {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return folder;
}
