// The way out of both, Countersign and the provider that the person came by, where the operator wants that
// (`sign_out = true`): from every page with a form that signs out. With JS=off the same, without script.
//
//   ISSUER=… UPSTREAM=… [JS=off] [SCREENSHOTS=dir] node upstream_out.mjs
//
// The provider is tests/op/provider.mjs, known to Countersign as "demo"; its person is mia.
import { accessible, arrive, insist, ISSUER, JS, run, shoot, step, UPSTREAM } from './lib.mjs';

const WAYS = [
  ['/', '#sign-out'],
  ['/account', '#sign-out'],
  ['/sign-out', '#sign-out'],
  ['/account/sessions', '.items button'],
  ['/account/sessions', '#all'],
];

await run(async (visit) => {
  const { page } = await visit();
  const there = (part) => page.waitForURL((url) => url.origin === UPSTREAM && url.pathname.includes(part));

  for (const [path, button] of WAYS) {
    step(`in, and out again by ${button} on ${path}`);
    await page.goto(`${ISSUER}/sign-in`);
    await page.click('#upstream-demo');
    // It asks each time anew: the session there ended with the one here.
    await there('/interaction/');
    await page.fill('#login', 'mia');
    await page.click('#enter');
    await arrive(page, ISSUER, '/account');
    await page.goto(`${ISSUER}${path}`);
    await page.click(button);
    await there('/session/end');
    await page.click('#leave');
    await arrive(page, ISSUER, '/signed-out');
    insist((await page.locator('h1').innerText()).includes('signed out'), 'it does not say what was done');
    await page.goto(`${ISSUER}/account`);
    await arrive(page, ISSUER, '/sign-in');
  }
  await page.goto(`${ISSUER}/signed-out`);
  await accessible(page);
  await shoot(page, `upstream-signed-out-${JS ? 'js' : 'nojs'}`);

  step('whoever stays at the provider is out here all the same');
  await page.goto(`${ISSUER}/sign-in`);
  await page.click('#upstream-demo');
  await there('/interaction/');
  await page.fill('#login', 'mia');
  await page.click('#enter');
  await arrive(page, ISSUER, '/account');
  await page.click('#sign-out');
  await there('/session/end');
  await page.goto(`${ISSUER}/account`);
  await arrive(page, ISSUER, '/sign-in');
});
