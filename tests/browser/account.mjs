// Everything that the account page offers, used by somebody who has an account, an app and a second browser; each page
// looked at as pages.mjs looks at the others. Without JavaScript (JS=off) the same is done, and not looked at.
//
//   ISSUER=… APP=… HOURGLASS=… LOCALE=en|fr [JS=off] [SCREENSHOTS=dir] node account.mjs
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspector, scales, WIDTHS } from './dress.mjs';
import {
  anHourGoesBy, APP, arrive, fill, follow, insist, ISSUER, JS, path, person, problemsHaveFocus, run, same, signIn, signUp, step, toSignUp,
} from './lib.mjs';

const language = process.env.LOCALE ?? 'en';
const REFUSED = ['/account/profile', '/account/profile/picture', '/account/keys', '/account/delete', '/password', '/email'];
const look = { locale: language, viewport: { width: WIDTHS[0], height: 844 }, refusals: REFUSED };

const notice = (page) => page.locator('[role=status]').first().innerText();

// Says that something was done, which is what a person sees of it.
async function done(page, pathname) {
  await arrive(page, ISSUER, pathname);
  insist((await notice(page)).length > 0, `${pathname} does not say what was done`);
}

async function profile(page, inspect) {
  await follow(page, () => page.click('a[href="/account/profile"]'));
  await inspect('account-profile-new');
  await fill(page, { birthdate: 'long ago', website: 'javascript:alert(1)', nickname: 'Countess' });
  await follow(page, () => page.click('#save'));
  if (JS) await problemsHaveFocus(page);
  same(await page.getAttribute('#website', 'aria-invalid'), 'true', 'profile-error: aria-invalid');
  insist((await page.getAttribute('#birthdate', 'aria-describedby')).includes('birthdate-wrong'), 'profile-error: aria-describedby');
  same(await page.inputValue('#nickname'), 'Countess', 'profile-error: what was typed');
  await inspect('account-profile-error');
  await fill(page, { birthdate: '0000-12-10', website: 'https://ada.example/', zoneinfo: 'Europe/London', locale: 'en-GB' });
  await follow(page, () => page.click('#save'));
  await done(page, '/account/profile');
  same(await page.inputValue('#birthdate'), '0000-12-10', 'the birthdate that was saved');
  await page.setInputFiles('#image', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
  await follow(page, () => page.click('#upload'));
  same(await page.getAttribute('#image', 'aria-invalid'), 'true', 'picture-error: aria-invalid');
  const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 96, height: 96 } });
  await page.setInputFiles('#image', { name: 'me.png', mimeType: 'image/png', buffer: picture });
  await follow(page, () => page.click('#upload'));
  await done(page, '/account/profile');
  const width = () => page.locator('.pictured img').evaluate((image) => image.naturalWidth);
  insist(await width() > 0, 'the picture is not shown');
  await inspect('account-profile');
  await follow(page, () => page.click('#remove-picture'));
  await done(page, '/account/profile');
  same(await page.locator('.pictured img').count(), 0, 'how many pictures are left');
  same(await page.locator('#remove-picture').count(), 0, 'what there is to remove');
  await page.setInputFiles('#image', { name: 'me.png', mimeType: 'image/png', buffer: picture });
  await follow(page, () => page.click('#upload'));
  await done(page, '/account/profile');
}

// The link that confirms the address, once more.
async function verify(page, inspect) {
  await follow(page, () => page.click('#verify'));
  await arrive(page, ISSUER, '/done');
  await inspect('account-verification-sent');
  await follow(page, () => page.click('a[href="/account"]'));
  await arrive(page, ISSUER, '/account');
}

async function sessions(page, visit, who, inspect) {
  const other = await visit(look);
  await other.page.goto(`${ISSUER}/sign-in`);
  await signIn(other.page, who);
  await arrive(other.page, ISSUER, '/');
  await page.goto(`${ISSUER}/account/sessions`);
  same(await page.locator('.items > li').count(), 2, 'how many sessions there are');
  await inspect('account-sessions');
  await follow(page, () => page.locator('.items > li').nth(1).locator('button').click());
  await done(page, '/account/sessions');
  same(await page.locator('.items > li').count(), 1, 'how many sessions are left');
  await other.page.goto(`${ISSUER}/account`);
  await arrive(other.page, ISSUER, '/sign-in');
  // From there and back to the page that was asked for.
  await signIn(other.page, who);
  await arrive(other.page, ISSUER, '/account');
  await page.reload();
  await follow(page, () => page.click('#others'));
  await done(page, '/account/sessions');
  await other.page.goto(`${ISSUER}/account`);
  await arrive(other.page, ISSUER, '/sign-in');
  await page.click('#all');
  await arrive(page, ISSUER, '/signed-out');
  await inspect('account-signed-out');
  await page.goto(`${ISSUER}/account`);
  await arrive(page, ISSUER, '/sign-in');
  await signIn(page, who);
  await arrive(page, ISSUER, '/account');
}

