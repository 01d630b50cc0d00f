/// routes_page_message.cc: the page of one message, in one of five views. Each is a page of its own, so that it can be
/// kept, and needs no script. Of what a sender wrote as HTML only a frame is here: it is a page of v3, which may do
/// nothing.
#include <map>
#include <optional>

#include "api/message_parts.h"
#include "api/page.h"
#include "api/page_text.h"
#include "api/v3.h"
#include "core/text.h"
#include "filter/trace.h"
#include "mail/codes.h"
#include "mail/headers.h"
#include "mail/message.h"
#include "mail/words.h"

namespace maildrop::api {

namespace {

struct View {
  std::string_view word;  // in its path
  std::string_view title;
  Markup (*show)(const store::Message& message, const std::string& api);  // `api`: the path of the message in v3
};

constexpr std::size_t kMostHosts = 20;         // that are named of those a message wanted something from
constexpr std::size_t kMostActions = 5;        // links that are named above the text
constexpr std::size_t kMostShownFields = 200;  // of a header
constexpr std::size_t kLongestWord = 200;      // bytes shown of what may be long

/// A text that is too long for a page, and where the rest is.
Markup long_text(std::string_view text, const Markup& shown, const std::string& whole) {
  if (text.size() <= kMostOnPage) return html("<pre class=\"text\">{}</pre>\n", shown);
  return html(
      "<pre class=\"text\">{}</pre>\n<p class=\"note\">That is the begin of it. <a href=\"{}\">All of it</a></p>\n",
      shown, whole);
}

Markup text_view(const store::Message& message, const std::string& api) {
  const std::string text = mail::text_of(message.data);
  return long_text(text, linked_text(utf8_prefix(text, kMostOnPage)), api + "/text");
}

/// Of `https://name@host:1/x` the host, as a browser would take it; the whole where it cannot be told.
std::string_view host_of(std::string_view address) {
  const std::size_t slashes = address.find("//");
  if (slashes == std::string_view::npos) return address;
  std::string_view host = address.substr(slashes + 2);
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  const std::size_t port = host.rfind(':');
  return port == std::string_view::npos || host.find(']', port) != std::string_view::npos ? host : host.substr(0, port);
}

/// What a message wanted to be loaded, by where from.
Markup remote_note(const mail::SanitisedHtml& page) {
  if (page.remote.empty()) return {};
  std::map<std::string, std::size_t> hosts;
  for (const std::string& each : page.remote) ++hosts[std::string(utf8_prefix(host_of(each), kLongestWord))];
  Markup list;
  std::size_t named = 0;
  for (const auto& [host, count] : hosts)
    if (named++ < kMostHosts) list += html("<li>{} <span class=\"quiet\">× {}</span></li>\n", host, count);
  if (hosts.size() > kMostHosts) list += html("<li>and {} more</li>\n", hosts.size() - kMostHosts);
  Markup pixels;
  if (page.pixels > 0)
    pixels = html(" {} of them would not be seen: {} there to tell its sender that you read this.", page.pixels,
                  page.pixels == 1 ? "it is" : "they are");
  return html(
      "<details class=\"note\"><summary>{} from elsewhere {} not loaded</summary><p>We load nothing that a message "
      "asks for.{}</p><ul>{}</ul></details>\n",
      page.remote.size() == 1 ? "1 thing" : std::to_string(page.remote.size()) + " things",
      page.remote.size() == 1 ? "was" : "were", pixels, list);
}

Markup html_view(const store::Message& message, const std::string& api) {
  const std::optional<mail::SanitisedHtml> page = mail::page_of(message.data);
  if (!page) return html("<p class=\"empty\">This message has no HTML.</p>\n");
  return html(
      "{}<iframe class=\"html\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" src=\"{}/html\" title=\"The "
      "message as HTML\" referrerpolicy=\"no-referrer\"></iframe>\n{}",
      remote_note(*page), api, page->cut ? html("<p class=\"note\">It is longer than what is shown.</p>\n") : Markup());
}

Markup headers_view(const store::Message& message, const std::string& api) {
  const mail::Headers headers = mail::scan_headers(message.data, {.fields = kMostShownFields});
  mail::Charsets charsets;
  Markup rows;
  std::size_t size = 0;
  bool cut = headers.truncated;
  for (const mail::HeaderField& each : headers.fields) {
    const std::string value = mail::decode_header(each.value, charsets);
    size += each.name.size() + value.size();
    if (size > kMostOnPage) {
      cut = true;
      break;
    }
    rows += html("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", each.name, value);
  }
  return html(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Header fields\"><table class=\"fields\">\n"
      "{}</table></div>\n{}",
      rows, cut ? html("<p class=\"note\">There is <a href=\"{}/raw\">more of it</a>.</p>\n", api) : Markup());
}

Markup source_view(const store::Message& message, const std::string& api) {
  const std::string_view begin = utf8_prefix(message.data, kMostOnPage);
  return html("<p class=\"note\"><a href=\"{}/raw\">Download</a> every byte as it came.</p>\n{}", api,
              long_text(message.data, html("{}", begin), api + "/raw"));
}

Markup facts_of(const filter::TraceEntry& entry) {
  Markup list;
  for (const std::string& each : entry.facts) list += html("<li>{}</li>", utf8_prefix(each, kLongestWord));
  return list.empty() ? Markup() : html("<ul class=\"facts\">{}</ul>", list);
}

Markup filters_view(const store::Message& message, const std::string&) {
  if (message.verdicts.empty()) return html("<p class=\"empty\">No filter judged this message.</p>\n");
  const Result<filter::Trace> trace = filter::parse_trace(message.verdicts);
  if (!trace) return html("<p class=\"empty\">What filters said of it cannot be read.</p>\n");
  Markup rows, silent;
  std::size_t quiet = 0;
  for (const filter::TraceEntry& entry : trace->entries) {
    if (entry.is_silent()) {
      if (quiet++ > 0) silent += html(", ");
      silent += html("{}", entry.filter);
      continue;
    }
    rows +=
        html("<tr><td>{}</td><th scope=\"row\">{}</th><td>{}{}</td><td class=\"number\">{}</td><td>{}{}</td></tr>\n",
             filter::name_of(entry.phase), entry.filter, filter::name_of(entry.action),
             entry.failed ? html(" <span class=\"mark\">failed</span>") : Markup(), format_number(entry.score),
             entry.reason, facts_of(entry));
  }
  return html(
      "<p>Score <b>{}</b>{}.{}</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What filters "
      "found\"><table>\n<thead><tr><th scope=\"col\">Phase</th><th scope=\"col\">Filter</th><th "
      "scope=\"col\">Action</th><th scope=\"col\" class=\"number\">Score</th><th scope=\"col\">Why</th></tr></thead>\n"
      "<tbody>\n{}</tbody></table></div>\n{}{}",
      format_number(trace->score),
      trace->mark == store::Mark::none  ? ""
      : trace->mark == store::Mark::tag ? ", likely spam"
                                        : ", quarantined",
      trace->cut ? " More was found than is kept." : "", rows,
      quiet == 0 ? Markup() : html("<p class=\"quiet\">Found nothing: {}.</p>\n", silent),
      trace->shadow ? html("<p class=\"quiet\">By the rules that are being tried: {}, score {}.</p>\n",
                           filter::name_of(trace->shadow->fate), format_number(trace->shadow->score))
                    : Markup());
}

constexpr View kViews[] = {
    {"html", "HTML", html_view},       {"text", "Text", text_view},          {"headers", "Headers", headers_view},
    {"source", "Source", source_view}, {"filters", "Filters", filters_view},
};

Markup tabs(const std::string& path, const View& current, bool has_html) {
  Markup links;
  for (const View& each : kViews) {
    if (each.word == "html" && !has_html) continue;
    links += html("<a href=\"{}/{}\"{}>{}</a>\n", path, each.word,
                  each.word == current.word ? html(" aria-current=\"page\"") : Markup(), each.title);
  }
  return html("<nav class=\"tabs\" aria-label=\"Views of this message\">\n{}</nav>\n", links);
}

/// What most people came for.
Markup codes_of(const store::Message& message) {
  const std::string words = message.summary.subject + "\n" + mail::words_of(message.data);
  Markup found;
  for (const std::string& code : mail::find_codes(words))
    found += html(
        "<li><b class=\"code\">{}</b> <button type=\"button\" class=\"small\" data-copy=\"{}\" "
        "hidden>Copy</button></li>\n",
        code, code);
  std::size_t actions = 0;
  for (const mail::CodeLink& link : mail::find_links(words)) {
    if (link.kind != mail::LinkKind::action || actions++ == kMostActions) break;
    found += html("<li><a href=\"{}\" rel=\"noreferrer noopener nofollow\" target=\"_blank\">{}</a></li>\n", link.url,
                  utf8_prefix(link.url, kLongestWord));
  }
  return found.empty() ? Markup()
                       : html(
                             "<section class=\"found\" aria-label=\"Codes and links\">\n<h2>Found in it</h2>\n<ul>\n"
                             "{}</ul></section>\n",
                             found);
}

Markup files_of(const store::Message& message, const std::string& api) {
  Markup list;
  std::size_t number = 0;
  for (const ListedPart& part : list_parts(message.data).parts) {
    ++number;
    if (part.removed)
      list += html("<li><b>{}</b> <span class=\"quiet\">{}, {}, taken out when it came. SHA-256 {}</span></li>\n",
                   part.removed->filename.empty() ? "(no name)" : utf8_prefix(part.removed->filename, kLongestWord),
                   part.removed->type, format_size_short(part.removed->size), part.removed->sha256);
    else if (!part.name.empty() || part.disposition == "attachment")
      list += html("<li><a href=\"{}/parts/{}\">{}</a> <span class=\"quiet\">{}, {}</span></li>\n", api, number,
                   part.name.empty() ? "(no name)" : utf8_prefix(part.name, kLongestWord), part.type,
                   format_size_short(part.size));
  }
  return list.empty() ? Markup() : html("<section class=\"files\">\n<h2>Files</h2>\n<ul>\n{}</ul></section>\n", list);
}

Markup envelope_of(const store::Summary& summary) {
  const std::string from = shown_sender(summary);
  return html(
      "<dl class=\"envelope\">\n<dt>From</dt><dd>{}{}</dd>\n<dt>To</dt><dd>{}</dd>\n<dt>Received</dt><dd>{}, {} from "
      "{}{}</dd>\n</dl>\n",
      from.empty() ? "(no sender)" : from,
      summary.from.empty() || from.find(summary.from) != std::string::npos
          ? Markup()
          : html(" <span class=\"quiet\">sent as {}</span>", summary.from),
      summary.to, moment(summary.received), format_size_short(summary.size), summary.peer,
      summary.tls.empty() ? ", in the clear" : ", encrypted");
}

Response show(const Request&, Args args, Context& context, const View* view) {
  const auto message = message_of(args, context);
  if (!message) return page_error(message.error());
  const auto inbox = public_inbox(args[0], context);
  const store::Summary& summary = message->summary;
  const std::string path = message_path(*inbox, summary.id);
  const std::string api = "/api/v3/mailboxes" + path.substr(std::string_view("/inbox").size());
  const bool has_html = mail::html_of(message->data, 1).has_value();
  if (!view) view = has_html ? &kViews[0] : &kViews[1];

  Page content;
  const std::string subject = summary.subject.empty() ? "(no subject)" : summary.subject;
  content.title = subject + " – maildrop";
  content.of_mail = true;
  content.inbox = inbox->name();
  content.main = html(
      "<div class=\"crumbs\"><a href=\"{}\"><span aria-hidden=\"true\">←</span> {}</a>\n<details "
      "class=\"confirm\"><summary class=\"button\">Delete</summary><form method=\"post\" "
      "action=\"{}/delete\"><p>Delete this message, for everybody?</p><button class=\"danger\">Delete "
      "it</button></form></details></div>\n<article class=\"message\">\n<div class=\"title\"><h1>{}</h1>{}</div>\n"
      "{}{}{}{}{}</article>\n",
      inbox_path(*inbox), address_of(*inbox, context.config), path, subject, mark_of(summary), envelope_of(summary),
      codes_of(*message), tabs(path, *view, has_html), view->show(*message, api), files_of(*message, api));
  return page(200, content);
}

template <std::size_t view>
Response show(const Request& request, Args args, Context& context) {
  return show(request, args, context, &kViews[view]);
}

Response show_best(const Request& request, Args args, Context& context) {
  return show(request, args, context, nullptr);
}

/// From a form, which other sites' pages cannot send (dispatch() refuses them).
Response page_remove(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return page_error(inbox.error());
  const auto id = message_id(*inbox, args[1], context);
  if (!id) return page_error(id.error());
  const Result<bool> removed = context.inboxes.remove(*inbox, *id);
  if (!removed) return page_error(fault_of(removed.error()));
  return see_other(inbox_path(*inbox));  // gone, whoever did it
}

constexpr Growth kPageGrowth{1, 8};  // and what is on a page, which is bounded (kMostOnPage)

constexpr Route of_view(std::string_view pattern, std::string_view summary,
                        Response (*handle)(const Request&, Args, Context&), bool verdicts = false) {
  return {.method = "GET",
          .pattern = pattern,
          .summary = summary,
          .handle = handle,
          .growth = kPageGrowth,
          .verdicts = verdicts,
          .compresses = true,
          .page = true};
}

constexpr Route kPageMessageRoutes[] = {
    of_view("/inbox/{name}/{id}", "the page of a message; the id may be `latest`", show_best),
    of_view("/inbox/{name}/{id}/html", "its HTML, sanitised and in a frame", show<0>),
    of_view("/inbox/{name}/{id}/text", "its text", show<1>),
    of_view("/inbox/{name}/{id}/headers", "its header fields", show<2>),
    of_view("/inbox/{name}/{id}/source", "its source", show<3>),
    of_view("/inbox/{name}/{id}/filters", "what each filter found of it", show<4>, true),
    {.method = "POST",
     .pattern = "/inbox/{name}/{id}/delete",
     .summary = "delete one message, from its page",
     .handle = page_remove,
     .page = true},
};

}  // namespace

std::span<const Route> page_message_routes() { return kPageMessageRoutes; }

}  // namespace maildrop::api
