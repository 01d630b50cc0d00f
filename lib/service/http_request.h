/// http_request.h: a request to a service nearby, as a value, and what it answers. No sockets here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/net.h"
#include "core/result.h"

namespace maildrop::service {

/// `http://127.0.0.1:8000/path`, `http://[::1]/`, `unix:/run/x.sock`, `unix:/run/x.sock:/path`. An address and no host
/// name, which would have to be looked up, and no TLS: what is asked is on this machine or in the same rack.
struct HttpUrl {
  Endpoint endpoint;  // ip or unix_path
  std::string target = "/";

  static Result<HttpUrl> parse(std::string_view text);
  std::string host() const;  // as the field Host has it
  friend bool operator==(const HttpUrl&, const HttpUrl&) = default;
};

/// A POST. A large text that others hold anyway is not copied into it: it stands between `body` and `rest`.
struct HttpRequest {
  enum class Between : std::uint8_t { nothing, plain, base64 };

  HttpUrl url;
  std::vector<std::pair<std::string, std::string>> fields{};  // without those that every request has
  std::string body{};
  Between between = Between::nothing;
  std::string rest{};
  bool cuts = false;  // what is too much of its answer is left off

  /// Bytes of a body with a text of that size in it.
  std::size_t body_size(std::size_t text) const;
  /// What goes before the body; CR, LF and other control characters in a field become blanks.
  std::string head(std::size_t text) const;
  friend bool operator==(const HttpRequest&, const HttpRequest&) = default;
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body{};
  bool cut = false;  // this is how it begins (HttpRequest::cuts)
};

}  // namespace maildrop::service
