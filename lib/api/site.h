/// site.h: which hosts are served, and whose pages may read: what browsers let other sites do to a server. Pure.
#pragma once

#include <string_view>

#include "api/route.h"
#include "core/config.h"

namespace maildrop::api {

/// Whether a request with this Host field is for us (api.hosts). A page whose name was pointed at our address (DNS
/// rebinding) is of our origin to its browser; but its Host is its own. One without a Host is of no browser.
bool is_our_host(std::string_view host, const Config& config);

/// Whether pages of this origin may read (api.cors). One without an Origin is of no page elsewhere.
bool may_read(std::string_view origin, const Config& config);

/// Cross-site request forgery: a page elsewhere makes its visitor's browser change things here. Browsers say where a
/// request comes from, and pages cannot forge it. Other clients say nothing and may change what they like.
bool from_another_site(const Request& request);

}  // namespace maildrop::api
