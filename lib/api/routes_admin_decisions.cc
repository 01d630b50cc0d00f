/// routes_admin_decisions.cc: what is decided of mail, as it is decided: server-sent events (WHATWG HTML 9.2).
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "api/admin.h"
#include "api/live_lines.h"
#include "core/text.h"

namespace maildrop::api {

namespace {

constexpr std::string_view kBegin = ": decisions from now on\n\n";
constexpr std::string_view kResults[] = {"stored", "discarded", "deferred", "refused"};

/// What of them a watcher wants: the query. Empty: all.
struct Wanted {
  std::string by;      // a filter, or `score`
  std::string result;  // of kResults

  bool takes(const std::string& line) const {
    if (by.empty() && result.empty()) return true;
    const Result<Json> decision = parse_json(line);
    return decision && decision->is_object() && (by.empty() || text_at(*decision, "by") == by) &&
           (result.empty() || text_at(*decision, "result") == result);
  }
};

tl::expected<Wanted, Fault> wanted_of(const Request& request) {
  Wanted wanted;
  if (const auto given = request.query.find("filter"); given != request.query.end()) wanted.by = given->second;
  if (const auto given = request.query.find("result"); given != request.query.end()) wanted.result = given->second;
  const bool known =
      wanted.result.empty() || std::find(std::begin(kResults), std::end(kResults), wanted.result) != std::end(kResults);
  if (!known) return tl::unexpected(Fault{400, "result must be stored, discarded, deferred or refused", {}});
  return wanted;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Where a watcher goes on: where the piece before ended, or behind the last one that he has seen; else from now on.
std::uint64_t begin_of(const Request& request, const LiveLines& lines) {
  if (request.state) return number_in(*request.state).value_or(lines.next());
  const auto seen = number_in(field_of(request, "last-event-id"));
  return seen && *seen < lines.next() ? *seen + 1 : lines.next();
}

std::string as_events(const LiveLines::Piece& piece, const Wanted& wanted) {
  std::string text;
  if (piece.missed > 0) text = "event: missed\ndata: {\"missed\":" + std::to_string(piece.missed) + "}\n\n";
  std::uint64_t number = piece.first;
  for (const std::string& line : piece.lines) {
    const std::uint64_t id = number++;
    if (wanted.takes(line))
      text.append("id: ")
          .append(std::to_string(id))
          .append("\nevent: decision\ndata: ")
          .append(trim(line))
          .append("\n\n");
  }
  return text;
}

Response decisions(const Request& request, Args, Context& context) {
  if (!context.admin->decisions) return problem(404, "this process takes no mail, and decides nothing");
  const auto wanted = wanted_of(request);
  if (!wanted) return problem(wanted.error());
  const LiveLines::Piece piece = context.admin->decisions->since(begin_of(request, *context.admin->decisions));
  Response response;
  response.content_type = "text/event-stream";
  response.body = (request.state ? std::string() : std::string(kBegin)) + as_events(piece, *wanted);
  const std::uint64_t next = piece.first + piece.lines.size();
  response.later = Later{mail::Inbox::trusted({}), {}, true, std::to_string(next)};  // news are of all
  return response;
}

constexpr Route kAdminDecisionRoutes[] = {
    {.method = "GET",
     .pattern = "/admin/v1/decisions",
     .summary = "each decision as it is taken, as server-sent events; ?filter=NAME, ?result=RESULT",
     .handle = decisions},
};

}  // namespace

std::span<const Route> admin_decision_routes() { return kAdminDecisionRoutes; }

}  // namespace maildrop::api
