// What must hold of every page, in every look of it.
import { accessible, insist, same, shoot } from './lib.mjs';

const SCHEMES = ['light', 'dark'];
export const WIDTHS = [390, 1280, 320];
const BUDGET = 30_000; // bytes over the wire
// Not quite none: on a busy machine the first paint may fall into the middle of the document, and what is added to it
// then was seen to move something by 0.0008. A line of text that makes room for another is at least twice that.
const STILL = 0.001;

// Adds up what a page transfers, as if for the first time: the document and all it is made of. What its script
// fetches afterwards is not the page.
export async function scales(context, page) {
  const network = await context.newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.setCacheDisabled', { cacheDisabled: true });
  const parts = new Map();
  network.on('Network.requestWillBeSent', ({ type, requestId, redirectResponse }) => {
    if (type === 'Document' && !redirectResponse) parts.clear();
    if (type !== 'Fetch' && type !== 'XHR') parts.set(requestId, 0);
  });
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (parts.has(requestId)) parts.set(requestId, encodedDataLength);
  });
  return () => [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
}

// How far what was painted moved afterwards, as the browser counts it (layout shift).
const shift = (page) => page.evaluate(() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => { sum += value; }))
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 50);
}));

// Everything that must hold of a page, in every look of it.
export function inspector(page, language, weight) {
  const seen = new Map(); // name -> words
  const inspect = async (name) => {
    await page.waitForLoadState('networkidle');
    insist(weight() > 0 && weight() < BUDGET, `${name}: ${weight()} bytes were transferred, ${BUDGET} is the limit`);
    same(await page.locator('html').getAttribute('lang'), language, `${name}: the page's language`);
    same(await page.locator('h1').count(), 1, `${name}: how many h1 there are`);
    same(await page.locator('link[rel=stylesheet]').count(), 1, `${name}: how many style sheets there are`);
    // The playground tells what it does line by line, and so grows. Every other page stands still.
    const moved = await shift(page);
    insist(moved < STILL || name.startsWith('playground'), `${name}: things moved by ${moved} after the first paint`);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        const needed = await page.evaluate(() => document.documentElement.scrollWidth);
        insist(needed <= width, `${name}: at ${width} px it is ${needed} px wide`);
        await shoot(page, `${name}-${language}-${colorScheme}-${width}`);
      }
      await page.setViewportSize({ width: WIDTHS[0], height: 844 });
      await accessible(page);
    }
    seen.set(name, await page.locator('main').innerText());
  };
  return { inspect, seen };
}
