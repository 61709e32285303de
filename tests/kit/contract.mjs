// Every answer of /api/v1 that a story gets, held to the document that the server itself gives out (OpenAPI 3.1): is the status
// declared, the media type, the reason, each member? And what was accepted, was it of the shape that is asked for?
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { observers, send } from './http.mjs';

const where = /^(?:\/t\/[^/]+)?(\/api\/v1\/.*)$/;
const pathOf = (url) => where.exec(new URL(url).pathname)?.[1];
const home = 'https://contract.invalid/';

// Readers leave alone what they don't know; we want to know of it: objects without a word on other members have none.
function closed(value) {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== 'object') return value;
  const out = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner)]));
  if (typeof out.$ref === 'string') out.$ref = out.$ref.replace('#/components/schemas/', home);
  else if (out.type === 'object' && out.properties && typeof out.properties === 'object') out.additionalProperties ??= false;
  return out;
}

const mediaType = (headers) => (headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
const headerOf = (headers, name) => Object.entries(headers).find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];

export class Contract {
  constructor(document) {
    this.document = document;
    this.ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
    addFormats(this.ajv);
    for (const [name, schema] of Object.entries(document.components.schemas)) this.ajv.addSchema(closed(schema), home + name);
    this.compiled = new Map();
    this.paths = Object.entries(document.paths).map(([path, operations]) => ({ path, operations, segments: path.split('/') }));
  }

  #resolve(value) {
    if (!value?.$ref) return value;
    return value.$ref.slice(2).split('/').reduce((at, name) => at[name.replaceAll('~1', '/').replaceAll('~0', '~')], this.document);
  }

  // What is wrong with a value, in one line; "" where nothing is.
  #faults(schema, value) {
    if (!this.compiled.has(schema)) this.compiled.set(schema, this.ajv.compile(closed(schema)));
    const validate = this.compiled.get(schema);
    if (validate(value)) return '';
    return validate.errors.map(({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`).join('; ');
  }
  #textFaults(schema, text) {
    const { type } = schema.$ref ? this.#resolve(schema) : schema;
    return this.#faults(schema, type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text);
  }

  // Literal segments before {values}, as the server's own table.
  operation(method, path) {
    const segments = path.split('/');
    const fits = this.paths.filter((one) => one.segments.length === segments.length &&
      one.segments.every((segment, i) => segment === segments[i] || (segment.startsWith('{') && segments[i] !== '')));
    fits.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
    const name = method === 'HEAD' ? 'get' : method.toLowerCase();
    return fits.find((one) => name in one.operations)?.operations[name];
  }

  // → everything about this answer that the document doesn't say.
  faults({ method, url, headers = {}, body, reply }) {
    const path = pathOf(url);
    const operation = this.operation(method, path);
    if (!operation) return reply.status >= 400 ? [] : [`no operation is described there, and the answer is ${reply.status}`];
    const out = [];
    const undeclared = reply.status >= 500 || reply.status === 423;
    const response = this.#resolve(operation.responses[reply.status] ?? (undeclared ? operation.responses.default : undefined));
    if (!response) return [`status ${reply.status} isn't declared: ${reply.body.slice(0, 300)}`];
    out.push(...this.#answerFaults(response, method, reply));
    if (reply.status < 300) out.push(...this.#requestFaults(operation, url, headers, body));
    return out;
  }

  #answerFaults(response, method, reply) {
    const out = [];
    for (const [name, about] of Object.entries(response.headers ?? {})) {
      const header = this.#resolve(about);
      const value = reply.headers[name.toLowerCase()];
      if (value === undefined && header.required) out.push(`the header ${name} is missing`);
      const wrong = value === undefined ? '' : this.#textFaults(header.schema, value);
      if (wrong) out.push(`the header ${name}: ${wrong}`);
    }
    for (const name of ['ETag', 'Location', 'Link', 'Retry-After', 'Content-Disposition']) {
      const declared = name === 'Retry-After' ? response.headers?.[name] || reply.status >= 400 : response.headers?.[name];
      if (reply.headers[name.toLowerCase()] !== undefined && !declared) out.push(`the header ${name} isn't declared`);
    }
    if (!response.content) return reply.body === '' ? out : [...out, `there is a body, and none is declared: ${reply.body.slice(0, 200)}`];
    if (method === 'HEAD') return out;
    const content = response.content[mediaType(reply.headers)];
    if (!content) return [...out, `the media type ${reply.headers['content-type']} isn't declared`];
    if (!mediaType(reply.headers).endsWith('json')) return out;
    const wrong = this.#faults(content.schema, reply.json());
    return wrong ? [...out, `the answer: ${wrong} in ${reply.body.slice(0, 500)}`] : out;
  }

  #requestFaults(operation, url, headers, body) {
    const out = [];
    const parameters = (operation.parameters ?? []).map((one) => this.#resolve(one));
    const query = new URL(url).searchParams;
    for (const name of query.keys()) {
      if (!parameters.some((one) => one.in === 'query' && one.name === name)) out.push(`the parameter ${name} was accepted and isn't described`);
    }
    for (const one of parameters) {
      const value = one.in === 'query' ? query.get(one.name) : one.in === 'header' ? headerOf(headers, one.name) : undefined;
      if (one.required && one.in === 'query' && value === null) out.push(`it was accepted without ${one.name}`);
      const wrong = typeof value === 'string' ? this.#textFaults(one.schema, value) : '';
      if (wrong) out.push(`the parameter ${one.name} was accepted: ${wrong}`);
    }
    const content = operation.requestBody?.content;
    if (!content) return body ? [...out, 'a body was accepted, and none is described'] : out;
    if (!body) return operation.requestBody.required ? [...out, 'it was accepted without a body'] : out;
    if (!content['application/json']) return out;
    const wrong = this.#faults(content['application/json'].schema, JSON.parse(body));
    return wrong ? [...out, `the request was accepted: ${wrong}`] : out;
  }
}

// One program, one document: asked for at the first answer that there is to check.
let contract;
export async function contractAt(base) {
  if (contract) return contract;
  const reply = await send(`${base}/api/v1/openapi.json`, { unobserved: true }).catch(() => undefined);
  if (reply?.status !== 200) return undefined;  // no such tenant, or a server that is going: the next answer says it
  contract = new Contract(reply.json());
  return contract;
}

observers.push(async (exchange) => {
  const path = pathOf(exchange.url);
  if (!path || path === '/api/v1/openapi.json') return;
  const url = new URL(exchange.url);
  const known = await contractAt(`${url.origin}${url.pathname.slice(0, url.pathname.length - path.length)}`);
  const faults = known?.faults(exchange) ?? [];
  if (faults.length) throw new Error(`the API isn't what its document says: ${exchange.method} ${path}: ${faults.join('\n')}`);
});
