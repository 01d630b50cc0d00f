/// page.cc: the frame, and small words.
#include "api/page.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "api/escape.h"
#include "api/page_assets.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

Markup head_of(const Page& content) {
  return html(
      "<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n{}<title>{}</title>\n<link rel=\"stylesheet\" "
      "href=\"{}\">\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"{}\">\n<script src=\"{}\" defer></script>\n"
      "</head>\n",
      content.of_mail ? html("<meta name=\"robots\" content=\"noindex, nofollow\">\n") : Markup(), content.title,
      asset("page.css").path, asset("icon.svg").path, asset("page.js").path);
}

/// Another inbox, from anywhere but the home page, which asks for one in large.
Markup opener(const std::string& inbox) {
  return html(
      "<form class=\"open\" action=\"/inbox\" role=\"search\">\n<label class=\"hidden\" "
      "for=\"open\">Inbox</label><input id=\"open\" name=\"name\" value=\"{}\" maxlength=\"320\" autocomplete=\"off\" "
      "autocapitalize=\"none\" spellcheck=\"false\" placeholder=\"inbox\" required><button>Open</button>\n</form>\n",
      inbox);
}

std::string plural(std::int64_t n, std::string_view unit) {
  return std::to_string(n).append(" ").append(unit).append(n == 1 ? "" : "s");
}

std::string age_in_words(Millis age) {
  const std::int64_t minutes = age.count() / 60'000;
  if (minutes < 1) return "just now";
  if (minutes < 60) return std::to_string(minutes) + " min ago";
  if (minutes < 48 * 60) return std::to_string(minutes / 60) + " h ago";
  return std::to_string(minutes / (24 * 60)) + " days ago";
}

/// What who asked can do about it, where that is known.
std::string_view advice_for(const Fault& fault) {
  if (fault.phrase == kNotAName) return "It has letters, digits and . _ - =, and does not begin with a dot or a dash.";
  if (fault.phrase == kReservedName) return "Mail to such a name is for whoever runs this server.";
  if (fault.phrase == kNotThere) return "It may have expired, been deleted, or made room for newer mail.";
  if (fault.status == 429) return "Wait a moment and try again.";
  return fault.status >= 500 ? "Try again in a moment." : "";
}

}  // namespace

Response page(int status, const Page& content) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  // With none at all browsers send `Origin: null` with our own forms, and where they came in the clear nothing else.
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  response.body = html(
                      "<!doctype html>\n<html lang=\"en\">\n{}<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
                      "content</a>\n<header class=\"top\">\n<a class=\"brand\" href=\"/\">{}maildrop</a>\n{}<nav "
                      "aria-label=\"Site\"><a href=\"/statistics\">Statistics</a> <a href=\"/about\">About</a></nav>\n"
                      "</header>\n<main id=\"main\">\n{}</main>\n</body>\n</html>\n",
                      head_of(content),
                      html("<svg aria-hidden=\"true\" viewBox=\"0 0 32 32\"><path class=\"drop\" d=\"M16 2c5 7 9 11 9 "
                           "17a9 9 0 0 1-18 0c0-6 4-10 9-17z\"/><path class=\"flap\" d=\"M10 17l6 5 6-5\"/></svg>"),
                      content.home ? Markup() : opener(content.inbox), content.main)
                      .take();
  return response;
}

Response page_error(const Fault& fault) {
  std::string phrase(fault.phrase);
  if (!phrase.empty() && phrase[0] >= 'a' && phrase[0] <= 'z') phrase[0] = static_cast<char>(phrase[0] - 'a' + 'A');
  Page content;
  content.title = std::string(reason_phrase(fault.status)) + " – maildrop";
  content.of_mail = true;
  content.main = html(
      "<section class=\"said\">\n<h1>{}</h1>\n<p>{}.</p>\n<p>{}</p>\n<p><a href=\"/\">To the first page</a></p>\n"
      "</section>\n",
      reason_phrase(fault.status), phrase, advice_for(fault));
  Response response = page(fault.status, content);
  response.why = fault.why;
  add_retry_after(fault, response);
  return response;
}

Response see_other(const std::string& path) {
  Response response;
  response.status = 303;
  response.content_type.clear();
  response.headers.emplace_back("Location", path);
  return response;
}

bool wants_page(const Request& request) {
  static constexpr std::string_view kOfPages[] = {"inbox", "statistics", "about", "assets"};
  static constexpr std::string_view kOfPrograms[] = {"v2",    "api",    "graphql", "serve", "ws",
                                                     "livez", "readyz", "metrics", "dns",   "admin"};
  const std::string_view first = request.path.empty() ? std::string_view() : request.path[0];
  const auto is_among = [first](const auto& list) {
    return std::find(std::begin(list), std::end(list), first) != std::end(list);
  };
  if (is_among(kOfPages)) return true;
  return !is_among(kOfPrograms) && field_of(request, "accept").find("text/html") != std::string_view::npos;
}

std::string inbox_path(const mail::Inbox& inbox) { return "/inbox/" + percent_encoded(inbox.name()); }

std::string message_path(const mail::Inbox& inbox, const store::MessageId& id) {
  return inbox_path(inbox) + "/" + id.text();
}

std::string address_of(const mail::Inbox& inbox, const Config& config) {
  const std::string& name = inbox.name();
  if (name.find('@') != std::string::npos) return name;
  return config.inbox.naming == InboxSettings::Naming::domain ? "anything@" + name : name + "@" + shown_domain(config);
}

Markup ago(Time then, Time now) {
  return html("<time class=\"ago\" datetime=\"{}\">{}</time>", rfc3339(then), age_in_words(now - then));
}

Markup mark_of(const store::Summary& summary) {
  if (summary.mark == store::Mark::none) return {};
  return html(" <span class=\"mark\">{}</span>",
              summary.mark == store::Mark::quarantine ? "quarantined" : "likely spam");
}

Markup moment(Time time) {
  const auto seconds = static_cast<std::time_t>(to_millis(time) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%-d %b %Y, %H:%M UTC", &parts);
  return html("<time class=\"moment\" datetime=\"{}\">{}</time>", rfc3339(time), std::string_view(text));
}

std::string in_words(Millis time) {
  const std::int64_t seconds = time.count() / 1000;
  if (seconds % 86400 == 0 && seconds > 2 * 86400) return plural(seconds / 86400, "day");
  if (seconds % 3600 == 0 && seconds > 0) return plural(seconds / 3600, "hour");
  if (seconds % 60 == 0 && seconds > 0) return plural(seconds / 60, "minute");
  return plural(seconds, "second");
}

std::string what_fits(const InboxSettings& settings) {
  std::string text = "The newest " + std::to_string(settings.max_messages) + " messages";
  return settings.max_size == 0 ? text : text + " that fit into " + format_size_short(settings.max_size);
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace maildrop::api
