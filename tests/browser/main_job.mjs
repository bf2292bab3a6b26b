// The main job, seen by one person with a mouse: from the app to Countersign, an account, consent, back in the app;
// then every other way through the same pages. With JS=off the same, without script.
//
//   ISSUER=… APP=… [EMAIL=… PASSWORD=…] [JS=off] [SCREENSHOTS=dir] [RESULT=file] node main_job.mjs
//
// RESULT gets the tokens that the app holds in the end, as tests/rp/verify.mjs reads them.
import { writeFileSync } from 'node:fs';
import {
  accessible, app, APP, arrive, follow, insist, ISSUER, JS, leaveForSignIn, path, person, problemsHaveFocus, refusedAtApp, run,
  same, shoot, signedIn, signIn, signOutHere, signUp, step, toSignUp,
} from './lib.mjs';

const look = async (page, name) => {
  await accessible(page);
  await shoot(page, `main-${name}-${JS ? 'js' : 'nojs'}`);
};

await run(async (visit) => {
  const { page, context, documents } = await visit({
    refusals: ['/callback', '/sign-in', '/sign-up', '/consent', '/authorize/continue'],
  });

  step('deny on the sign-in page: the app learns it');
  await leaveForSignIn(page);
  await look(page, 'sign-in');
  await page.click('#deny');
  await refusedAtApp(page, context, 'access_denied');

  step('reload and back, between sign-in and sign-up');
  await leaveForSignIn(page);
  await page.reload();
  await toSignUp(page);
  await page.goBack();
  await arrive(page, ISSUER, '/sign-in');
  await page.goForward();
  await arrive(page, ISSUER, '/sign-up');
  await page.reload();
  await look(page, 'sign-up');

  step('a new account, and consent');
  await signUp(page, person);
  await arrive(page, ISSUER, '/consent');
  const consent = await page.locator('main').innerText();
  for (const expected of [person.name, person.email, new URL(APP).hostname]) {
    insist(consent.includes(expected), `the consent page does not show ${expected}`);
  }
  await look(page, 'consent');

  step('deny on the consent page: the app learns it, and the next time is asked again');
  await page.click('#deny');
  await refusedAtApp(page, context, 'access_denied');
  await page.goto(`${APP}/`);
  await page.click('#sign-in');
  await arrive(page, ISSUER, '/consent');

  step('reload and back on the consent page');
  await page.reload();
  await page.goBack();
  await page.goForward();
  await arrive(page, ISSUER, '/consent');

  step('allow: the app has the person');
  await page.click('#allow');
  const first = await signedIn(page, context);
  await look(page, 'app');

  step('back to a decision that was made: nothing breaks, and it is not made again');
  await page.goBack();
  if (await page.locator('#allow').count()) {
    await follow(page, () => page.click('#allow'));
  }
  await look(page, 'answered');
  const after = await app(context);
  same(after.claims?.sub, first.claims.sub, 'who is signed in at the app after going back');
  same(after.idToken, first.idToken, 'the ID token that the app holds after going back');

  step('out of the app and in again: a live session and a remembered consent show no page of ours');
  await page.goto(`${APP}/`);
  await follow(page, () => page.click('#log-out'));
  await arrive(page, APP, '/');
  insist(!(await app(context)).signedIn, 'signed out of the app, and it still has somebody');
  const before = documents.length;
  await follow(page, () => page.click('#sign-in'));
  const second = await signedIn(page, context);
  const shown = documents.slice(before).filter(({ url }) => url.origin === new URL(ISSUER).origin);
  same(shown.length, 0, `pages of ours shown (${shown.map(({ url }) => url.pathname)})`);
  same(second.claims.sub, first.claims.sub, 'who came back');
  same(second.claims.auth_time, first.claims.auth_time, 'when the person signed in');

  step('refresh: new tokens for the same person');
  await follow(page, () => page.click('#refresh'));
  const third = await signedIn(page, context);
  insist(third.accessToken !== second.accessToken, 'the access token is the old one');

  step('sign out at Countersign');
  await signOutHere(page);
  await look(page, 'signed-out');
  await page.goto(`${APP}/`);
  await follow(page, () => page.click('#log-out'));

  step('a wrong password: told at the top, the email stays, the password does not');
  await leaveForSignIn(page);
  await follow(page, () => signIn(page, { ...person, password: `${person.password} not` }));
  same(path(page), '/sign-in', 'where a wrong password leaves the person');
  await problemsHaveFocus(page);
  same(await page.inputValue('#email'), person.email, 'the email after a wrong password');
  same(await page.inputValue('#password'), '', 'the password after a wrong password');
  await look(page, 'wrong-password');

  step('the right one: straight to the app, for the consent is remembered');
  const asked = documents.length;
  await page.fill('#password', person.password);
  await page.click('#sign-in');
  const last = await signedIn(page, context);
  same(last.claims.sub, first.claims.sub, 'who came back');
  insist(!documents.slice(asked).some(({ url }) => url.pathname === '/consent'), 'consent was asked for again');

  if (process.env.RESULT) {
    const { claims: { aud, nonce }, accessToken, refreshToken, idToken } = last;
    const tokens = { client_id: aud, nonce, access_token: accessToken, refresh_token: refreshToken, id_token: idToken };
    writeFileSync(process.env.RESULT, JSON.stringify(tokens));
  }
});
