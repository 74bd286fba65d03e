// Drives pages in a headless Chromium: node page.mjs FOLDER_OF_NODE_MODULES PAGE...
// Prints what was measured, and ends with an error at the first thing that is not as it must be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, ...pages] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/** Opens a page in a context of its own; what it complains of, and what it asks for, is kept. */
const open = async (file, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light', ...options });
  const page = await context.newPage();
  const heard = [];
  const url = pathToFileURL(file).href;
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && heard.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => heard.push(`error: ${error}`));
  page.on('request', (request) => request.url() !== url && !request.url().startsWith('data:') && heard.push(`request: ${request.url()}`));
  await page.goto(url);
  return { page, close: async () => { assert.deepEqual(heard, [], file); await context.close(); } };
};

/** Of each directory that is drawn: how far the areas of what is in it are from being as its bytes. */
const crooked = () => [...document.querySelectorAll('.stage, .in')].flatMap((box) => {
  const cells = [...box.querySelectorAll(':scope > .cell')].map((cell) => {
    const { width, height } = cell.getBoundingClientRect();
    return { width, height, bytes: Number(cell.dataset.bytes) };
  });
  const bytes = cells.reduce((sum, cell) => sum + cell.bytes, 0);
  // Not the sum of the cells: each has a border, however thin it should be.
  const around = box.getBoundingClientRect();
  const area = around.width * around.height;
  return cells.filter((cell) => cell.width > 12 && cell.height > 12).map((cell) => (cell.width * cell.height * bytes) / (area * cell.bytes) - 1)
    .filter((off) => Math.abs(off) > 0.02);
});

/** The least contrast of the names in the map (WCAG 2.2, "contrast ratio"). */
const contrast = () => {
  const light = (colour) => {
    const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => Number(part) / 255);
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratios = [...document.querySelectorAll('.cell b')].map((name) => {
    const [one, other] = [light(getComputedStyle(name).color), light(getComputedStyle(name.closest('.cell')).backgroundColor)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
  return Math.min(...ratios);
};

const text = (page, selector) => page.locator(selector).first().textContent();
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
const crumbs = (page) => page.locator('.crumbs button').count();

const map = async (page) => {
  assert.ok((await page.locator('.cell').count()) > 10, 'the map has cells');
  assert.deepEqual(await page.evaluate(crooked), [], 'areas are as bytes');

  const label = await page.locator('button.zooms').first().getAttribute('aria-label');
  await page.locator('button.zooms').first().click();
  assert.equal(await crumbs(page), 2, 'a click opens a directory');
  assert.deepEqual(await page.evaluate(crooked), [], 'areas are as bytes inside, too');
  await page.locator('.crumbs button').first().click();
  assert.equal(await crumbs(page), 1, 'the first crumb is the root');
  assert.equal(await focused(page), label, 'one is where one came from');

  await page.locator('button.zooms').first().focus();
  await page.keyboard.press('Enter');
  assert.equal(await crumbs(page), 2, 'Enter opens a directory');
  await page.keyboard.press('Escape');
  assert.equal(await crumbs(page), 1, 'Escape leaves it');
  assert.equal(await focused(page), label);
  await page.keyboard.press('Space');
  await page.keyboard.press('Backspace');
  assert.equal(await focused(page), label, 'so do Space and Backspace');
  await page.keyboard.press('Home');
  const home = await focused(page);
  await page.keyboard.press('End');
  assert.notEqual(await focused(page), home, 'Home and End are two cells');
  const seen = new Set([home]);
  await page.keyboard.press('Home');
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowLeft', 'ArrowUp']) {
    await page.keyboard.press(key);
    seen.add(await focused(page));
  }
  assert.ok(seen.size > 1, 'arrows move');
};

const legend = async (page) => {
  const shown = () => page.evaluate(() => [...document.querySelectorAll('.cell')].map((cell) => getComputedStyle(cell).backgroundColor).join());
  const before = await shown();
  const button = page.locator('.legend button').first();
  await button.click();
  assert.equal(await button.getAttribute('aria-pressed'), 'true');
  assert.ok((await page.locator('.filtered .cell.on').count()) > 0, 'what is chosen is on');
  assert.notEqual(await shown(), before, 'the rest fades');
  await button.click();
  assert.equal(await shown(), before, 'and comes back');
};

const sorting = async (page) => {
  const table = page.locator('table', { has: page.locator('td[data-v]') }).first();
  const head = table.locator('th.n button').last();
  const column = await head.evaluate((button) => button.parentElement.cellIndex);
  const values = () => table.evaluate((table, at) => [...table.tBodies[0].rows].map((row) => Number(row.cells[at].dataset.v)), column);
  await head.click();
  const down = await values();
  assert.deepEqual(down, [...down].sort((one, other) => other - one), 'largest first');
  await head.click();
  assert.deepEqual(await values(), [...down].sort((one, other) => one - other), 'then smallest first');
};

const accessible = async (page, what) => {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const grave = found.violations.filter((violation) => ['serious', 'critical'].includes(violation.impact));
  const said = grave.map((violation) => `${violation.id}: ${violation.nodes[0].html.slice(0, 200)} ${violation.nodes[0].failureSummary}`);
  assert.deepEqual(said, [], what);
};

for (const file of pages) {
  const { page, close } = await open(file);
  const load = await page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd);
  const hasMap = (await page.locator('.map').count()) > 0;
  if (hasMap) {
    await page.waitForSelector('.cell');
    const drawn = await page.evaluate(() => performance.now());
    const cells = await page.locator('.cell').count();
    console.log(`${file}: loaded after ${Math.round(load)} ms, ${cells} cells drawn before ${Math.round(drawn)} ms`);
    assert.ok(cells > 20 || !file.includes('large'), 'a large image has many cells');
    await map(page);
    await legend(page);
    assert.ok((await page.evaluate(contrast)) >= 4.5, 'names are read in the light');
  }
  await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
  await sorting(page);
  await accessible(page, `${file} in the light`);
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.notEqual(await paper(), light, 'there is a dark page');
  if (hasMap) assert.ok((await page.evaluate(contrast)) >= 4.5, 'names are read in the dark');
  await accessible(page, `${file} in the dark`);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.waitForTimeout(100);
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(wide <= 360, `${file} is ${wide} wide on a narrow screen`);
  if (hasMap) assert.deepEqual(await page.evaluate(crooked), [], 'areas are as bytes on a narrow screen');
  await close();

  const still = await open(file, { javaScriptEnabled: false });
  assert.ok((await still.page.locator('table:visible').count()) > 0, 'tables are there without scripts');
  if (hasMap) {
    const place = still.page.locator('section', { has: still.page.locator('.map') });
    assert.equal(await place.locator('.map:visible').count(), 0);
    assert.ok((await place.locator('table:visible td').count()) > 0, 'the place of the map is not empty');
    assert.ok((await text(still.page, '.map ~ .columns table')).includes('/'), 'directories are there');
  }
  assert.equal(await still.page.locator('button').count(), 0, 'no button is there that does nothing');
  await still.close();
}
await browser.close();
