// The triangle: from an app to Countersign, on to the provider where the person has an account already, and back to
// the app in one go. With JS=off the same, without script.
//
//   ISSUER=… APP=… UPSTREAM=… [JS=off] [SCREENSHOTS=dir] node upstream.mjs
//
// The app is tests/rp/self_registered_app.mjs, the provider tests/op/provider.mjs, known to Countersign as "demo"; its
// person is mia.
import {
  accessible, APP, app, arrive, follow, insist, ISSUER, JS, leaveForSignIn, person, problemsHaveFocus, run, same, shoot,
  signedIn, signUp, step, toSignUp, UPSTREAM,
} from './lib.mjs';

const mia = { name: 'Mia', email: 'mia@example.com' };

await run(async (visit) => {
  const { page, context, documents } = await visit({ refusals: ['/account/links', '/auth/sign-in/demo', '/authorize/continue'] });
  const look = async (name) => {
    await accessible(page);
    await shoot(page, `upstream-${name}-${JS ? 'js' : 'nojs'}`);
  };
  const arriveThere = () => page.waitForURL((url) => url.origin === UPSTREAM && url.pathname.includes('/interaction/'));
  const press = async () => {
    const button = page.locator('a[href^="/auth/sign-in/demo"]');
    insist((await button.innerText()).includes('Demo'), 'the button does not say whose it is');
    await button.click();
    await arriveThere();
  };
  const enter = async () => {
    await page.fill('#login', 'mia');
    await page.click('#enter');
  };
  const shownSince = (before) => documents.slice(before).filter(({ url }) => url.origin === ISSUER).map(({ url }) => url.pathname);

  step('from the sign-in page there, back by the browser, and there again');
  await leaveForSignIn(page);
  await look('sign-in');
  await press();
  await page.goBack();
  await arrive(page, ISSUER, '/sign-in');
  await press();

  step('cancel there: it is said in words, and the request goes on');
  await page.click('#decline');
  await arrive(page, ISSUER, '/sign-in');
  const said = await page.locator('[role=alert]').innerText();
  insist(said.includes('Demo') && !said.includes('access_denied'), `not in words: ${said}`);
  await look('declined');

  step('in, and back in the app');
  await press();
  await enter();
  await arrive(page, ISSUER, '/consent');
  insist((await page.locator('main').innerText()).includes(mia.email), 'the account is not named');
  await look('consent');
  await page.click('#allow');
  const first = await signedIn(page, context, mia);

  step('back and forth in the history breaks nothing');
  await page.goBack();
  same((await app(context)).claims.sub, first.claims.sub, 'who is signed in after going back');

  step('out of both, and in again by an app that names the provider: no page of ours is shown');
  await page.goto(`${APP}/logout`);
  await arrive(page, APP, '/bye');
  // The time of a sign-in is told in whole seconds: another one in the same second could not be told from the first.
  await page.waitForTimeout(Math.max(0, (first.claims.auth_time + 1) * 1000 - Date.now()));
  const before = documents.length;
  const wishes = { upstream: 'demo', prompt: 'login', max_age: '3600', login_hint: 'mia' };
  await page.goto(`${APP}/login?${new URLSearchParams(wishes)}`);
  await arriveThere();
  same(await page.inputValue('#login'), 'mia', 'the hint that the app gave');
  await page.click('#enter');
  const second = await signedIn(page, context, mia);
  same(second.claims.sub, first.claims.sub, 'who came back');
  same(shownSince(before).join(), '', 'pages of ours shown');
  insist(second.claims.auth_time > first.claims.auth_time, 'it is a sign-in of now');

  step('and signed in already, nobody is asked anything');
  const asked = documents.length;
  await page.goto(`${APP}/login?upstream=demo`);
  same((await signedIn(page, context, mia)).claims.auth_time, second.claims.auth_time, 'when the person signed in');
  same(documents.slice(asked).filter(({ url }) => url.origin !== APP).length, 0, 'pages shown on the way');

  step('from the sign-up page as well: whoever is known there is known here');
  await page.goto(`${ISSUER}/sign-out`);
  await follow(page, () => page.click('#sign-out'));
  await page.goto(`${APP}/login`);
  await arrive(page, ISSUER, '/sign-in');
  await toSignUp(page);
  await look('sign-up');
  // The session over there has not ended, so it asks for nothing.
  await page.locator('a[href^="/auth/sign-in/demo"]').click();
  same((await signedIn(page, context, mia)).claims.sub, first.claims.sub, 'who came back');

  step('a page of another site leads there: the person is asked first');
  await page.goto(`data:text/html,<a href="${ISSUER}/auth/sign-in/demo?to=account">Win</a>`);
  await page.click('a');
  await page.waitForURL((url) => url.origin === ISSUER);
  await look('foreign-start');
  await page.click('main a.button');
  await arrive(page, ISSUER, '/account');

  step('on the account page: what is linked, and that the last way in stays');
  await page.goto(`${ISSUER}/account/links`);
  insist((await page.locator('.items').innerText()).includes(mia.email), 'the account there is not named');
  await look('links');
  await follow(page, () => page.click('.items button'));
  if (JS) await problemsHaveFocus(page);
  insist((await page.locator('[role=alert]').innerText()).includes('only way'), 'the last way in went');

  step('somebody else links an account there to the one that they have here, and unlinks it');
  const other = await visit();
  await other.page.goto(`${ISSUER}/sign-up`);
  await signUp(other.page, person);
  await arrive(other.page, ISSUER, '/');
  await other.page.goto(`${ISSUER}/account/links`);
  await accessible(other.page);
  await shoot(other.page, `upstream-links-none-${JS ? 'js' : 'nojs'}`);
  await other.page.click('#add-demo');
  await other.page.waitForURL((url) => url.origin === UPSTREAM);
  await other.page.fill('#login', 'noor');
  await other.page.click('#enter');
  await arrive(other.page, ISSUER, '/account/links');
  insist((await other.page.locator('[role=status]').innerText()).includes('linked'), 'it does not say what was done');
  await accessible(other.page);
  await shoot(other.page, `upstream-links-made-${JS ? 'js' : 'nojs'}`);
  await follow(other.page, () => other.page.click('.items button'));
  same(await other.page.locator('.items > li').count(), 0, 'how many links there are in the end');
});
