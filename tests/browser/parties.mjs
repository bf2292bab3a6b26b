// What people meet when an app of today asks: the choice of an account, the page that posts the answer, the way out
// through Countersign. With JS=off the same, without script; with KEYS=on every choice is made by keyboard alone.
//
//   ISSUER=… APP=… [EMAIL=… PASSWORD=…] [JS=off] [KEYS=on] [SCREENSHOTS=dir] node parties.mjs
//
// The app is tests/rp/self_registered_app.mjs.
import {
  accessible, app, APP, arrive, fill, follow, insist, ISSUER, JS, person, refusedAtApp, run, same, shoot, signedIn,
  signIn, signUp, step, toSignUp,
} from './lib.mjs';
import { keyboard } from './keys.mjs';

const KEYS = process.env.KEYS === 'on';

await run(async (visit) => {
  const { page, context, documents } = await visit({ refusals: ['/callback', '/authorize/continue'] });
  // A mouse that clicks, or Tab and a key.
  const press = KEYS ? keyboard(page).press : (selector) => page.click(selector);
  const look = async (name) => {
    await accessible(page);
    await shoot(page, `parties-${name}-${JS ? 'js' : 'nojs'}`);
  };
  const begin = (wishes) => page.goto(`${APP}/login?${new URLSearchParams(wishes)}`);
  const asksForAnAccount = async (wishes) => {
    await begin({ prompt: 'select_account', ...wishes });
    await arrive(page, ISSUER, '/select-account');
  };
  // The answer that is posted: at once with script, by a button without.
  const posted = async () => {
    if (JS) return;
    await page.locator('form[data-send]').waitFor();
    await look('form-post');
    await press('#continue', 'Enter');
  };

  step('an account, at an app that registered itself and asks for single claims; the answer is posted');
  const wishes = JSON.stringify({ userinfo: { phone_number: null, address: { essential: true } } });
  await begin({ how: 'jar-par', response_mode: 'form_post', claims: wishes });
  await arrive(page, ISSUER, '/sign-in');
  await toSignUp(page);
  await signUp(page, person);
  await arrive(page, ISSUER, '/consent');
  const consent = await page.locator('main').innerText();
  for (const expected of ['Acme Notes registered itself', 'phone number', 'postal address']) {
    insist(consent.includes(expected), `the consent page does not say "${expected}"`);
  }
  await look('consent');
  await press('#allow', 'Space');
  await posted();
  const first = await signedIn(page, context);

  if (JS) { // without script the page that posts is a form's answer, which browsers ask before they send again
    step('back to the answer that was posted: nothing breaks, and nobody else is signed in');
    await page.goBack();
    const after = await app(context);
    same(after.idToken, first.idToken, 'the ID token that the app holds after going back');
  }

  step('a form of the app’s own page asks, and its site is not ours: whoever is signed in is found all the same');
  insist(new URL(APP).hostname !== new URL(ISSUER).hostname, 'the app is on another site');
  for (const more of [{}, { prompt: 'none' }, { prompt: 'none', how: 'par' }]) {
    const query = new URLSearchParams({ how: 'plain', ...more });
    const begun = await context.request.get(`${APP}/login?${query}`, { maxRedirects: 0 });
    const request = new URL(begun.headers().location);
    const field = ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`;
    const body = `<!doctype html><html lang="en"><title>Form</title><link rel="icon" href="data:,">
      <form method="post" action="${request.origin}${request.pathname}">${[...request.searchParams].map(field).join('')}
      <button id="send">Sign in</button></form>`;
    await page.unroute(`${APP}/form`);
    await page.route(`${APP}/form`, (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto(`${APP}/form`);
    const shown = documents.length;
    await page.click('#send');
    same((await signedIn(page, context)).claims.auth_time, first.claims.auth_time, 'when the person signed in');
    same(documents.slice(shown).filter(({ url }) => url.origin === ISSUER).length, 0, 'pages of ours on the way');
  }

  step('which account: cancel');
  await asksForAnAccount();
  insist((await page.locator('main').innerText()).includes(person.email), 'the account is not named');
  await look('select-account');
  await press('#deny', 'Enter');
  await refusedAtAppOnly(page);

  step('which account: the same, and a reload before');
  await asksForAnAccount({ response_mode: 'form_post' });
  await page.reload();
  await press('#continue', 'Space');
  await posted();
  same((await signedIn(page, context)).claims.auth_time, first.claims.auth_time, 'when the person signed in');

  step('which account: another one');
  const other = { ...person, name: 'Grace Hopper', email: `other-${person.email}` };
  await asksForAnAccount();
  await press('#other', 'Enter');
  await arrive(page, ISSUER, '/sign-in');
  same(await page.inputValue('#email'), '', 'the email of somebody else');
  await toSignUp(page);
  await signUp(page, other);
  await arrive(page, ISSUER, '/consent');
  await press('#allow', 'Space');
  const second = await signedIn(page, context, other);
  insist(second.claims.sub !== first.claims.sub, 'another account, and the same sub');

  step('out of the app and of Countersign at once, without a question');
  const before = documents.length;
  await press('#log-out', 'Enter');
  await arrive(page, APP, '/bye');
  same(documents.slice(before).filter(({ url }) => url.host === new URL(ISSUER).host).length, 0, 'pages of ours shown');
  insist(!(await app(context)).signedIn, 'the app still has somebody');
  await begin({ prompt: 'none' });
  await refusedAtApp(page, context, 'login_required');

  step('the app asks without a hint: stay, then go');
  await begin({});
  await arrive(page, ISSUER, '/sign-in');
  await signIn(page, person);
  const third = await signedIn(page, context);
  same(third.claims.sub, first.claims.sub, 'who came back');
  await press('#ask', 'Enter');
  await arrive(page, ISSUER, '/sign-out');
  insist((await page.locator('main').innerText()).includes('Acme Notes asks'), 'who asks is not named');
  await look('sign-out-asked');
  await press('a.quiet', 'Enter');
  await arrive(page, ISSUER, '/');
  await page.goto(`${APP}/logout?hint=no`);
  await arrive(page, ISSUER, '/sign-out');
  await follow(page, () => press('#sign-out', 'Enter'));
  insist((await page.locator('h1').innerText()).includes('signed out'), 'the end does not say so');
  await look('signed-out');
  await page.goto(`${ISSUER}/sign-out`);
  insist(await page.locator('#sign-out').count() === 0, 'asked again, with nobody signed in');

  step('a hint of a session that is over: asked, and then back in the app');
  await begin({});
  await arrive(page, ISSUER, '/sign-in');
  await signIn(page, person);
  await signedIn(page, context);
  await page.goto(`${ISSUER}/sign-out`);
  await follow(page, () => press('#sign-out', 'Space'));
  await page.goto(`${ISSUER}/sign-in`);
  await fill(page, { email: person.email, password: person.password });
  await page.click('#sign-in');
  await arrive(page, ISSUER, '/');
  await page.goto(`${APP}/logout`);
  await arrive(page, ISSUER, '/sign-out');
  await press('#sign-out', 'Enter');
  await arrive(page, APP, '/bye');
});

// Here the app has somebody signed in already, and keeps them.
async function refusedAtAppOnly(page) {
  await arrive(page, APP, '/callback');
  same(await page.locator('#error code').innerText(), 'access_denied', 'the error that the app was given');
}
