// What the pages do by themselves: they tell what comes, keep times true, copy and search. Without it all is there, too.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  for (const each of document.querySelectorAll(".no-script")) each.hidden = true;

  // Times: as long ago as it is now, and moments where the reader is.
  const ago = (then) => {
    const minutes = Math.floor((Date.now() - then) / 60000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return minutes + " min ago";
    return minutes < 2880 ? Math.floor(minutes / 60) + " h ago" : Math.floor(minutes / 1440) + " days ago";
  };
  const tick = () => {
    for (const each of document.querySelectorAll("time.ago")) each.textContent = ago(Date.parse(each.dateTime));
  };
  tick();
  addEventListener("pageshow", (event) => event.persisted && location.reload());  // streams ended with the page
  setInterval(tick, 30000);
  for (const each of document.querySelectorAll("time.moment"))
    each.textContent = new Date(each.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

  // Copying: where the page came in the clear there is no clipboard, and a selection does it.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = document.body.appendChild(document.createElement("textarea"));
      field.value = text;
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  };
  for (const button of document.querySelectorAll("[data-copy]")) {
    const said = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = said), 1500);
      button.focus();
    });
  }

  // A stream holds one of the six connections that a browser has for a server: who does not look needs none for long.
  const follow = (open, patience, again = open) => {
    let source = open(), timer = 0;
    const look = () => {
      clearTimeout(timer);
      if (!document.hidden) source ||= again();
      else timer = setTimeout(() => { source?.close(); source = null; }, patience);
    };
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", () => source?.close());
  };

  // The search field finds while one types.
  const list = $("messages"), field = $("q"), empty = $("empty");
  const filter = () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of list.children)
      row.hidden = ![".from", ".subject"].some((part) => row.querySelector(part).textContent.toLowerCase().includes(wanted));
  };
  if (list && field) {
    const found = field.value;  // by the server, which left the others out
    field.form.addEventListener("submit", (event) => event.preventDefault());
    field.addEventListener("input", () => (found ? !field.value && location.assign(location.pathname) : filter()));
  }

  // An inbox, as it changes. Rows are the server's, so they are the same as after a reload.
  const live = $("live");
  if (live && list && window.EventSource) {
    const { events, since, path } = live.dataset;
    const title = document.title;
    let unseen = 0, work = Promise.resolve();
    const said = (text, on) => {
      live.textContent = text;
      live.classList.toggle("on", on);
    };
    const add = async (id) => {
      if ($("m-" + id)) return;
      const answer = await fetch(path + "/" + id + "/row");
      if (answer.status === 404) return;
      if (!answer.ok) throw answer;
      empty.hidden = true;
      list.insertAdjacentHTML("afterbegin", (await answer.text()).trim());
      const row = list.firstElementChild;
      row.classList.add("new");
      if (field.value) filter();
      said("New: " + row.querySelector(".subject").textContent, true);
      if (document.hidden) document.title = "(" + ++unseen + ") " + title;
    };
    const remove = (id) => {
      $("m-" + id)?.remove();
      empty.hidden = list.children.length > 0;
      if (!empty.hidden) list.textContent = "";  // a line end is something, too
    };
    // One after the other, in the order in which it happened.
    const then = (step) => (event) => {
      const { id } = JSON.parse(event.data);
      work = work.then(() => step(id)).catch(() => said("Reload for new mail", false));
    };
    follow(() => {
      const source = new EventSource(events + "&since=" + since);
      source.addEventListener("open", () => said("New mail appears by itself", true));
      source.addEventListener("error", () =>
        said(source.readyState === EventSource.CLOSED ? "Reload for new mail" : "Reconnecting …", false));
      source.addEventListener("message", then(add));
      source.addEventListener("removed", then(remove));
      return source;
    }, 60000, () => location.reload());  // what was removed meanwhile, nobody tells
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) document.title = title;
      if (!document.hidden) unseen = 0;
    });
  }

  // What was refused and kept, as it is counted.
  if ($("counter") && window.EventSource)
    follow(() => {
      const source = new EventSource("/api/v3/statistics/events");
      source.addEventListener("message", (event) => {
        const numbers = JSON.parse(event.data);
        for (const each of document.querySelectorAll("[data-count]"))
          if (each.dataset.count in numbers) each.textContent = numbers[each.dataset.count].toLocaleString("en");
      });
      return source;
    }, 0);
})();
