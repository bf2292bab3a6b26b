// Runs a document's example in a page of the issuer's, as it stands, and prints what it logs.
//
//   ISSUER=… SCRIPT='const answer = await fetch(…)' node document.mjs
import { insist, ISSUER, run } from './lib.mjs';

const END = 'the example has ended';

await run(async (visit) => {
  const { page } = await visit({ javaScriptEnabled: true });
  const logged = [];
  page.on('console', (message) => logged.push(Promise.all(message.args().map((argument) => argument.jsonValue()))));
  await page.goto(`${ISSUER}/`);
  // Evaluated by the driver, which the page's own policy does not concern.
  await page.evaluate(`(async () => {\n${process.env.SCRIPT}\n})()`);
  // What was logged is told after it was evaluated: once this has come, so has everything before it.
  const end = page.waitForEvent('console', (message) => message.text() === END);
  await page.evaluate((text) => console.debug(text), END);
  await end;
  for (const values of (await Promise.all(logged)).slice(0, -1)) console.log(JSON.stringify(values));
  insist(page.url() === `${ISSUER}/`, 'the example leads away');
});
