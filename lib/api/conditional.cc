/// conditional.cc: validators, ranges, and when an answer is made smaller.
#include "api/conditional.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "api/answer.h"
#include "api/encoding.h"
#include "core/text.h"
#include "mail/sha256.h"

namespace maildrop::api {

namespace {

/// Half of a SHA-256: nobody finds two bodies with one of these.
std::string tag_of(const std::string& body) {
  mail::Sha256 digest;
  digest.add(body);
  return "\"" + digest.hex().substr(0, 32) + "\"";
}

/// Weak comparison, as for If-None-Match (13.1.2). Ours hold no comma, so it does not matter that others' may.
bool is_among(std::string_view tags, std::string_view tag) {
  for (std::string_view each : split(tags, ',')) {
    each = trim(each);
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each == "*" || each == tag) return true;
  }
  return false;
}

void not_modified(std::string_view tag, Response& response) {
  response.status = 304;
  response.content_type.clear();
  response.body.clear();
  response.body.shrink_to_fit();
  std::erase_if(response.headers, [](const auto& field) { return field.first.starts_with("Content-"); });
  response.headers.emplace_back("ETag", tag);
}

struct Range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // less than `first`: not of these bytes
};

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end == text.data() + text.size() && !text.empty();
  if (whole && error == std::errc::result_out_of_range) return UINT64_MAX;  // digits all the same
  return whole && error == std::errc() ? std::optional(number) : std::nullopt;
}

/// 14.1.2 of one range; nothing for what is to be passed over.
std::optional<Range> range_of(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!equals_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  const std::string_view spec = trim(field.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view from = spec.substr(0, dash), to = spec.substr(dash + 1);
  const std::optional<std::uint64_t> first = number_of(from), last = number_of(to);
  if (from.empty() && last) {  // the last ones
    const std::uint64_t count = std::min(*last, size);
    return count == 0 ? Range{1, 0} : Range{size - count, size - 1};
  }
  if (!first || (!last && !to.empty()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return Range{1, 0};
  return Range{*first, std::min(last.value_or(size - 1), size - 1)};
}

/// What is there is to be had; whether it is, is no secret: its length stands in the answer to HEAD.
void unsatisfiable(std::uint64_t size, Response& response) {
  response = problem(416, "the range is not one of this answer");
  response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
}

void cut(Range range, Response& response) {
  response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                                     std::to_string(range.last) + "/" +
                                                     std::to_string(response.body.size()));
  response.status = 206;
  response.body.erase(range.last + 1);
  response.body.erase(0, range.first);
}

/// Whether the answer is now that to a Range. One that is of other bytes (14.5, If-Range) is none.
bool cut_to_range(const Request& request, const std::string& tag, Response& response) {
  const bool may_be = std::any_of(response.headers.begin(), response.headers.end(),
                                  [](const auto& field) { return field.first == kAcceptRanges.first; });
  if (!may_be || request.method != "GET") return false;
  const std::string_view if_range = field_of(request, "if-range");
  if (!if_range.empty() && if_range != tag) return false;
  const std::optional<Range> range = range_of(field_of(request, "range"), response.body.size());
  if (!range) return false;
  if (range->last < range->first) {
    unsatisfiable(response.body.size(), response);
  } else {
    response.headers.emplace_back("ETag", tag);
    cut(*range, response);
  }
  return true;
}

}  // namespace

void meet_conditions(const Request& request, bool compresses, Response& response) {
  if (response.status != 200 || (response.later && response.later->stream)) return;
  const std::string tag = tag_of(response.body);
  const bool smaller = compresses && response.body.size() >= kLeastToCompress;
  if (smaller) response.headers.emplace_back("Vary", "Accept-Encoding");
  const bool takes_gzip = smaller && accepts_gzip(field_of(request, "accept-encoding"));
  const std::string gzip_tag = takes_gzip ? tag.substr(0, tag.size() - 1) + "-gz\"" : tag;
  for (const std::string& each : {gzip_tag, tag})
    if (is_among(field_of(request, "if-none-match"), each)) return not_modified(each, response);
  if (cut_to_range(request, tag, response)) return;
  std::optional<std::string> packed = takes_gzip ? gzip(response.body) : std::nullopt;
  response.headers.emplace_back("ETag", packed ? gzip_tag : tag);
  if (!packed) return;
  response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = std::move(*packed);
}

}  // namespace maildrop::api
