// The playground, from the home page on: an account, a whole flow with every token checked in the page, then userinfo
// and a refresh with the tokens it got. It is a program in the page, so JS=off has no meaning here.
//
//   ISSUER=… [EMAIL=… PASSWORD=…] [SCREENSHOTS=dir] node playground.mjs
import { accessible, arrive, insist, ISSUER, person, run, same, shoot, signUp, step, toSignUp } from './lib.mjs';

// What the page has to have looked at before its verdict is worth anything.
const EXPECTED = [
  'discovery', 'state', 'iss', 'id_token-signature', 'id_token-iss', 'id_token-aud', 'id_token-nonce', 'id_token-exp',
  'access_token-signature', 'access_token-iss', 'access_token-exp', 'access_token-client', 'refresh_token-signature',
];

await run(async (visit) => {
  const { page } = await visit({ javaScriptEnabled: true });

  const good = async (expected) => {
    await page.locator('#verdict[data-ok]').waitFor();
    const checks = await page.locator('#checks li').evaluateAll((items) =>
      items.map(({ dataset, textContent }) => ({ name: dataset.check, ok: dataset.ok, text: textContent.trim() })));
    const bad = checks.filter(({ ok }) => ok !== 'true').map(({ name, text }) => `${name}: ${text}`);
    const verdict = await page.locator('#verdict').innerText();
    insist(bad.length === 0, `checks failed:\n  ${bad.join('\n  ')}`);
    same(await page.locator('#verdict').getAttribute('data-ok'), 'true', `the verdict (${verdict})`);
    const missing = expected.filter((wanted) => !checks.some(({ name }) => name === wanted));
    insist(missing.length === 0, `never checked: ${missing}`);
  };

  step('from the home page to an account');
  await page.goto(`${ISSUER}/`);
  await toSignUp(page);
  await signUp(page, person);
  await page.waitForURL((url) => url.pathname !== '/sign-up');

  step('to the playground');
  await page.goto(`${ISSUER}/`);
  await page.click('a[href="/playground"]');
  await arrive(page, ISSUER, '/playground');
  await page.locator('#start:enabled').waitFor();
  await accessible(page);
  await shoot(page, 'playground-before');

  step('through the flow');
  await page.click('#start');
  await arrive(page, ISSUER, '/consent');
  await page.click('#allow');
  await arrive(page, ISSUER, '/playground');
  await good(EXPECTED);
  await accessible(page);
  await shoot(page, 'playground-after');

  step('userinfo');
  await page.click('#userinfo');
  await page.locator('#checks [data-check="userinfo-sub"]').waitFor();
  await good([...EXPECTED, 'userinfo-sub']);

  step('refresh, twice: each with the token that the one before brought');
  for (let time = 0; time < 2; time += 1) {
    await page.locator('#checks [data-check="refresh-rotated"]').evaluateAll((items) => items.forEach((item) => item.remove()));
    await page.click('#refresh');
    await page.locator('#checks [data-check="refresh-rotated"]').waitFor();
    await page.locator('#refresh:enabled').waitFor();
    await good([...EXPECTED, 'refresh-rotated']);
  }

  step('again, from the start: lasting access is asked for each time (OIDC Core §11)');
  await page.click('#again');
  await page.locator('#start:enabled').waitFor();
  await page.click('#start');
  await arrive(page, ISSUER, '/consent');
  await page.click('#allow');
  await arrive(page, ISSUER, '/playground');
  await good(EXPECTED);

  step('deny: the playground tells it, and asks for nothing more');
  await page.click('#again');
  await page.locator('#start:enabled').waitFor();
  await page.click('#start');
  await arrive(page, ISSUER, '/consent');
  await page.click('#deny');
  await page.locator('#verdict[data-ok=false]').waitFor();
  await accessible(page);
  same(await page.locator('[data-token]').count(), 0, 'tokens shown after a denial');
});
