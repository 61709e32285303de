// A person at a browser without script: keeps cookies, follows redirects to rest, fills forms.
import assert from 'node:assert/strict';
import { send } from './http.mjs';

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const decode = (text) => text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) =>
  hex ? String.fromCodePoint(parseInt(hex, 16)) : decimal ? String.fromCodePoint(Number(decimal)) : entities[name] ?? all);
const attributes = (tag) => Object.fromEntries([...tag.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g)]
  .slice(1).map(([, name, a, b, c]) => [name.toLowerCase(), decode(a ?? b ?? c ?? '')]));

// The forms of a page: [{action, method, fields: {name: value}, buttons: [{name, value}]}]
export function formsOf(html) {
  return [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/gi)].map(([text]) => {
    const form = attributes(/^<form\b[^>]*>/i.exec(text)[0]);
    const inputs = [...text.matchAll(/<input\b[^>]*>/gi)].map(([tag]) => attributes(tag)).filter((input) => input.name);
    const buttons = [...text.matchAll(/<button\b[^>]*>/gi)].map(([tag]) => attributes(tag));
    return { action: form.action, method: (form.method ?? 'get').toUpperCase(), buttons,
      fields: Object.fromEntries(inputs.map((input) => [input.name, input.value ?? ''])) };
  });
}

// The text a reader sees, in one line.
export const textOf = (html) => decode(html.replace(/<(head|script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]+>/g, ' '))
  .replace(/\s+/g, ' ').trim();

export class Person {
  // `ca`: certificates to trust. `stopAt`: URLs that begin so are applications: arriving there is rest.
  constructor({ language = 'en', ca, stopAt = [], headers = {} } = {}) {
    Object.assign(this, { ca, stopAt, cookies: new Map(), at: undefined, page: undefined });
    this.headers = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
      Accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'Accept-Language': language, ...headers };
  }

  // Another browser with the same cookies: a stolen cookie jar, or a second window.
  twin() {
    const other = new Person({ ca: this.ca, stopAt: this.stopAt, headers: this.headers });
    other.cookies = new Map(this.cookies);
    return other;
  }

  cookieHeader(url) {
    const to = new URL(url);
    return [...this.cookies.values()].filter((c) => c.host === to.hostname && (!c.secure || to.protocol === 'https:') &&
      to.pathname.startsWith(c.path)).map((c) => `${c.name}=${c.value}`).join('; ');
  }

  keep(url, lines) {
    const host = new URL(url).hostname;
    for (const line of lines) {
      const [pair, ...rest] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const said = Object.fromEntries(rest.map((part) => {
        const [key, ...value] = part.split('=');
        return [key.toLowerCase(), value.join('=')];
      }));
      const key = `${host} ${name}`;
      const gone = Number(said['max-age'] ?? 1) <= 0 || (said.expires && new Date(said.expires) < new Date());
      if (gone) this.cookies.delete(key);
      else this.cookies.set(key, { name, host, value: pair.slice(name.length + 1), path: said.path || '/', secure: 'secure' in said, line });
    }
  }

  // One request with the cookies, no redirect followed.
  async send(url, options = {}) {
    const cookie = this.cookieHeader(url);
    const reply = await send(url, { ca: this.ca, ...options, headers: { ...this.headers, ...(cookie && { Cookie: cookie }), ...options.headers } });
    this.keep(url, reply.cookies);
    return reply;
  }

  // A link followed, or a form sent, with every redirect after it. Rest is a page, or an application's URL.
  async go(url, options = {}) {
    let to = String(url);
    for (let hops = 0; hops < 20; ++hops) {
      if (this.stopAt.some((prefix) => to.startsWith(prefix))) return this.#rest(to, { status: 0, body: '', headers: {} });
      const reply = await this.send(to, options);
      if (![301, 302, 303, 307, 308].includes(reply.status)) return this.#rest(to, reply);
      to = String(new URL(reply.headers.location, to));
      options = {};
    }
    throw new Error(`redirects never end at ${to}`);
  }

  #rest(url, reply) {
    this.at = new URL(url);
    this.page = { ...reply, url: this.at, text: textOf(reply.body), forms: formsOf(reply.body) };
    return this.page;
  }

  form(field) {
    const found = this.page.forms.find((form) => field in form.fields || form.buttons.some((button) => button.name === field));
    assert.ok(found, `no form with ${field} at ${this.at}: ${this.page.text}`);
    return found;
  }

  // Fills the form that has the first of `values` and sends it as a browser would.
  async answer(values) {
    const form = this.form(Object.keys(values)[0]);
    const action = new URL(form.action || this.at, this.at);
    return this.go(action, { method: 'POST', form: { ...form.fields, ...values },
      headers: { Origin: this.at.origin, 'Sec-Fetch-Site': 'same-origin' } });
  }

  // From a link to wherever signing in leads, through whatever steps the pages show.
  async signIn(url, { login, password, consent = 'allow' }) {
    await this.go(url);
    for (let steps = 0; steps < 8; ++steps) {
      const has = (field) => this.page.forms?.some((form) => field in form.fields || form.buttons.some((b) => b.name === field));
      if (has('password')) await this.answer({ password, ...(has('login') && { login }) });
      else if (has('login')) await this.answer({ login });
      else if (has('decision')) await this.answer({ decision: consent });
      else return this.page;
      if (this.page.status >= 400) return this.page;
    }
    throw new Error(`signing in never ends at ${this.at}: ${this.page.text}`);
  }

  // The same steps in JSON: → the last answer, {step: "done", location} or one with a problem.
  async signInByJson(url, { login, password }) {
    const headers = { Accept: 'application/json' };
    let reply = await this.send(url);
    assert.equal(reply.status, 303, `${url}: ${reply.status} ${reply.body}`);
    const journey = String(new URL(reply.headers.location, url));
    const origin = new URL(journey).origin;
    let said = (await this.send(journey, { headers })).json();
    for (const [step, values] of [['identify', { login }], ['password', { password }]]) {
      assert.equal(said.step, step);
      reply = await this.send(journey, { json: { step, csrf: said.csrf, ...values }, headers: { ...headers, Origin: origin, 'Sec-Fetch-Site': 'same-origin' } });
      if (reply.status === 303) reply = await this.send(new URL(reply.headers.location, journey), { headers });
      said = reply.json();
      if (said.problem) return said;
    }
    return said;
  }
}
