// Somebody who has an account elsewhere and no password here, on every page that others are asked for theirs; each page
// looked at as pages.mjs looks at the others. Without JavaScript (JS=off) the same is done, and not looked at.
//
//   ISSUER=… UPSTREAM=… HOURGLASS=… LOCALE=en|fr [JS=off] [SCREENSHOTS=dir] node upstream_account.mjs
//
// The provider is tests/op/provider.mjs, known to Countersign as "demo"; its people are mia and noor.
import { inspector, scales, WIDTHS } from './dress.mjs';
import {
  anHourGoesBy, arrive, fill, follow, insist, ISSUER, JS, problemsHaveFocus, run, same, step, UPSTREAM,
} from './lib.mjs';

const language = process.env.LOCALE ?? 'en';
const refusals = ['/account/links', '/password', '/email'];
const look = { locale: language, viewport: { width: WIDTHS[0], height: 844 }, refusals };

const has = async (page, selector, count) => same(await page.locator(selector).count(), count, `${page.url()}: ${selector}`);

async function entersAs(page, login) {
  await page.waitForURL((url) => url.origin === UPSTREAM && url.pathname.includes('/interaction/'));
  await page.fill('#login', login);
  await page.click('#enter');
}

await run(async (visit) => {
  const { page, context } = await visit(look);
  const dress = inspector(page, language, await scales(context, page));
  const inspect = async (name) => {
    step(name);
    if (JS) await dress.inspect(`upstream-${name}`);
  };
  const problems = async () => {
    await page.locator('[role=alert]').waitFor();
    if (JS) await problemsHaveFocus(page);
  };
  const open = (path) => page.goto(`${ISSUER}${path}`);
  const again = async (path) => {
    await open(path);
    await has(page, 'button#go, button#delete, .items button', 0);
    await inspect(`${path.split('/').pop()}-again`);
  };

  await open('/sign-up');
  await inspect('sign-up');
  await open('/sign-in');
  await inspect('sign-in');
  await page.click('#upstream-demo');
  await entersAs(page, 'mia');
  await arrive(page, ISSUER, '/account');

  await open('/account/links');
  await inspect('links');
  await follow(page, () => page.click('.items button'));
  await problems();
  await inspect('links-last-way-in');

  for (const path of ['/email', '/password']) {
    await open(path);
    await has(page, '#current', 0);
    await has(page, 'button#go', 1);
    await inspect(path.slice(1));
  }

  await anHourGoesBy();
  for (const path of ['/account/keys', '/account/links', '/account/delete', '/email']) await again(path);
  await again('/password');
  await page.click('#again');
  await arrive(page, ISSUER, '/sign-in');
  await inspect('sign-in-again');
  await page.click('#upstream-demo');
  await entersAs(page, 'mia');
  await arrive(page, ISSUER, '/password');

  await open('/email');
  await fill(page, { email: 'no address' });
  await follow(page, () => page.click('#go'));
  await problems();
  same(await page.inputValue('#email'), 'no address', 'what was typed');
  await inspect('email-error');
  await fill(page, { email: `mia-${language}@new.example` });
  await follow(page, () => page.click('#go'));
  await arrive(page, ISSUER, '/done');
  await inspect('email-sent');

  await open('/password');
  await fill(page, { password: 'far too long '.repeat(12) });
  await follow(page, () => page.click('#go'));
  await problems();
  same(await page.getAttribute('#password', 'aria-invalid'), 'true', 'password-error: aria-invalid');
  await inspect('password-error');
  await fill(page, { password: 'a password of her own' });
  await follow(page, () => page.click('#go'));
  await arrive(page, ISSUER, '/done');
  await inspect('password-set');
  await open('/password');
  await has(page, '#current', 1);

  await open('/account/links');
  await follow(page, () => page.click('.items button'));
  await has(page, '.items > li', 0);
  await has(page, '[role=status]', 1);
  await inspect('links-removed');
  await page.click('#add-demo');
  // The session over there has not ended, so it asks for nothing.
  await arrive(page, ISSUER, '/account/links');
  await has(page, '.items > li', 1);
  await inspect('links-made');

  step('and the end of an account that never had a password');
  const other = await visit(look);
  await other.page.goto(`${ISSUER}/sign-up`);
  await other.page.click('#upstream-demo');
  await entersAs(other.page, 'noor');
  await arrive(other.page, ISSUER, '/account');
  await other.page.goto(`${ISSUER}/account/delete`);
  await has(other.page, '#current', 0);
  await other.page.check('#confirm');
  await follow(other.page, () => other.page.click('#delete'));
  await arrive(other.page, ISSUER, '/done');
  await other.page.goto(`${ISSUER}/account`);
  await arrive(other.page, ISSUER, '/sign-in');
  insist((await other.page.inputValue('input[name=next]')) === '/account', 'the way back');
});
