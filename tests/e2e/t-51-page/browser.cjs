// browser.cjs: a person at the pages. Tells test.py what was seen, a line of JSON each.
const fs = require("fs");
const readline = require("readline");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const BASE = process.env.BASE;
const KEPT = process.env.SCREENSHOTS;
const FIRST_VIEW = { requests: 4, bytes: 20 * 1024, painted: 14 * 1024 }; // painted: HTML and sheet, a first flight of TCP

const tell = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const check = (name, passed, detail = "") => tell({ check: name, passed: Boolean(passed), detail: passed ? "" : JSON.stringify(detail) });
const same = (name, got, wanted) => check(name, JSON.stringify(got) === JSON.stringify(wanted), { got, wanted });
const answers = readline.createInterface({ input: process.stdin });
const deliver = (inbox, mail) => new Promise((done) => { answers.once("line", done); tell({ deliver: [inbox, mail] }); });

// What no page may do: speak to others, fail at something, or run what a message has.
function watch(page, faults) {
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => { if (!request.url().startsWith(BASE + "/")) faults.push(request.url()); });
}

async function open(browser, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.faults = [];
  watch(page, page.faults);
  return page;
}

async function close(page, name) {
  same(`${name}: nothing failed, and nobody else was asked`, page.faults, []);
  const cookies = await page.context().cookies();
  same(`${name}: no cookie`, cookies, []);
  await page.context().close();
}

// Someone takes a suggestion, waits, reads, copies, deletes.
async function withScripts(browser) {
  const page = await open(browser);
  await page.goto(BASE + "/");
  await page.click(".suggestion a");
  const inbox = decodeURIComponent(new URL(page.url()).pathname.split("/")[2]);
  check("the suggested inbox is empty", await page.isVisible("#empty"));
  await page.waitForSelector("#live.on");
  await deliver(inbox, "build");
  await page.waitForSelector(".messages li");
  check("a mail appears by itself, and nothing says that there is none", !(await page.isVisible("#empty")));
  await deliver(inbox, "code");
  await page.waitForSelector(".messages li:nth-child(2)");
  same("the newest is the first", await page.textContent(".messages li:first-child .subject"), "Your sign-in code");
  check("who cannot see it is told", (await page.textContent("#live")).includes("Your sign-in code"));
  await page.fill("#q", "nightly");
  same("a search hides the others", await page.locator(".messages li:visible").count(), 1);
  await page.fill("#q", "");
  await page.click("text=Copy address");
  await page.waitForSelector("text=Copied");
  await page.reload();
  const rows = await page.locator(".messages li").allTextContents();
  same("a reload shows the same", rows.map((row) => /code|Nightly/.exec(row)[0]), ["code", "Nightly"]);
  await page.click("#alias");
  check("an alias can be had", /^d-[a-z0-9]+@/.test(await page.textContent("#alias-made .address")));

  const other = await page.context().newPage();
  watch(other, page.faults);
  await other.goto(`${BASE}/inbox/${inbox}`);
  await other.waitForSelector("#live.on");
  await page.click(".messages li:first-child a");
  same("the code is found", await page.textContent(".code"), "482913");
  const frame = page.frameLocator("iframe.html");
  check("the HTML is shown", (await frame.locator("body").innerText()).includes("Sign in to Acme"));
  same("its script did not run", await page.frames()[1].title(), "");
  await page.click(".tabs >> text=Text");
  check("so is its text, with links", await page.isVisible("pre.text a[href='https://id.acme.example/signin?token=f00ba4']"));
  await page.click(".tabs >> text=Headers");
  check("and its fields", await page.isVisible("th:text-is('Subject')"));
  await page.click(".tabs >> text=Source");
  check("and its source", (await page.textContent("pre.text")).includes("boundary=b"));
  await page.click("summary:text-is('Delete')");
  await page.click("text=Delete it");
  await page.waitForURL(`${BASE}/inbox/${inbox}`);
  same("it is gone", await page.locator(".messages li").count(), 1);
  await other.waitForFunction(() => document.querySelectorAll(".messages li").length === 1);
  check("and from the page of others, by itself", true);
  await close(page, "with scripts");
}

async function withoutScripts(browser) {
  const page = await open(browser, { javaScriptEnabled: false });
  await page.goto(BASE + "/");
  await page.fill("#name", "No.Script");
  await page.press("#name", "Enter");
  await page.waitForURL(BASE + "/inbox/no.script");
  await deliver("no.script", "sale");
  await page.click("text=Reload");
  await page.click(".messages a");
  check("without scripts: what was not loaded is told", await page.isVisible("summary:text('2 things from elsewhere were not loaded')"));
  await page.click("summary:text('2 things')");
  check("without scripts: and from where", await page.isVisible("text=t.track.example"));
  check("without scripts: the HTML is shown", (await page.frameLocator("iframe.html").locator("body").innerText()).includes("40% off"));
  await page.click("text=no.script@example.test");
  await page.fill("#q", "nothing like it");
  await page.click("button:text-is('Search')");
  check("without scripts: a search finds nothing", await page.isVisible("#empty"));
  await page.click("text=Reload");
  await page.click("summary:text-is('Empty')");
  await page.click("text=Delete it");
  await page.waitForSelector("#empty");
  same("without scripts: it is empty", await page.locator(".messages li").count(), 0);
  await close(page, "without scripts");
}

