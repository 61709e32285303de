// Seeded randomness for tests: KIDOBAN_TEST_SEED brings a run back. For choices, never for secrets.
import { randomInt } from 'node:crypto';

export const seed = Number(process.env.KIDOBAN_TEST_SEED ?? randomInt(2 ** 31));
process.stderr.write(`KIDOBAN_TEST_SEED=${seed}\n`);

let state = seed >>> 0;
// mulberry32: 0 <= x < 1
export function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
export const between = (least, most) => least + Math.floor(random() * (most - least + 1));
export const pick = (list) => list[between(0, list.length - 1)];
