// The pages about passwords and addresses, and where the links of our mails lead, looked at as pages.mjs looks at
// the others. The mails are read where the server puts them.
//
//   ISSUER=… OUTBOX=folder [SCREENSHOTS=dir] node accounts.mjs
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inspector, scales, WIDTHS } from './dress.mjs';
import { arrive, fill, follow, insist, ISSUER, person, problemsHaveFocus, run, same, signUp, step } from './lib.mjs';

const REFUSED = ['/sign-in', '/forgot-password', '/reset-password', '/password', '/email'];

// The plain text of a mail (RFC 2045 §6).
function textOf(mail) {
  const part = mail.split(/^--.*\r?\n/m).find((piece) => /^Content-Type: text\/plain/mi.test(piece)) ?? '';
  const [, head, body] = /^([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(part) ?? [];
  if (/Content-Transfer-Encoding: base64/i.test(head)) return Buffer.from(body, 'base64').toString();
  if (!/Content-Transfer-Encoding: quoted-printable/i.test(head)) return body ?? '';
  const bytes = body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

// The newest link to this page that was sent to this address.
async function link(email, pathname) {
  for (let tries = 0; tries < 200; tries += 1) {
    const names = existsSync(process.env.OUTBOX) ? readdirSync(process.env.OUTBOX) : [];
    const mails = names.filter((name) => /^[^.].*\.eml$/.test(name)).sort().reverse()
      .map((name) => readFileSync(join(process.env.OUTBOX, name), 'utf8'))
      .filter((mail) => mail.split(/\r?\n/).includes(`To: ${email}`));
    const links = mails.flatMap((mail) => textOf(mail).match(/http\S+/g) ?? []);
    const found = links.find((it) => new URL(it).pathname === pathname && new URL(it).searchParams.has('token'));
    if (found) return found;
    await pause(100);
  }
  throw new Error(`no mail to ${email} leads to ${pathname}`);
}

async function tour(visit, language) {
  const look = { javaScriptEnabled: true, locale: language, viewport: { width: WIDTHS[0], height: 844 }, refusals: REFUSED };
  const { page, context } = await visit(look);
  const { inspect, seen } = inspector(page, language, await scales(context, page));
  const who = { ...person, email: `${language}-${randomBytes(6).toString('hex')}@example.com` };
  const go = () => follow(page, () => page.click('#go'));

  await page.goto(`${ISSUER}/sign-up`);
  await signUp(page, who);
  await arrive(page, ISSUER, '/');
  await inspect('home-unverified');
  const verify = await link(who.email, '/verify-email');

  const other = await visit(look);
  const elsewhere = inspector(other.page, language, await scales(other.context, other.page));
  await other.page.goto(verify);
  await elsewhere.inspect('verify-email-elsewhere');

  await page.goto(verify);
  await inspect('verify-email');
  await go();
  await arrive(page, ISSUER, '/done');
  await inspect('verified');

  await page.goto(`${ISSUER}/password`);
  await inspect('password');
  await fill(page, { current: 'not the password', password: 'a password that is new' });
  await go();
  await problemsHaveFocus(page);
  same(await page.locator('#current').getAttribute('aria-describedby'), 'current-wrong', 'password-error: aria-describedby');
  same(await page.inputValue('#current'), '', 'password-error: the password that was typed');
  await inspect('password-error');
  await fill(page, { current: who.password, password: 'a password that is new' });
  await go();
  await arrive(page, ISSUER, '/done');
  await inspect('password-changed');

  await page.goto(`${ISSUER}/email`);
  await inspect('email');
  const email = `new-${who.email}`;
  await fill(page, { current: 'a password that is new', email });
  await go();
  await arrive(page, ISSUER, '/done');
  await inspect('email-sent');
  const confirm = await link(email, '/email/confirm');
  await other.page.goto(confirm);
  await elsewhere.inspect('email-confirm-elsewhere');
  await page.goto(confirm);
  await inspect('email-confirm');
  await go();
  await arrive(page, ISSUER, '/done');
  await inspect('email-changed');

  await page.goto(`${ISSUER}/sign-out`);
  await follow(page, () => page.click('#sign-out'));
  await page.goto(`${ISSUER}/sign-in`);
  await follow(page, () => page.click('a[href^="/forgot-password"]'));
  await inspect('forgot-password');
  await fill(page, { email: 'nobody' });
  await go();
  await problemsHaveFocus(page);
  same(await page.inputValue('#email'), 'nobody', 'forgot-password-error: the email that was typed');
  await inspect('forgot-password-error');
  await fill(page, { email });
  await go();
  await arrive(page, ISSUER, '/done');
  await inspect('reset-sent');
  const reset = await link(email, '/reset-password');
  await page.goto(reset);
  await inspect('reset-password');
  await fill(page, { password: 'yet another password' });
  await go();
  await arrive(page, ISSUER, '/done');
  await inspect('reset-done');
  const used = await page.goto(reset);
  insist(used.status() === 400, `a used link: answered ${used.status()}`);
  await inspect('error-link');

  await page.goto(`${ISSUER}/sign-in`);
  for (let tries = 0; tries <= 10; tries += 1) {
    await fill(page, { email: `nobody-${who.email}`, password: 'not the password' });
    await follow(page, () => page.click('#sign-in'));
  }
  await problemsHaveFocus(page);
  await inspect('sign-in-locked');
  return new Map([...seen, ...elsewhere.seen]);
}

await run(async (visit) => {
  step('in English');
  const english = await tour(visit, 'en');
  step('in French');
  const french = await tour(visit, 'fr');
  for (const [name, words] of english) insist(words !== french.get(name), `${name} says the same in both languages`);
});
