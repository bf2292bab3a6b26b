// The account page by keyboard alone: from signing in to the account's end.
//
//   ISSUER=… [EMAIL=… PASSWORD=…] node account_keyboard.mjs
import { arrive, follow, insist, ISSUER, person, problemsHaveFocus, run, same, step } from './lib.mjs';
import { keyboard } from './keys.mjs';

await run(async (visit) => {
  const { page } = await visit({ refusals: ['/account/profile', '/account/keys', '/account/delete'] });
  const { at, press, type } = keyboard(page);
  const to = async (section) => {
    await press(`nav a[href="/account/${section}"]`, 'Enter');
    await arrive(page, ISSUER, `/account/${section}`);
  };

  step('a newcomer, on the way to the page');
  await page.goto(`${ISSUER}/account`);
  await arrive(page, ISSUER, '/sign-in');
  await press('a[href^="/sign-up"]', 'Enter');
  await arrive(page, ISSUER, '/sign-up');
  await type('#name', person.name);
  await type('#email', person.email);
  await type('#password', person.password);
  await page.keyboard.press('Enter');
  await arrive(page, ISSUER, '/account');

  step('the profile: a mistake, and its way to the field');
  await to('profile');
  await type('#website', 'ada.example');
  await follow(page, () => page.keyboard.press('Enter'));
  await problemsHaveFocus(page);
  await press('[role=alert] a[href="#website"]', 'Enter');
  await page.waitForURL((url) => url.hash === '#website');
  insist(await at('#website'), 'the link of the summary does not lead to its field');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('https://ada.example/');
  await follow(page, () => page.keyboard.press('Enter'));
  same(await page.inputValue('#website'), 'https://ada.example/', 'the website');

  step('a key, and its end');
  await to('keys');
  await type('#name', 'Build server');
  await press('#lifetime', 'ArrowUp');
  await follow(page, () => press('#make', 'Enter'));
  insist((await page.locator('#new-key').innerText()).startsWith('pk_'), 'no key is shown');
  await follow(page, () => press('.items button', 'Space'));
  same(await page.locator('.items > li').count(), 0, 'how many keys there are');

  step('the log, the copy, the sessions');
  await to('log');
  await to('data');
  const [download] = await Promise.all([page.waitForEvent('download'), press('#download', 'Enter')]);
  same(download.suggestedFilename(), 'account.json', 'the name of the file');
  await to('sessions');
  insist(await page.locator('.badge').count() === 1, 'which session is this one');

  step('the end');
  await to('delete');
  await type('#current', person.password);
  await press('#confirm', 'Space');
  await press('#delete', 'Enter');
  await arrive(page, ISSUER, '/done');
  await page.goto(`${ISSUER}/account`);
  await arrive(page, ISSUER, '/sign-in');
});
