/// page.h: what the pages for people share: the frame around each, what it refers to, and how things are said. All of
/// it works without scripts; page.js adds what comes by itself.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/answer.h"
#include "api/markup.h"

namespace maildrop::api {

std::span<const Route> page_routes();          // home, about, assets
std::span<const Route> page_inbox_routes();    // an inbox
std::span<const Route> page_message_routes();  // one message of it
std::span<const Route> page_statistics_routes();

struct Page {
  std::string title;
  Markup main;
  bool of_mail = false;  // strangers' words are in it: no search engine keeps it
  bool home = false;     // asks for an inbox itself
  std::string inbox{};   // canonical name that the field for another inbox begins with
};

/// The whole page, with its policy: nothing is loaded from elsewhere, nothing runs but page.js, nobody frames it.
Response page(int status, const Page& content);
/// A fault as a page that says what to do.
Response page_error(const Fault& fault);
/// 303: see there, by GET.
Response see_other(const std::string& path);

/// Whether the answer is for a person: of a path of pages, or of none for who asks for HTML.
bool wants_page(const Request& request);

/// `/inbox/bob`; of a message `/inbox/bob/ID`.
std::string inbox_path(const mail::Inbox& inbox);
std::string message_path(const mail::Inbox& inbox, const store::MessageId& id);
/// Where mail for it may be sent to: `bob@example.org`.
std::string address_of(const mail::Inbox& inbox, const Config& config);

/// `just now`, `5 min ago`, `3 h ago`, `2 days ago`, as a <time>; page.js keeps it true.
Markup ago(Time then, Time now);
/// `27 Nov 2026, 16:25 UTC`, as a <time>; page.js tells it in local time.
Markup moment(Time time);
/// What filters made of a message, as a word beside its subject; nothing where that is none.
Markup mark_of(const store::Summary& summary);
/// `24 hours`, `90 minutes`: what a setting says, in words.
std::string in_words(Millis time);
/// `The newest 10 messages`, and of how many bytes together.
std::string what_fits(const InboxSettings& settings);
/// `1,234,567`.
std::string with_commas(std::uint64_t number);

}  // namespace maildrop::api
