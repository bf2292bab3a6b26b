// What the browser programs share: a Chromium that watches itself, and the moves that journeys are made of.
//
// A page may speak to the issuer, the app and an upstream, to nobody else; may log no error and break no content security
// policy; may answer 4xx only where the journey means it to. Whatever else happens fails the program at its end.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { chromium } from 'playwright-core';

const { env } = process;
export const ISSUER = (env.ISSUER ?? 'http://localhost:3000').replace(/\/$/, '');
export const APP = (env.APP ?? 'http://localhost:4000').replace(/\/$/, '');
// An app that registered itself, where a program has use for a second one.
export const NOTES = (env.NOTES ?? APP).replace(/\/$/, '');
// Somebody else's provider, where people have an account that they sign in here with.
export const UPSTREAM = (env.UPSTREAM ?? APP).replace(/\/$/, '');
export const JS = env.JS !== 'off';
export const person = {
  name: 'Ada Lovelace',
  email: env.EMAIL ?? `ada-${randomBytes(6).toString('hex')}@example.com`,
  password: env.PASSWORD ?? 'a quiet analytical engine',
};

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function insist(holds, reason) {
  if (!holds) throw new Error(reason);
}

export function same(actual, expected, what) {
  insist(actual === expected, `${what}: ${JSON.stringify(actual)} and not ${JSON.stringify(expected)}`);
}

export const step = (words) => console.log(words);

let browser;

// Runs `work` with a browser and ends the process: 0 if all went well, 1 with the reason if not.
// The time is against hanging: a program that looks at every page takes minutes, and twice that on a busy machine.
export async function run(work, { seconds = 900 } = {}) {
  const late = setTimeout(() => fail(new Error(`not done after ${seconds} s`)), seconds * 1000);
  const visits = [];
  const fail = async (problem) => {
    console.error(`FAILED: ${problem.stack ?? problem}`);
    for (const { page } of visits) {
      console.error(`at ${page.url()}`);
      await shoot(page, `failed-${basename(process.argv[1], '.mjs')}`).catch(() => {});
      console.error(await page.locator('body').innerText({ timeout: 1000 }).catch(() => '(no page)'));
    }
    process.exit(1);
  };
  try {
    browser = await chromium.launch({
      executablePath: env.COUNTERSIGN_TEST_CHROMIUM ?? '/usr/bin/chromium-headless-shell',
      args: [
        ...(process.getuid() === 0 ? ['--no-sandbox'] : []), // as root Chromium has none
        '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage', '--no-first-run',
        // It has nobody to call but us, and could reach nobody else.
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
      ],
    });
    await work(async (options) => {
      const visit = await open(options);
      visits.push(visit);
      return visit;
    });
    const troubles = visits.flatMap((visit) => visit.troubles());
    insist(troubles.length === 0, `the pages had trouble:\n  ${troubles.join('\n  ')}`);
    await browser.close();
    clearTimeout(late);
  } catch (problem) {
    await fail(problem);
  }
}

// A browser profile of its own with one page in it. `refusals`: paths that answer 4xx as part of the journey.
async function open({ refusals = [], ...options } = {}) {
  const context = await browser.newContext({ javaScriptEnabled: JS, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(30_000); // against hanging; two busy cores may take their time
  const page = await context.newPage();

  const found = [];
  const refused = new Set();
  const documents = []; // what was shown: every document's URL and status, in order
  const ours = [ISSUER, APP, NOTES, UPSTREAM].map((base) => new URL(base).host);
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && !ours.includes(url.host)) found.push({ what: `a request to ${url.host}` });
  });
  context.on('requestfailed', (request) => {
    // A navigation cut short by the next one is not a failure.
    const why = request.failure()?.errorText;
    if (why !== 'net::ERR_ABORTED') found.push({ what: `${request.url()} failed: ${why}` });
  });
  context.on('response', (response) => {
    const [status, url] = [response.status(), new URL(response.url())];
    const navigation = response.request().isNavigationRequest();
    if (navigation && !(status >= 300 && status < 400)) documents.push({ url, status });
    if (status < 400) return;
    if (navigation && status < 500 && refusals.includes(url.pathname)) refused.add(response.url());
    else found.push({ what: `${url} answered ${status}` });
  });
  context.on('console', (message) => {
    if (message.type() === 'error') found.push({ what: `console: ${message.text()}`, at: message.location().url });
  });
  context.on('weberror', (error) => found.push({ what: `script error: ${error.error()}` }));

  // Chromium also logs each 4xx document as an error.
  const meant = ({ what, at }) => what.startsWith('console: Failed to load resource') && refused.has(at);
  const troubles = () => found.filter((trouble) => !meant(trouble)).map(({ what, at }) => (at ? `${what} (${at})` : what));
  return { context, page, documents, troubles };
}

