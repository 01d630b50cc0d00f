/// http_check.h: what a request must be before a route may see it. Pure: the attacks on HTTP servers end here.
///
/// Two steps. HeadScanner looks at raw bytes as they come, for what a parser would hide (folding, bare line ends) and
/// to bound them. check_request() looks at the parsed head for what Beast's parser lets through (requests within
/// requests, Hosts, paths that mean something else once decoded).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.h"
#include "core/result.h"

namespace maildrop::api {

struct HttpLimits {
  std::size_t head = 8 * 1024;     // request line and fields, bytes
  std::size_t fields = 100;        // 1 000 fit into 6 KB, each with its price
  std::uint64_t body = 64 * 1024;  // bytes
};

/// Why a request is refused. The connection is closed after it: where the next request starts is not certain.
struct Refusal {
  int status = 400;
  std::string_view phrase;  // fixed: fit for the answer and the log
};

/// Follows the head of one request, byte by byte, in any portions.
class HeadScanner {
 public:
  explicit HeadScanner(const HttpLimits& limits) : limits_(limits) {}

  struct Step {
    std::size_t used = 0;   // bytes of the portion that belong to the head
    bool complete = false;  // the empty line was the last of them
  };
  tl::expected<Step, Refusal> consume(std::string_view bytes);

 private:
  tl::expected<bool, Refusal> take(unsigned char byte);
  tl::expected<bool, Refusal> end_line();

  HttpLimits limits_;
  std::size_t size_ = 0;   // of the head so far
  std::size_t line_ = 0;   // bytes of this line
  std::size_t lines_ = 0;  // ended ones; the first is the request line
  bool after_cr_ = false;
};

/// A head after parsing; views into it.
struct RawRequest {
  unsigned version = 11;  // 10, 11
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
};

struct CheckedRequest {
  Request request;  // without body and client
  std::uint64_t body_size = 0;
  bool keep_alive = false;
  bool wants_continue = false;  // Expect: 100-continue, and there is a body to wait for
};

tl::expected<CheckedRequest, Refusal> check_request(const RawRequest& raw, const HttpLimits& limits);

/// A target in origin form as decoded path and query; nothing when it is not one.
struct Target {
  std::vector<std::string> path;
  std::map<std::string, std::string, std::less<>> query;
};
tl::expected<Target, Refusal> parse_target(std::string_view target);

}  // namespace maildrop::api
