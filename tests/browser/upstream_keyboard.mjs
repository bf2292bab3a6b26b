// In by an account elsewhere, and what is linked, by keyboard alone.
//
//   ISSUER=… APP=… UPSTREAM=… HOURGLASS=… node upstream_keyboard.mjs
//
// The app is tests/rp/self_registered_app.mjs, the provider tests/op/provider.mjs, known to Countersign as "demo"; its
// person is mia.
import {
  anHourGoesBy, arrive, follow, insist, ISSUER, leaveForSignIn, problemsHaveFocus, run, same, signedIn, step, UPSTREAM,
} from './lib.mjs';
import { keyboard } from './keys.mjs';

await run(async (visit) => {
  const { page, context } = await visit({ refusals: ['/account/links'] });
  const { press, type } = keyboard(page);
  const enter = async () => {
    await page.waitForURL((url) => url.origin === UPSTREAM && url.pathname.includes('/interaction/'));
    await type('#login', 'mia');
    await page.keyboard.press('Enter');
  };
  const to = async (path) => {
    await press(`nav a[href="${path}"]`, 'Enter');
    await arrive(page, ISSUER, path);
  };

  step('from an app, there, and back to the app');
  await leaveForSignIn(page);
  await press('#upstream-demo', 'Enter');
  await enter();
  await arrive(page, ISSUER, '/consent');
  await press('#allow', 'Space');
  await signedIn(page, context, { name: 'Mia', email: 'mia@example.com' });

  step('the last way in stays: the summary has focus');
  await page.goto(`${ISSUER}/account`);
  await to('/account/links');
  await follow(page, () => press('.items button', 'Space'));
  await problemsHaveFocus(page);

  step('in once more, and a password');
  await anHourGoesBy();
  await to('/password');
  await press('#again', 'Enter');
  await arrive(page, ISSUER, '/sign-in');
  await press('#upstream-demo', 'Enter');
  await enter();
  await arrive(page, ISSUER, '/password');
  await type('#password', 'a password of her own');
  await page.keyboard.press('Enter');
  await arrive(page, ISSUER, '/done');
  await press('a[href="/account"]', 'Enter');
  await arrive(page, ISSUER, '/account');

  step('unlinked, and linked again');
  await to('/account/links');
  await follow(page, () => press('.items button', 'Enter'));
  same(await page.locator('.items > li').count(), 0, 'how many links there are');
  await press('#add-demo', 'Enter');
  // The session over there has not ended, so it asks for nothing.
  await page.locator('.items > li').waitFor();
  await arrive(page, ISSUER, '/account/links');
  insist((await page.locator('[role=status]').innerText()).includes('linked'), 'it does not say what was done');
});