export async function shoot(page, name) {
  if (!env.SCREENSHOTS) return;
  mkdirSync(env.SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(env.SCREENSHOTS, `${name}.png`), fullPage: true });
}

// Accessibility as far as a program can tell: every rule of axe, also those of WCAG 2.2 that are off by default.
export async function accessible(page) {
  if (!JS) return;
  if (!await page.evaluate(() => 'axe' in globalThis)) await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { rules: { 'target-size': { enabled: true } } }));
  const told = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)}`));
  insist(told.length === 0, `${page.url()} is not accessible:\n  ${told.join('\n  ')}`);
}

export const path = (page) => new URL(page.url()).pathname;

// An hour goes by since anybody signed in, as far as the server knows: whoever is signed in has to prove it again
// for what takes a sign-in of a moment ago.
export async function anHourGoesBy() {
  insist(env.HOURGLASS, 'HOURGLASS is the address that lets an hour go by');
  insist((await fetch(env.HOURGLASS)).ok, 'no hour went by');
}

// Waits until the page is this one, whatever its query. For what leads back to where the page is already: `follow` first.
export async function arrive(page, base, pathname) {
  const there = (url) => url.origin === new URL(base).origin && url.pathname === pathname;
  await page.waitForURL(there, { waitUntil: 'load' }).catch(() => {
    throw new Error(`expected ${base}${pathname}, but the browser is at ${page.url()}`);
  });
}

// For what leads to another page: waits until that one is there.
export async function follow(page, action) {
  const loaded = page.waitForEvent('load');
  await action();
  await loaded;
}

// What the app knows of this browser's person.
export async function app(context) {
  // Node closes a connection that was idle for five seconds, maybe just when this is on its way.
  const response = await context.request.get(`${APP}/`, { headers: { Accept: 'application/json' }, maxRetries: 2 });
  return response.json();
}

export async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) await page.fill(`input[name="${name}"]`, value);
}

// From the app to the sign-in page, which has to be one of a flow.
export async function leaveForSignIn(page) {
  await page.goto(`${APP}/`);
  await page.click('#sign-in');
  await arrive(page, ISSUER, '/sign-in');
  insist(await page.locator('#deny').isVisible(), 'the sign-in page of a flow offers no way back');
}

export async function toSignUp(page) {
  await page.locator('a[href^="/sign-up"]').first().click();
  await arrive(page, ISSUER, '/sign-up');
}

export async function signUp(page, { name, email, password }) {
  await fill(page, { name, email, password });
  await page.click('#sign-up');
}

export async function signIn(page, { email, password }) {
  await fill(page, { email, password });
  await page.click('#sign-in');
}

export async function signOutHere(page) {
  await page.goto(`${ISSUER}/sign-out`);
  await follow(page, () => page.click('#sign-out'));
}

// The app has this person, and says so on its page.
export async function signedIn(page, context, { name, email } = person) {
  await arrive(page, APP, '/');
  const known = await app(context);
  insist(known.signedIn, 'the app says that nobody is signed in');
  same(known.userinfo.name, name, 'the name at the app');
  same(known.userinfo.email, email, 'the email at the app');
  same(known.claims.sub, known.userinfo.sub, 'the ID token\'s sub');
  same(known.claims.iss, ISSUER, 'the ID token\'s iss');
  const shown = await page.locator('body').innerText();
  insist(shown.includes(name) && shown.includes(email), 'the app does not show who is signed in');
  return known;
}

export async function refusedAtApp(page, context, error) {
  await arrive(page, APP, '/callback');
  same(await page.locator('#error code').innerText(), error, 'the error that the app was given');
  insist(!(await app(context)).signedIn, 'the app has somebody signed in after a refusal');
}

// The summary of what went wrong has focus, so that a screen reader begins there.
export async function problemsHaveFocus(page) {
  await page.locator('[role=alert]').waitFor();
  // A browser gives `autofocus` its due when it first paints, which may be after everything has loaded (HTML §6.6.7).
  await page.locator('[role=alert]:focus-within').waitFor().catch(() => {
    throw new Error(`${page.url()}: the error summary has no focus`);
  });
}
