/// http_head.h: the status line and fields of an answer as bytes. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.h"

namespace maildrop::api {

struct HeadOptions {
  Time now;
  bool keep_alive = false;
  std::string_view request_id;  // in answers to failures, for grepping the log; empty: none
  bool endless = false;         // a stream: its length is not known, and it ends with the connection
};

/// Its last lines: these fields, and the empty line.
std::string head_end(const std::vector<std::pair<std::string, std::string>>& fields);

/// With its empty line. There is no Server field: what runs here is nobody's business. Fields whose value holds a
/// control character are left out: one with CR LF in it would be two.
std::string response_head(const Response& response, const HeadOptions& options);

}  // namespace maildrop::api
