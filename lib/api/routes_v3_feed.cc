/// routes_v3_feed.cc: an inbox as an Atom feed (RFC 4287), for who reads many.
#include "api/escape.h"
#include "api/v3.h"

namespace maildrop::api {

namespace {

constexpr std::size_t kMostEntries = 100;

/// RFC 4151: the same for as long as the server has its name, and no one else's. An inbox is no secret here: who asks
/// has named it.
std::string tag_of(const Context& context, const std::string& what) {
  return "tag:" + xml_escaped(effective_hostname(context.config.smtp)) + ",2026:" + what;
}

/// No word of the message but its subject and sender, as text: readers of feeds show HTML of whoever sent it.
std::string entry_of(const store::Summary& summary, const std::string& path, const Context& context) {
  const std::string id = summary.id.text();
  return "<entry><id>" + tag_of(context, "message/" + id) + "</id><title>" + xml_escaped(summary.subject) +
         "</title><updated>" + rfc3339(summary.received) + "</updated><author><name>" +
         xml_escaped(shown_sender(summary)) + "</name></author><link rel=\"alternate\" type=\"text/plain\" href=\"" +
         path + "/" + id + "/text\"/></entry>\n";
}

Response feed(const Request&, Args args, Context& context) {
  const auto inbox = public_inbox(args[0], context);
  if (!inbox) return problem(inbox.error());
  const auto found = context.inboxes.list(*inbox, {.limit = kMostEntries});
  if (!found) return problem(found.error());
  const std::string name = percent_encoded(inbox->name());
  const std::string path = "/api/v3/mailboxes/" + name;
  // When it is empty nothing tells whether it ever was otherwise.
  const Time updated = found->empty() ? Time() : found->front().received;
  Response response;
  response.content_type = "application/atom+xml; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy", kDownloadPolicy);
  response.body = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>" +
                  tag_of(context, "inbox/" + name) + "</id><title>" + xml_escaped(inbox->name()) + "</title><updated>" +
                  rfc3339(updated) + "</updated><link rel=\"self\" href=\"" + path + "/feed.atom\"/>\n";
  for (const store::Summary& each : *found) response.body += entry_of(each, path, context);
  response.body += "</feed>\n";
  return response;
}

constexpr Route kV3FeedRoutes[] = {
    {.method = "GET",
     .pattern = "/api/v3/mailboxes/{name}/feed.atom",
     .summary = "an inbox as an Atom feed",
     .handle = feed,
     .answer = "application/atom+xml"},
};

}  // namespace

std::span<const Route> v3_feed_routes() { return kV3FeedRoutes; }

}  // namespace maildrop::api
