// scripts/run --check: an empty store, a free port, one sign-in through a real client. Prints the claims.
import { discover, sampleOne, signIn } from './client.mjs';

process.env.KIDOBAN = process.argv[2];
const { Server, hanako } = await import('./server.mjs');
const server = await Server.start();
const { tokens, claims } = await signIn(await discover(server.issuer(), sampleOne), hanako);
if (!tokens.access_token) throw new Error('no access token');
console.log(`Signed in at ${server.issuer()}. The ID token, verified, says:`);
console.log(JSON.stringify(claims, null, 2));
const code = await server.stop();
if (code !== 0) throw new Error(`kidoban stopped with ${code}`);
process.exit(0);