async function apps(page, inspect) {
  await page.goto(`${ISSUER}/account/apps`);
  await inspect('account-apps-none');
  await page.goto(`${APP}/`);
  await page.click('#sign-in');
  await arrive(page, ISSUER, '/consent');
  await page.click('#allow');
  await arrive(page, APP, '/');
  await page.goto(`${ISSUER}/account/apps`);
  same(await page.locator('.items > li').count(), 1, 'how many apps have access');
  await inspect('account-apps');
  await follow(page, () => page.click('#revoke-1'));
  await done(page, '/account/apps');
  same(await page.locator('.items > li').count(), 0, 'how many apps have access after all');
  await page.goto(`${APP}/login`);
  await arrive(page, ISSUER, '/consent');
}

async function keys(page, who, inspect) {
  await anHourGoesBy();
  await page.goto(`${ISSUER}/account/keys`);
  await inspect('account-keys-again');
  await page.click('#again');
  await arrive(page, ISSUER, '/sign-in');
  await inspect('account-again');
  same(await page.inputValue('#email'), who.email, 'who is asked');
  await fill(page, { password: who.password });
  await page.click('#sign-in');
  await arrive(page, ISSUER, '/account/keys');
  await inspect('account-keys-none');
  await page.fill('#name', '  ');
  await follow(page, () => page.click('#make'));
  same(await page.getAttribute('#name', 'aria-invalid'), 'true', 'key-error: aria-invalid');
  await page.fill('#name', language === 'fr' ? 'Serveur de construction' : 'Build server');
  await page.selectOption('#lifetime', '365');
  await follow(page, () => page.click('#make'));
  const key = await page.locator('#new-key').innerText();
  insist(/^pk_\S{20,}$/.test(key), `a key: ${key}`);
  // It is shown once, so the page that shows it is looked at in one look: it is not loaded again.
  await inspect('account-key-made');
  await page.reload();
  same(await page.locator('#new-key').count(), 0, 'how often the key is shown after a reload');
  same(await page.locator('.items > li').count(), 1, 'how many keys there are after a reload');
  const sessions = await page.context().request.get(`${ISSUER}/api/auth/list-sessions`, { headers: { 'x-api-key': key } });
  same(sessions.status(), 200, 'what the key opens');
  await page.goto(`${ISSUER}/account/keys`);
  await inspect('account-keys');
  await follow(page, () => page.locator('.items button').click());
  await done(page, '/account/keys');
  same(await page.locator('.items > li').count(), 0, 'how many keys there are in the end');
}

async function entry(page, who, inspect) {
  await page.goto(`${ISSUER}/email`);
  await inspect('account-email');
  await page.goto(`${ISSUER}/password`);
  await inspect('account-password');
  const password = 'a password that is new';
  await fill(page, { current: who.password, password });
  await follow(page, () => page.click('#go'));
  await arrive(page, ISSUER, '/done');
  await follow(page, () => page.click('a[href="/account"]'));
  await arrive(page, ISSUER, '/account');
  return { ...who, password };
}

async function log(page, inspect) {
  await page.goto(`${ISSUER}/account/log`);
  await inspect('account-log');
  insist(await page.locator('.log > li').count() > 8, 'the log is short');
  if (await page.locator('#older').count()) {
    await follow(page, () => page.click('#older'));
    await follow(page, () => page.click('#newest'));
  }
}

async function data(page, who, inspect) {
  await page.goto(`${ISSUER}/account/data`);
  await inspect('account-data');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  same(download.suggestedFilename(), 'account.json', 'the name of the file');
  const copy = JSON.parse(readFileSync(await download.path(), 'utf8'));
  same(copy.account.email, who.email, 'the address in the copy');
  same(copy.claims.nickname, 'Countess', 'the nickname in the copy');
}

async function end(page, who, inspect) {
  await page.goto(`${ISSUER}/account`);
  await inspect('account');
  await page.goto(`${ISSUER}/account/delete`);
  await inspect('account-delete');
  await fill(page, { current: 'not the password' });
  await page.check('#confirm');
  await follow(page, () => page.click('#delete'));
  if (JS) await problemsHaveFocus(page);
  await inspect('account-delete-error');
  await fill(page, { current: who.password });
  await page.check('#confirm');
  await follow(page, () => page.click('#delete'));
  await arrive(page, ISSUER, '/done');
  await inspect('account-deleted');
  await page.goto(`${ISSUER}/account`);
  await arrive(page, ISSUER, '/sign-in');
  insist((await page.inputValue('input[name=next]')) === '/account', 'the way back');
}

await run(async (visit) => {
  const { page, context } = await visit(look);
  const dress = inspector(page, language, await scales(context, page));
  const inspect = async (name) => {
    step(name);
    if (JS) await dress.inspect(name);
  };
  let who = { ...person, email: `${language}-${randomBytes(6).toString('hex')}@example.com` };
  await page.goto(`${ISSUER}/account`);
  await arrive(page, ISSUER, '/sign-in');
  await toSignUp(page);
  await signUp(page, who);
  await arrive(page, ISSUER, '/account');
  await inspect('account-new');
  same(path(page), '/account', 'where the newcomer is');
  await verify(page, inspect);
  await profile(page, inspect);
  await sessions(page, visit, who, inspect);
  await apps(page, inspect);
  await keys(page, who, inspect);
  who = await entry(page, who, inspect);
  await log(page, inspect);
  await data(page, who, inspect);
  await end(page, who, inspect);
});
