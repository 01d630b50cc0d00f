/// our_names.h: by which names nobody else is called.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"

namespace maildrop::filter {

/// smtp.hostname and mail.domains, as canonical names; not localhost, by which everybody is called.
std::vector<std::string> our_names(const Config& config);

bool is_localhost(std::string_view canonical_name);

}  // namespace maildrop::filter
