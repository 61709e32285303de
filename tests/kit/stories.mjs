// The shape of a story: a suite on each store, with a server of its own.
import { after, before, describe } from 'node:test';
import { Server } from './server.mjs';
import { discover, sampleOne, sampleTwo } from './client.mjs';

export const stores = ['sqlite', 'postgres'];

// `tell(world)` defines the tests; world.server, .issuer, .one, .two (openid-client of the sample applications)
// are there once they run.
export function onEachStore(name, tell, options = {}) {
  for (const store of stores) describe(`${name} (${store})`, () => tell(demo({ store, ...options })));
}

export function demo(options = {}) {
  const world = {};
  before(async () => {
    world.server = await Server.start(options);
    world.issuer = world.server.issuer();
    world.one = await discover(world.issuer, sampleOne);
    world.two = await discover(world.issuer, sampleTwo);
  });
  after(() => world.server?.stop());
  return world;
}
