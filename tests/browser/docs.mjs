// Swagger UI: it shows every dialect, and loads nothing from another host, as every page is watched for.
//
//   ISSUER=… node docs.mjs
import { insist, ISSUER, run, shoot } from './lib.mjs';

await run(async (visit) => {
  const { page } = await visit({ javaScriptEnabled: true });
  await page.goto(`${ISSUER}/docs`);
  await page.locator('.opblock').first().waitFor();
  const shown = await page.locator('.opblock-tag').allInnerTexts();
  for (const dialect of ['better_auth', 'bearer', 'applications', 'cookie_pair', 'token_pair']) {
    insist(shown.some((tag) => tag.trim() === dialect), `${dialect} is not among ${shown}`);
  }
  // A request of the page's own, to the server that it came from.
  await page.locator('#operations-cookie_pair-cookie_pair_health_check').click();
  await page.locator('.try-out__btn').click();
  await page.locator('.execute').click();
  await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
  await shoot(page, 'docs');
});