async function byKeyboard(browser) {
  const page = await open(browser);
  await deliver("keys", "build");
  await page.goto(BASE + "/inbox/keys");
  await page.keyboard.press("Tab");
  same("by keyboard: first of all one can skip to the content", await page.textContent(":focus"), "Skip to the content");
  for (let i = 0; i < 20 && !(await page.locator(".messages a:focus").count()); ++i) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("pre.text");
  check("by keyboard: a mail is opened", true);
  await close(page, "by keyboard");
}

// A name of its own over http is no secure context: there a browser says less of where a form comes from.
async function inTheClear(browser) {
  const page = await open(browser);
  await deliver("clear", "build");
  await page.goto(BASE.replace("127.0.0.1", "mail.test") + "/inbox/clear");
  await page.click(".messages a");
  await page.click("summary:text-is('Delete')");
  await page.click("text=Delete it");
  await page.waitForSelector("#empty:visible");
  check("in the clear: a form deletes", true);
  await page.context().close();
}

// What comes after the page was made and before it listens is shown, also where the inbox was empty.
async function between(browser) {
  const page = await open(browser);
  await page.route("**/events?*", async (route) => { await deliver("between", "build"); await route.continue(); }, { times: 1 });
  await page.goto(BASE + "/inbox/between");
  await page.waitForSelector(".messages li");
  check("what comes in between is shown", !(await page.isVisible("#empty")));
  await close(page, "between");
}

async function weight(browser) {
  const page = await open(browser);
  const wire = await page.context().newCDPSession(page);
  const types = {}, loaded = [];
  await wire.send("Network.enable");
  wire.on("Network.responseReceived", ({ requestId, type, response }) => { types[requestId] = [type, response.url]; });
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => loaded.push([...(types[requestId] || []), encodedDataLength]));
  for (const [name, path] of [["home", "/"], ["inbox", "/inbox/weight"], ["statistics", "/statistics"]]) {
    loaded.length = 0;
    await wire.send("Network.clearBrowserCache");
    await page.goto(BASE + path);
    await page.waitForTimeout(300);
    const files = loaded.filter(([type]) => type !== "EventSource");
    const bytes = files.reduce((sum, [, , length]) => sum + length, 0);
    const painted = files.filter(([type]) => type === "Document" || type === "Stylesheet").reduce((sum, [, , length]) => sum + length, 0);
    check(`weight of ${name}: ${bytes} bytes in ${files.length}, ${painted} to be painted`,
      files.length > 1 && files.length <= FIRST_VIEW.requests && bytes <= FIRST_VIEW.bytes && painted <= FIRST_VIEW.painted, files);
  }
  await close(page, "weight");
}

async function looks(browser) {
  for (const mail of ["build", "files", "sale", "code"]) await deliver("looks", mail);
  const list = (await (await fetch(BASE + "/api/v3/mailboxes/looks")).json()).messages;
  const id = (subject) => list.find((each) => each.subject.includes(subject)).id;
  const paths = { home: "/", inbox: "/inbox/looks", empty: "/inbox/nobody", message: `/inbox/looks/${id("code")}`,
    sale: `/inbox/looks/${id("sale")}`, files: `/inbox/looks/${id("Bilderna")}`, headers: `/inbox/looks/${id("code")}/headers`,
    filters: `/inbox/looks/${id("code")}/filters`, statistics: "/statistics", about: "/about", refused: "/inbox/postmaster" };
  const sizes = [[360, 740], [768, 1024], [1440, 900]];
  for (const [width, height, scheme] of sizes.flatMap((size) => [[...size, "light"], [...size, "dark"]])) {
    const page = await open(browser, { viewport: { width, height }, colorScheme: scheme });
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(BASE + path);
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run(document, { iframes: false }));
      same(`axe finds nothing in ${name} at ${width}, ${scheme}`, found.violations.map((each) => [each.id, each.nodes.map((node) => node.html.slice(0, 120))]), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`${name} is not wider than ${width}`, wide <= 0, wide);
      if (name === "inbox" && width === 360) {
        await page.click("summary:text-is('Empty')");
        const button = await page.locator("text=Delete it").boundingBox();
        check(`what empties an inbox can be reached at ${width}`, button.x >= 0 && button.x + button.width <= width, button);
        await page.click("summary:text-is('Empty')");
      }
      if (KEPT) await page.screenshot({ path: `${KEPT}/${name}-${width}-${scheme}.png` });
    }
    same(`nothing fails at ${width}, ${scheme}`, page.faults.filter((each) => !each.includes("403")), []);
    await page.context().close();
  }
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--process-per-site", "--host-resolver-rules=MAP mail.test 127.0.0.1"] });
  for (const part of [withScripts, withoutScripts, byKeyboard, inTheClear, between, weight, looks])
    await part(browser).catch((error) => check(part.name, false, error.message));
  await browser.close();
  tell({ done: true });
  process.exit(0);
}

main();
