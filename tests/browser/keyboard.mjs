// The main job by keyboard alone.
//
//   ISSUER=… APP=… [EMAIL=… PASSWORD=…] [JS=off] node keyboard.mjs
import {
  app, APP, arrive, follow, insist, ISSUER, person, problemsHaveFocus, refusedAtApp, run, same, signedIn, step,
} from './lib.mjs';
import { keyboard } from './keys.mjs';

await run(async (visit) => {
  const { page, context } = await visit({ refusals: ['/callback', '/sign-in', '/sign-up'] });

  const { at, seen, press, type } = keyboard(page);

  step('to the sign-in page, and back by its button');
  await page.goto(`${APP}/`);
  await press('#sign-in', 'Enter');
  await arrive(page, ISSUER, '/sign-in');
  await press('#deny', 'Space');
  await refusedAtApp(page, context, 'access_denied');

  step('a new account: Enter in a field sends the form');
  await page.goto(`${APP}/`);
  await press('#sign-in', 'Enter');
  await arrive(page, ISSUER, '/sign-in');
  await press('a[href^="/sign-up"]', 'Enter');
  await arrive(page, ISSUER, '/sign-up');
  await type('#name', person.name);
  await type('#email', 'nobody');
  await type('#password', person.password);
  await follow(page, () => page.keyboard.press('Enter'));

  step('a mistake: the summary has focus, and its link leads to the field');
  await problemsHaveFocus(page);
  await press('[role=alert] a[href="#email"]', 'Enter');
  await page.waitForURL((url) => url.hash === '#email');
  insist(await at('#email'), 'the link of the summary does not lead to its field');
  await seen();
  await page.keyboard.press('Control+a');
  await page.keyboard.type(person.email);
  await type('#password', person.password);
  await page.keyboard.press('Enter');
  await arrive(page, ISSUER, '/consent');

  step('allow with the space bar');
  await press('#allow', 'Space');
  const first = await signedIn(page, context);

  step('sign out at Countersign and in the app');
  await page.goto(`${ISSUER}/sign-out`);
  await follow(page, () => press('#sign-out', 'Enter'));
  await page.goto(`${APP}/`);
  await follow(page, () => press('#log-out', 'Enter'));
  await arrive(page, APP, '/');
  insist(!(await app(context)).signedIn, 'signed out of the app, and it still has somebody');

  step('a wrong password: the summary has focus, the email stays');
  await press('#sign-in', 'Enter');
  await arrive(page, ISSUER, '/sign-in');
  await type('#email', person.email);
  await type('#password', 'not my password');
  await follow(page, () => page.keyboard.press('Enter'));
  await problemsHaveFocus(page);
  same(await page.inputValue('#email'), person.email, 'the email after a wrong password');

  step('the right one');
  await type('#password', person.password);
  await press('button#sign-in', 'Enter');
  const last = await signedIn(page, context);
  same(last.claims.sub, first.claims.sub, 'who came back');
});
