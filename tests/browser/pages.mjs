// Every page but those of accounts.mjs, in both languages, both colour schemes and three widths: nothing to scroll sideways, nothing
// that moves after the first paint, under 30 kB with all that belongs to it, no violation of axe. SCREENSHOTS=dir
// keeps what they look like, as PAGE-LANGUAGE-SCHEME-WIDTH.png.
//
//   ISSUER=… APP=… NOTES=… [SCREENSHOTS=dir] node pages.mjs
//
// NOTES is tests/rp/self_registered_app.mjs, as APP is the example of docs/.
import { randomBytes } from 'node:crypto';
import { inspector, scales, WIDTHS } from './dress.mjs';
import {
  APP, arrive, fill, follow, insist, ISSUER, NOTES, person, problemsHaveFocus, run, same, signUp, step, toSignUp,
} from './lib.mjs';

const ERRORS = ['/authorize', '/no-such-page', '/sign-in', '/sign-up', '/consent', '/callback', '/logout'];

// A person who reads `language` meets every page once.
async function tour(visit, language) {
  const { page, context } = await visit({
    javaScriptEnabled: true, locale: language, viewport: { width: WIDTHS[0], height: 844 }, refusals: ERRORS,
  });
  const { inspect, seen } = inspector(page, language, await scales(context, page));
  const who = { ...person, email: `${language}-${randomBytes(6).toString('hex')}@example.com` };
  const begin = async () => {
    await page.goto(`${APP}/`);
    await page.click('#sign-in');
  };
  const errorPage = async (name, address) => {
    const response = await page.goto(address);
    insist(response.status() >= 400 && response.status() < 500, `${name}: answered ${response.status()}`);
    const text = await page.locator('main').innerText();
    const id = response.headers()['x-request-id'];
    insist(id && text.includes(id), `${name}: the request id ${id} is not on the page`);
    await inspect(name);
    return text;
  };

  await page.goto(`${ISSUER}/`);
  await inspect('home');
  await page.goto(`${ISSUER}/sign-in`);
  await inspect('sign-in');
  await page.goto(`${ISSUER}/playground`);
  await page.locator('#start:enabled').waitFor();
  await inspect('playground');

  await begin();
  await arrive(page, ISSUER, '/sign-in');
  await inspect('sign-in-flow');
  await fill(page, { email: who.email, password: 'not the password' });
  await follow(page, () => page.click('#sign-in'));
  await problemsHaveFocus(page);
  await inspect('sign-in-error');

  await toSignUp(page);
  await inspect('sign-up');
  await fill(page, { name: who.name, email: 'nobody', password: who.password });
  await follow(page, () => page.click('#sign-up'));
  await problemsHaveFocus(page);
  const described = (await page.locator('#email').getAttribute('aria-describedby') ?? '').split(' ');
  same(await page.locator('#email').getAttribute('aria-invalid'), 'true', 'sign-up-error: aria-invalid of the email');
  const beside = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).innerText()));
  const summary = await page.locator('[role=alert] a[href="#email"]').innerText();
  insist(beside.includes(summary), `sign-up-error: beside the email stands "${beside}", in the summary "${summary}"`);
  same(await page.inputValue('#name'), who.name, 'sign-up-error: the name that was typed');
  same(await page.inputValue('#email'), 'nobody', 'sign-up-error: the email that was typed');
  same(await page.inputValue('#password'), '', 'sign-up-error: the password that was typed');
  await inspect('sign-up-error');

  await signUp(page, who);
  await arrive(page, ISSUER, '/consent');
  await inspect('consent');
  await page.click('#deny');
  await arrive(page, APP, '/callback');

  // An app that registered itself, with claims beyond its scope, and its answer as a form.
  const claims = JSON.stringify({ userinfo: { birthdate: null, phone_number: { essential: true }, address: null } });
  await page.goto(`${NOTES}/login?${new URLSearchParams({ how: 'jar-par', response_mode: 'form_post', claims })}`);
  await arrive(page, ISSUER, '/consent');
  await inspect('consent-newcomer');
  await page.route('**/static/page.js', (route) => route.fulfill({ body: '' })); // it would send the form at once
  await follow(page, () => page.click('#allow'));
  await page.locator('form[data-send]').waitFor();
  await inspect('form-post');
  await page.unroute('**/static/page.js');
  await page.click('#continue');
  await arrive(page, NOTES, '/');
  await page.goto(`${NOTES}/login?prompt=select_account`);
  await arrive(page, ISSUER, '/select-account');
  await inspect('select-account');
  await page.goto(`${NOTES}/logout?hint=no`);
  await arrive(page, ISSUER, '/sign-out');
  await inspect('sign-out-app');

  await page.goto(`${ISSUER}/`);
  await inspect('home-signed-in');
  await page.goto(`${ISSUER}/playground`);
  await page.locator('#start:enabled').waitFor();
  await page.click('#start');
  await arrive(page, ISSUER, '/consent');
  await page.click('#allow');
  await page.locator('#verdict[data-ok=true]').waitFor();
  await inspect('playground-done');

  await page.goto(`${ISSUER}/sign-out`);
  await inspect('sign-out');
  await follow(page, () => page.click('#sign-out'));
  await inspect('signed-out');
  await page.goto(`${ISSUER}/sign-out`);
  await inspect('sign-out-nobody');

  // What a developer gets wrong first. Neither may send the browser anywhere.
  const good = new URL((await context.request.get(`${APP}/login`, { maxRedirects: 0 })).headers().location);
  const bad = (change) => {
    const address = new URL(good);
    for (const [name, value] of Object.entries(change)) address.searchParams.set(name, value);
    return address.href;
  };
  const elsewhere = 'https://elsewhere.example/callback';
  await errorPage('error-client', bad({ client_id: 'nobody' }));
  const text = await errorPage('error-redirect', bad({ redirect_uri: elsewhere }));
  insist(text.includes(elsewhere), 'error-redirect: the page does not name the redirect_uri it refused');
  await errorPage('error-logout', `${ISSUER}/logout?id_token_hint=nonsense`);
  await errorPage('error-not-found', `${ISSUER}/no-such-page`);
  await errorPage('error-flow', `${ISSUER}/sign-in?flow=broken`);
  return seen;
}

await run(async (visit) => {
  step('in English and in French, side by side');
  const [english, french] = await Promise.all(['en', 'fr'].map((language) => tour(visit, language)));
  for (const [name, words] of english) insist(words !== french.get(name), `${name} says the same in both languages`);

  step('the language is switched by hand, and stays switched');
  const { page } = await visit({ javaScriptEnabled: true, locale: 'en' });
  await page.goto(`${ISSUER}/sign-in`);
  same(await page.locator('html').getAttribute('lang'), 'en', 'the language before');
  await follow(page, () => page.click('a[hreflang=fr]'));
  same(await page.locator('html').getAttribute('lang'), 'fr', 'the language after');
  await follow(page, () => page.locator('a[href^="/sign-up"]').first().click());
  same(await page.locator('html').getAttribute('lang'), 'fr', 'the language of the next page');
});
