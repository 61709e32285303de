// A receiver of webhooks: a real HTTPS server that keeps what it was sent and answers as a story wants.
import https from 'node:https';
import { Webhook } from 'standardwebhooks';
import { atEnd } from './folder.mjs';

export class Receiver {
  // `pem`: {cert, key} as text, for localhost. `answer(message, response)`: says what is answered; without it, 204.
  static async start({ pem, port = 0 }) {
    const receiver = new Receiver();
    Object.assign(receiver, { got: [], answer: () => {}, secrets: {} });
    receiver.server = https.createServer({ key: pem.key, cert: pem.cert }, (request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', async () => {
        const body = Buffer.concat(parts).toString();
        const message = { path: request.url, method: request.method, headers: request.headers, id: request.headers['webhook-id'], body, at: Date.now() };
        try { message.json = JSON.parse(body); } catch { /* looked at by the story */ }
        await receiver.answer(message, response);
        message.status = response.headersSent ? response.statusCode : 204;
        if (message.ignored) return; // never answered
        if (response.destroyed) message.status = 0; // hung up on
        receiver.got.push(message);
        if (message.status === 0) return;
        if (!response.headersSent) response.writeHead(204);
        if (!response.writableEnded) response.end();
      });
      request.on('error', () => { /* whoever sent it hung up */ });
    });
    await new Promise((resolve, reject) => receiver.server.listen(port, '127.0.0.1', resolve).once('error', reject));
    receiver.port = receiver.server.address().port;
    receiver.url = `https://localhost:${receiver.port}`;
    atEnd(() => receiver.server.close());
    return receiver;
  }
  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
  // What came to a path and was taken (2xx), in the order in which it came.
  taken(path) { return this.got.filter((one) => one.path === path && one.status >= 200 && one.status < 300); }
  // Their records, each the first time it came.
  records(path) {
    const seen = new Map();
    for (const { json } of this.taken(path)) for (const record of json.data.records ?? []) if (!seen.has(record.id)) seen.set(record.id, record);
    return [...seen.values()];
  }
}

// By the scheme's own library; throws where the signature or the time isn't right.
export const verified = (message, secret) => new Webhook(secret).verify(message.body, message.headers);
