/// handshake.cc: the fields of a request.
#include "api/handshake.h"

#include "api/site.h"
#include "core/text.h"

namespace maildrop::api {

bool wants_web_socket(const Request& request) {
  return request.method == "GET" && equals_ignoring_case(field_of(request, "upgrade"), "websocket");
}

std::optional<Fault> refuse_web_socket(const Request& request, const Config& config) {
  if (from_another_site(request) && !may_read(field_of(request, "origin"), config))
    return Fault{403, "pages of that origin may not read here (api.cors)", {}};
  if (!wants_web_socket(request) || field_of(request, "sec-websocket-version") != "13" ||
      field_of(request, "sec-websocket-key").empty())
    return Fault{400, "that is no handshake of RFC 6455", {}};
  return std::nullopt;
}

}  // namespace maildrop::api
