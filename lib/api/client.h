/// client.h: the inboxes of a server elsewhere, over its HTTP API (v3). By cpp-httplib, client only.
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "store/store.h"

namespace maildrop::api {

/// `url` is `http://host:port` or `http://host:port/prefix`. Follows no redirects; answers over 64 MiB are cut off with
/// an error; 10 s for each call. What the server says is not trusted: ids are checked, text is made valid UTF-8.
/// Errors: invalid for a bad URL; unavailable when the server cannot be reached or answers 5xx; over_limit for 429.
Result<std::unique_ptr<store::Inboxes>> open_client(const std::string& url);

}  // namespace maildrop::api
