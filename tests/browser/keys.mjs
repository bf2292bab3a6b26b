// A person who has a keyboard and no mouse. At every stop of the Tab key the focus must be seen: an outline or a shadow
// that the element has only then, inside the window, with nothing on top.
import { insist } from './lib.mjs';

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

// The moves of such a person on this page.
export function keyboard(page) {
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
  return { at, seen, press, type };
}
