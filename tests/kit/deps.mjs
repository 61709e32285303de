// Reads src/deps.txt and holds the sources to it; and to what STYLE.md says that a machine can see.
//   node tests/kit/deps.mjs [folder of the repository]
// Prints one line a fault, path first, and exits 1 when there is one.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const longestFile = 600;
const builtFolders = new Set(['.git', 'node_modules', 'build', 'data', 'fuzz', 'dist']);
const counted = /\.(cpp|h|mjs|js|ts|tsx|css|sh|sql|mustache|cmake)$/;
const read = (file) => readFileSync(file, 'utf8');

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (builtFolders.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

// The rules of deps.txt: folders in their order, and headers that only some may include.
export function readRules(text) {
  const folders = [];
  const only = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, kind, left, right] = /^(folder|only) ([^:]+):(.*)$/.exec(line) ?? [];
    const words = (part) => part.trim().split(/\s+/).filter(Boolean);
    if (kind === 'folder') {
      const [name, mark, ...more] = words(left);
      if ((mark && mark !== 'plug-in') || more.length) throw new Error(`deps.txt:${index + 1}: ${line}`);
      folders.push({ name, plugIn: mark === 'plug-in', door: words(right) });
    } else if (kind === 'only') {
      only.push({ headers: words(left), where: words(right) });
    } else {
      throw new Error(`deps.txt:${index + 1}: ${line}`);
    }
  }
  return { folders, only };
}

// The folder a path belongs to: the longest that is the path's beginning.
function ownerOf(path, folders) {
  return folders
    .filter(({ name }) => path.startsWith(`${name}/`))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

const matches = (pattern, header) =>
  pattern.endsWith('*') ? header.startsWith(pattern.slice(0, -1)) : header === pattern;

function includeFault(file, header, rules, src) {
  const isTest = /_(test|fuzz|bench)\.(cpp|h)$/.test(file);
  for (const { headers, where } of isTest ? [] : rules.only) {
    if (!headers.some((pattern) => matches(pattern, header))) continue;
    if (!where.some((place) => file === place || file.startsWith(`${place}/`))) {
      return `${header} belongs to ${where.join(', ')}`;
    }
  }
  const to = ownerOf(header, rules.folders);
  const from = ownerOf(file, rules.folders);
  if (!to || !from || to === from || !existsSync(join(src, to.name))) return null;
  if (to.plugIn && isTest) return null;
  if (to.plugIn && from.name !== 'service') return `${to.name} is a plug-in: only service includes it`;
  const inHouse = rules.folders.indexOf(to) < rules.folders.indexOf(from);
  if (!inHouse) return `${to.name} stands above ${from.name}`;
  const name = header.slice(to.name.length + 1);
  if (!to.door.includes('*') && !to.door.includes(name)) return `${header} is not a door of ${to.name}`;
  return null;
}

function includeFaults(root, rules) {
  const src = join(root, 'src');
  return filesBelow(src).filter((file) => /\.(cpp|h)$/.test(file)).flatMap((file) => {
    const path = relative(src, file);
    if (path.includes('/') && !ownerOf(path, rules.folders)) return [`src/${path}: its folder isn't in deps.txt`];
    return read(file).split('\n').flatMap((line, index) => {
      const header = /^\s*#\s*include\s*[<"]([^>"]+)[>"]/.exec(line)?.[1];
      const fault = header && includeFault(path, header, rules, src);
      return fault ? [`src/${path}:${index + 1}: ${fault}`] : [];
    });
  });
}

// Every key that is in one language is in the other. Japanese may leave a {{name}} out where the sentence
// wants none, but has no name that English hasn't: the page would fill in nothing.
function wordFaults(root) {
  return filesBelow(join(root, 'src')).filter((file) => file.endsWith('words.en.json')).flatMap((english) => {
    const japanese = english.replace('.en.', '.ja.');
    const where = relative(root, dirname(english));
    if (!existsSync(japanese)) return [`${where}: words.ja.json is missing`];
    const [en, ja] = [english, japanese].map((file) => JSON.parse(read(file)));
    const names = (text) => [...String(text).matchAll(/\{+\s*([\w.]+)\s*\}+/g)].map((one) => one[1]);
    return [...new Set([...Object.keys(en), ...Object.keys(ja)])].flatMap((key) => {
      if (!(key in en)) return [`${where}/words.en.json: ${key} is missing`];
      if (!(key in ja)) return [`${where}/words.ja.json: ${key} is missing`];
      const extra = names(ja[key]).filter((name) => !names(en[key]).includes(name));
      return extra.map((name) => `${where}/words.ja.json: ${key} fills in ${name}, which en doesn't`);
    });
  });
}

// Paths of one developer's machine say nothing to anyone else's.
const machinePaths = new RegExp(['/work' + '/', '/ro' + 'ot/', '/ho' + 'me/\\w', '/tmp' + '/b-'].join('|'));

function textFaults(root) {
  return filesBelow(root).flatMap((file) => {
    const path = relative(root, file);
    if (statSync(file).size > 4_000_000 || /\.(png|svg|woff2?|ico|gz)$/.test(path)) return [];
    const lines = read(file).split('\n');
    const found = lines.findIndex((line) => machinePaths.test(line));
    const faults = found < 0 ? [] : [`${path}:${found + 1}: a path of one machine`];
    if (counted.test(path) && lines.length - 1 > longestFile) {
      faults.push(`${path}: ${lines.length - 1} lines, ${longestFile} at most`);
    }
    return faults;
  });
}

export function faultsIn(root) {
  const rules = readRules(read(join(root, 'src/deps.txt')));
  const readmes = rules.folders
    .filter(({ name }) => existsSync(join(root, 'src', name)) && !existsSync(join(root, 'src', name, 'README.md')))
    .map(({ name }) => `src/${name}: no README.md`);
  return [...includeFaults(root, rules), ...wordFaults(root), ...textFaults(root), ...readmes];
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const faults = faultsIn(resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '../..')));
  for (const fault of faults) console.log(fault);
  process.exit(faults.length ? 1 : 0);
}
