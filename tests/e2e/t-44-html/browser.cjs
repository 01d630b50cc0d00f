// browser.cjs: loads pages in headless Chromium, and tells what each of them did by itself.
//   node browser.cjs < {"jobs": [{"name", "url", ...}]}    prints {name: [what happened]} as JSON
// `text`    is shown by the page, or by each frame
// `frame`   HTML that stands at `url` in place of what the server has there: a page around two frames
// `framed`  the address of the first of them; the other one has none
// `loose`   a page as it was sent: it may come to anything, so it is only watched, and longer
const { chromium } = require("playwright-core");

const SETTLE = 200; // ms after loading: refreshes, animations and what scripts put off come by then
const AT_ONCE = 4;

// What a page has that can run or load anything, as the browser's own tree has it: none of our parsers is asked.
const suspicious = () => {
  const found = [];
  for (const element of document.querySelectorAll("body, body *")) {
    if (element.namespaceURI !== "http://www.w3.org/1999/xhtml") found.push(`namespace of ${element.localName}`);
    if (/^(script|style|img|iframe|object|embed|form|input|link|meta|base|template|textarea|video|audio)$/.test(element.localName))
      found.push(`element ${element.localName}`);
    for (const { name, value } of element.attributes) {
      if (/^(on.*|src|srcset|id|name|class|action|formaction|background|poster|ping)$/.test(name)) found.push(`attribute ${name}`);
      if (name === "style" && /url\(|(^|;) *position|\\|expression\(/i.test(value)) found.push(`style ${value}`);
    }
    if (element.localName === "a" && element.hasAttribute("href") &&
        !["http:", "https:", "mailto:", "tel:"].includes(element.protocol)) found.push(`link ${element.href}`);
  }
  return found;
};

async function visit(context, job) {
  const happened = [];
  const page = await context.newPage();
  if (job.frame) await page.route(job.url, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: job.frame }));
  page.on("dialog", (dialog) => { happened.push(`script: dialog ${dialog.message()}`); dialog.dismiss().catch(() => {}); });
  // As sent, pages put out so many dialogs that they hold each other up: they may only say that they would.
  if (job.loose) await page.addInitScript(() => { window.alert = (text) => console.log(`ran ${text}`); });
  page.on("console", (message) => {
    if (!message.location().url.endsWith("/favicon.ico")) happened.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => happened.push(`script: error ${error.message}`));
  page.on("popup", () => happened.push("popup"));
  page.on("download", () => happened.push("download"));
  page.on("request", (request) => {
    const expected = request.url() === job.url || (job.frame && request.isNavigationRequest() && request.url() === job.framed);
    if (!expected) happened.push(`request: ${request.url().slice(0, 200)}`);
  });
  await page.goto(job.url, { waitUntil: job.loose ? "commit" : "load", timeout: 15000 }).catch((error) => happened.push(`load: ${error.message}`));
  await page.waitForTimeout(SETTLE * (job.loose ? 3 : 1));
  if (!job.loose) {
    const shown = page.frames().slice(job.frame ? 1 : 0);
    for (const frame of shown)
      happened.push(...(await frame.evaluate(suspicious).catch((error) => [`look: ${error.message}`])));
    for (const frame of shown) {
      if (job.frame && ![job.framed, "about:srcdoc"].includes(frame.url())) happened.push(`frame at ${frame.url()}`);
      const text = await frame.evaluate(() => document.body.innerText).catch((error) => error.message);
      if (!text.includes(job.text)) happened.push(`the text is not shown: ${text.slice(0, 200)}`);
    }
    if (job.frame && shown.length !== 2) happened.push(`${shown.length} frames`);
  }
  await page.close();
  return happened;
}

async function main() {
  let input = "";
  for await (const piece of process.stdin) input += piece;
  const jobs = JSON.parse(input).jobs;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "chromium", 
    args: ["--no-sandbox", "--process-per-site"] }); // as root it has no sandbox; and it need not start a process for each page
  const results = {};
  const context = await browser.newContext({ acceptDownloads: false });
  const worker = async () => {
    for (let job; (job = jobs.shift()); ) results[job.name] = await visit(context, job);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await browser.close();
  console.log(JSON.stringify(results));
}

main().catch((error) => { console.error(error); process.exit(1); });
