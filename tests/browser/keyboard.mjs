// The main job by keyboard alone. At every stop of the Tab key the focus must be seen: an outline or a shadow that
// the element has only then, inside the window, with nothing on top.
//
//   ISSUER=… APP=… [EMAIL=… PASSWORD=…] [JS=off] node keyboard.mjs
import {
  app, APP, arrive, follow, insist, ISSUER, person, problemsHaveFocus, refusedAtApp, run, same, signedIn, step,
} from './lib.mjs';

const STOPS = 40;

// Runs in the page. An empty answer is a good one.
function unseenFocus() {
  const element = document.activeElement;
  if (!element || element === document.body) return '';
  const look = () => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
    const outline = outlineStyle === 'none' || parseFloat(outlineWidth) === 0 || /, 0\)$|^transparent$/.test(outlineColor);
    return { outline: outline ? 'none' : `${outlineStyle} ${outlineWidth} ${outlineColor}`, boxShadow };
  };
  const focused = look();
  element.blur();
  const plain = look();
  element.focus({ focusVisible: true, preventScroll: true });
  const name = `${element.tagName.toLowerCase()}#${element.id || element.textContent.trim().slice(0, 30)}`;
  const outlined = focused.outline !== 'none' && focused.outline !== plain.outline;
  const shadowed = focused.boxShadow !== 'none' && focused.boxShadow !== plain.boxShadow;
  if (!outlined && !shadowed) return `${name} shows no focus`;
  const { left, top, width, height } = element.getBoundingClientRect();
  const top_ = document.elementFromPoint(left + width / 2, top + height / 2);
  if (!top_ || !(element.contains(top_) || top_.contains(element))) return `${name} has focus out of sight`;
  return '';
}

await run(async (visit) => {
  const { page, context } = await visit({ refusals: ['/callback', '/sign-in', '/sign-up'] });

  const at = (selector) => page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
  const seen = async () => {
    const unseen = await page.evaluate(unseenFocus);
    insist(unseen === '', `${page.url()}: ${unseen}`);
  };
  const tabTo = async (selector) => {
    await page.locator(selector).first().waitFor();
    for (let stop = 0; stop < STOPS; stop += 1) {
      if (await at(selector)) return seen();
      await page.keyboard.press('Tab');
      await seen();
    }
    throw new Error(`${page.url()}: ${STOPS} times Tab do not lead to ${selector}`);
  };
  const press = async (selector, key) => {
    await tabTo(selector);
    await page.keyboard.press(key);
  };
  const type = async (selector, text) => {
    await tabTo(selector);
    await page.keyboard.type(text);
  };

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
  await press('#log-out', 'Enter');
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
