// Runs a document's example in a page of the issuer's, as it stands, and prints what it logs.
//
//   ISSUER=… SCRIPT='const answer = await fetch(…)' node document.mjs
import { insist, ISSUER, run } from './lib.mjs';

await run(async (visit) => {
  const { page } = await visit({ javaScriptEnabled: true });
  page.on('console', async (message) => {
    const values = await Promise.all(message.args().map((argument) => argument.jsonValue()));
    console.log(JSON.stringify(values));
  });
  await page.goto(`${ISSUER}/`);
  // Evaluated by the driver, which the page's own policy does not concern.
  await page.evaluate(`(async () => {\n${process.env.SCRIPT}\n})()`);
  insist(page.url() === `${ISSUER}/`, 'the example leads away');
});
