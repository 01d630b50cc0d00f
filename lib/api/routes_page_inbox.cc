/// routes_page_inbox.cc: the page of an inbox. Its list is of the server, and so is each row that page.js adds.
#include <algorithm>
#include <functional>
#include <optional>

#include "api/page.h"
#include "api/v3.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kMostListed = 100;  // the newest; the API has all. Each may be 12 KB

/// Who wrote it, in two: `Alice` and `alice@example.org`, the second of which is empty where there is no name.
struct Sender {
  std::string_view name, address;
};

Sender sender_of(std::string_view text) {
  const std::size_t open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return {text, {}};
  std::string_view name = trim(text.substr(0, open));
  if (name.size() > 1 && name.front() == '"' && name.back() == '"') name = trim(name.substr(1, name.size() - 2));
  const std::string_view address = text.substr(open + 1, text.size() - open - 2);
  return name.empty() ? Sender{address, {}} : Sender{name, address};
}

Markup row_of(const mail::Inbox& inbox, const store::Summary& summary, Time now) {
  const std::string text = shown_sender(summary);
  const Sender sender = sender_of(text);
  return html(
      "<li id=\"m-{}\"><a href=\"{}\"><span class=\"from\"><b>{}</b> <span class=\"quiet\">{}</span></span><span "
      "class=\"subject\">{}{}</span>{}</a></li>\n",
      summary.id.text(), message_path(inbox, summary.id), text.empty() ? "(no sender)" : sender.name, sender.address,
      summary.subject.empty() ? "(no subject)" : summary.subject, mark_of(summary), ago(summary.received, now));
}

/// What somebody looks for, in any letters; ASCII alone is folded.
bool has(const store::Summary& summary, const std::string& wanted) {
  return to_lower(shown_sender(summary)).find(wanted) != std::string::npos ||
         to_lower(summary.subject).find(wanted) != std::string::npos;
}

std::string search_of(const Request& request) {
  const auto given = request.query.find("q");
  return given == request.query.end() ? std::string() : std::string(trim(given->second));
}

/// Of those with which a list begins, so that a stream tells what has come since.
std::string newest_of(const std::vector<store::Summary>& messages) {
  return messages.empty() ? std::string() : messages.front().id.text();
}

Markup alias_box(const mail::Inbox& inbox, const Request& request, Context& context) {
  if (!context.config.inbox.alias) return {};
  if (request.query.find("alias") == request.query.end())
    return html("<a class=\"button\" id=\"alias\" href=\"{}?alias=new\">Alias</a>\n", inbox_path(inbox));
  const auto alias = new_alias(inbox, std::nullopt, context);
  if (!alias) return html("<p class=\"note\">There is no alias: {}.</p>\n", alias.error().phrase);
  const std::string address = address_of(*alias, context.config);
  return html(
      "<p class=\"note\" id=\"alias-made\">Mail to <b class=\"address\">{}</b> comes here, and does not tell the name "
      "of this inbox. <button type=\"button\" class=\"small\" data-copy=\"{}\" hidden>Copy</button></p>\n",
      address, address);
}

Markup tools(const mail::Inbox& inbox, const Request& request, Context& context) {
  const std::string path = inbox_path(inbox);
  const std::string wanted = search_of(request);
  return html(
      "<div class=\"tools\">\n<form class=\"search\" role=\"search\"><label class=\"hidden\" for=\"q\">Search in this "
      "inbox</label><input type=\"search\" id=\"q\" name=\"q\" value=\"{}\" placeholder=\"Search\" "
      "autocomplete=\"off\"><button class=\"no-script\">Search</button></form>\n<a class=\"button no-script\" "
      "href=\"{}\">Reload</a>\n<a class=\"button\" href=\"/api/v3/mailboxes/{}/feed.atom\">Feed</a>\n{}<details "
      "class=\"confirm\"><summary class=\"button\">Empty</summary><form method=\"post\" action=\"{}/empty\"><p>Delete "
      "all mail of this inbox, for everybody?</p><button class=\"danger\">Delete it</button></form></details>\n"
      "</div>\n",
      wanted, path, path.substr(path.rfind('/') + 1), alias_box(inbox, request, context), path);
}

/// Said where the list is empty; page.js shows and hides it.
Markup nothing_yet(const mail::Inbox& inbox, const std::string& wanted, bool is_so, const Context& context) {
  const Markup hidden = is_so ? Markup() : html(" hidden");
  if (!wanted.empty()) return html("<p class=\"empty\" id=\"empty\"{}>Nothing here has “{}”.</p>\n", hidden, wanted);
  return html("<p class=\"empty\" id=\"empty\"{}>No mail. What is sent to <b>{}</b> appears here.</p>\n", hidden,
              address_of(inbox, context.config));
}

