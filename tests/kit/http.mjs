// One HTTP request, told exactly: any header, own certificates, no redirect followed, nothing retried.
import http from 'node:http';
import https from 'node:https';

const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

// Who looks at every answer before the story does (contract.mjs): called with {method, url, headers, body, reply}.
export const observers = [];

// Lets go of connections that wait for a next request. While a command runs to its end (spawnSync) nothing here reads, and
// a server may have closed them meanwhile: the next request would meet its own silence.
export function forgetConnections() {
  for (const agent of Object.values(agents)) {
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of [...sockets]) socket.destroy();
  }
}

// → {status, headers, cookies: [Set-Cookie…], body: text, json()}. `form` and `json` make the body.
export async function send(url, { method, headers = {}, body, form, json, ca, agent, unobserved } = {}) {
  const to = new URL(url);
  if (form) {
    body = String(form instanceof URLSearchParams ? form : new URLSearchParams(form));
    headers = { 'Content-Type': 'application/x-www-form-urlencoded', ...headers };
  } else if (json !== undefined) {
    body = JSON.stringify(json);
    headers = { 'Content-Type': 'application/json', ...headers };
  }
  if (body !== undefined) headers = { 'Content-Length': Buffer.byteLength(body), ...headers };
  const reply = await new Promise((resolve, reject) => {
    const kind = to.protocol === 'https:' ? https : http;
    const request = kind.request(to, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers, ca,
      agent: agent ?? (ca ? undefined : agents[to.protocol]), timeout: 60_000 }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode, headers: response.headers, body: text,
          cookies: response.headers['set-cookie'] ?? [], json: () => JSON.parse(text) });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer from ${url} in a minute`)));
    request.on('error', reject);
    request.end(body);
  });
  const used = method ?? (body === undefined ? 'GET' : 'POST');
  if (!unobserved) for (const look of observers) await look({ method: used, url: String(to), headers, body, reply });
  return reply;
}
