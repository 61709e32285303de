// Chromium, driven by playwright-core: a phone or a desk, a language, with script or without.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, devices } from 'playwright-core';
import { root } from './server.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = join(root, 'build/screenshots');
mkdirSync(pictures, { recursive: true });

// As root Chromium's sandbox can't start; the pages are ours.
export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: process.getuid() === 0 ? ['--no-sandbox'] : [] });

export const sizes = {
  phone: devices['iPhone 13'],
  desk: { viewport: { width: 1280, height: 800 } },
};

// A page of its own cookies. `javaScript: false` turns script off.
export async function visitor(browser, { size = 'desk', language = 'en', javaScript = true, dark = false } = {}) {
  const { defaultBrowserType: _, ...device } = sizes[size];
  const context = await browser.newContext({ ...device, locale: language, javaScriptEnabled: javaScript,
    colorScheme: dark ? 'dark' : 'light', bypassCSP: false });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') page.complaints.push(message.text()); });
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  return page;
}

export const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });

// What axe-core finds: ["color-contrast: #main > p", …]. Runs through the debugger, so the page's CSP stays in force.
export async function accessibility(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

// Does anything stick out sideways?
export const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