/// Those that a list does not show, told by a count: filters may be wrong.
Markup quarantine_note(const mail::Inbox& inbox, std::size_t hidden, bool shown) {
  if (shown) return html("<p class=\"note\"><a href=\"{}\">Hide what is quarantined</a></p>\n", inbox_path(inbox));
  if (hidden == 0) return {};
  return html("<p class=\"note\">{} quarantined as likely spam. <a href=\"{}?quarantined=shown\">Show</a></p>\n",
              hidden, inbox_path(inbox));
}

Response inbox_page(const Request& request, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return page_error(inbox.error());
  const auto quarantined = quarantined_of(request);
  if (!quarantined) return page_error(quarantined.error());
  auto found = context.inboxes.list(*inbox, {.limit = kMostListed, .quarantined = store::Quarantined::shown});
  if (!found) return page_error(fault_of(found.error()));
  const std::size_t all = found->size();
  const auto is_hidden = [](const store::Summary& each) { return each.mark == store::Mark::quarantine; };
  const bool shows_all = *quarantined != store::Quarantined::hidden;
  if (!shows_all) std::erase_if(*found, is_hidden);
  const std::size_t hidden = all - found->size();
  if (*quarantined == store::Quarantined::only) std::erase_if(*found, std::not_fn(is_hidden));
  const std::string newest = newest_of(*found), wanted = search_of(request);
  if (!wanted.empty()) std::erase_if(*found, [&](const auto& each) { return !has(each, to_lower(wanted)); });

  const Time now = context.clock.now();
  Markup rows;
  for (const store::Summary& each : *found) rows += row_of(*inbox, each, now);
  const std::string address = address_of(*inbox, context.config);
  const std::string path = inbox_path(*inbox);
  Page content;
  content.title = address + " – maildrop";
  content.of_mail = true;
  content.inbox = inbox->name();
  content.main = html(
      "<div class=\"title\"><h1>{}</h1><button type=\"button\" class=\"small\" data-copy=\"{}\" hidden>Copy "
      "address</button></div>\n{}<p class=\"quiet\" id=\"live\" role=\"status\" "
      "data-events=\"/api/v3/mailboxes/{}/events?quarantined={}\" data-since=\"{}\" data-path=\"{}\"></p>\n<ol "
      "class=\"messages\" id=\"messages\">{}</ol>\n{}{}",
      address, address, tools(*inbox, request, context), path.substr(path.rfind('/') + 1), store::name_of(*quarantined),
      newest, path, found->empty() ? Markup() : html("\n{}", rows),
      nothing_yet(*inbox, wanted, found->empty(), context), quarantine_note(*inbox, hidden, shows_all));
  if (all == kMostListed) content.main += html("<p class=\"note\">The newest {} are listed.</p>\n", kMostListed);
  content.main += html(
      "<p class=\"quiet foot\">{} are kept, until {} after the last one. Whoever knows this name can read them.</p>\n",
      what_fits(context.config.inbox), in_words(context.config.inbox.max_age));
  return page(200, content);
}

/// One line of the list, for the page that has heard of a message.
Response row(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return page_error(inbox.error());
  const auto found = context.inboxes.list(*inbox, {.limit = kMostListed, .quarantined = store::Quarantined::shown});
  if (!found) return page_error(fault_of(found.error()));
  const auto message =
      std::find_if(found->begin(), found->end(), [&](const store::Summary& each) { return each.id.text() == args[1]; });
  if (message == found->end()) return page_error({404, "there is no such message", {}});
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", kDownloadPolicy);  // opened by itself it is nothing
  response.body = row_of(*inbox, *message, context.clock.now()).take();
  return response;
}

/// From a form, which other sites' pages cannot send (dispatch() refuses them).
Response empty(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return page_error(inbox.error());
  const std::optional<Fault> failed = clear_inbox(*inbox, context);
  return failed ? page_error(*failed) : see_other(inbox_path(*inbox));
}

constexpr Route kPageInboxRoutes[] = {
    {.method = "GET",
     .pattern = "/inbox/{name}",
     .summary = "the page of an inbox; ?q=TEXT, ?quarantined=hidden|shown|only, ?alias=new",
     .handle = inbox_page,
     .page = true},
    {.method = "GET",
     .pattern = "/inbox/{name}/{id}/row",
     .summary = "a line of that page",
     .handle = row,
     .page = true},
    {.method = "POST",
     .pattern = "/inbox/{name}/empty",
     .summary = "delete all messages that an inbox has, from its page",
     .handle = empty,
     .page = true},
};

}  // namespace

std::span<const Route> page_inbox_routes() { return kPageInboxRoutes; }

}  // namespace maildrop::api
