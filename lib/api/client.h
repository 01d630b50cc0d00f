/// client.h: the inboxes of a server elsewhere, over its HTTP API (v3). By cpp-httplib, client only.
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "store/store.h"

namespace maildrop::api {

/// `url` is `http://host:port` or `http://host:port/prefix`; https is refused. Follows no redirects; 10 s for each
/// call. What the server says is not trusted: ids are checked, text is valid UTF-8, at most 64 MiB of a message and 16
/// MiB of JSON are taken. Summary::helo and ::peer stay empty: servers do not tell. Errors: invalid for a bad URL or a
/// name the server refuses; unavailable when it cannot be reached or answers 5xx; timed_out; over_limit for 429 and for
/// an answer that is too large; corrupt for an answer that makes no sense.
Result<std::unique_ptr<store::Inboxes>> open_client(const std::string& url);

}  // namespace maildrop::api
