// clients.cjs: what clients do, one of them a run: `node clients.cjs CLIENT http://HOST:PORT INBOX`. Prints what it got
// as JSON: the server's side of it is for test.py to judge.
"use strict";
const { InbucketAPIClient } = require("inbucket-js-client");
const [client, base, inbox] = process.argv.slice(2);

// What a promise throws, as a text.
const thrown = (promise) => promise.then(() => "nothing", (error) => error.message);

async function json(path, init) {
  const response = await fetch(base + path, init);
  return { status: response.status, body: await response.json() };
}

async function inbucket() {
  const api = new InbucketAPIClient(base);
  const list = await api.mailbox(inbox);
  const latest = await api.message(inbox, "latest");
  const first = await api.message(inbox, list[0].id);
  const file = latest.attachments[0];
  const download = await fetch(file["download-link"]);
  return {
    list, first, latest,
    download: { status: download.status, type: download.headers.get("content-type"), text: await download.text() },
    // The client reads a source as JSON, so it never returns one; its error shows what it was sent.
    source: await thrown(api.messageSource(inbox, list[0].id)),
    seen: await json(`/api/v1/mailbox/${inbox}/latest`, { method: "PATCH", body: '{"seen":true}' }),
    deleted: await api.deleteMessage(inbox, list[0].id),
    again: await thrown(api.deleteMessage(inbox, list[0].id)),
    left: (await api.mailbox(inbox)).map((each) => each.subject),
    purged: await api.purgeMailbox(inbox),
    empty: await api.mailbox(inbox),
    reserved: await thrown(api.mailbox("postmaster")),
    info: (await fetch(base + "/api/v1/info")).status,
  };
}

// The queries as scripts in the field send them.
async function graphql() {
  const ask = async (query, variables, operationName) => {
    const { status, body } = await json("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query, variables, operationName }),
    });
    return { status, ...body };
  };
  const list = await ask(`query GetInbox($mailbox: String!) {
    inbox(mailbox: $mailbox) { id subject date headerfrom __typename }
  }`, { mailbox: inbox }, "GetInbox");
  const id = list.data.inbox[1].id;
  return {
    list,
    message: await ask(`query ($mailbox: String!, $id: ID!) { message(mailbox: $mailbox, id: $id) { id mailfrom headerfrom subject data html } }`,
      { mailbox: inbox, id }),
    several: await ask(`{ ping(message: "test") status statistics { blocked saved } altinbox(mailbox: "${inbox}") }`),
    deleted: await ask(`mutation Del($mailbox: String!, $id: String!) { delete(mailbox: $mailbox, id: $id) }`, { mailbox: inbox, id }),
    left: await ask(`{ a: inbox(mailbox: "${inbox}") { subject } b: inbox(mailbox: "postmaster") { subject } }`),
    byGet: await json("/graphql?query=" + encodeURIComponent(`{inbox(mailbox:"${inbox}"){subject}}`)),
  };
}

async function original() {
  const list = await json(`/api/inbox/${inbox}`);
  const one = `/api/inbox/${inbox}/${list.body[0].id}`;
  return {
    list,
    message: await json(one),
    deleted: await json(one, { method: "DELETE" }),
    again: await json(one, { method: "DELETE" }),
    suggestion: await json("/api/suggestion"),
    blocked: await json("/api/blocked"),
  };
}

({ inbucket, graphql, original })[client]().then((got) => console.log(JSON.stringify(got)));
