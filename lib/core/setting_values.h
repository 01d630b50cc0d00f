/// setting_values.h: the texts that settings may be, where no other header knows their grammar. For settings.cc alone.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace maildrop {

/// Each gives the value in the form in which it is kept, or says what is wrong with it: invalid.
Result<std::string> parse_domain(const std::string& text);  // `*` is any; mail/address.h knows the whole grammar
Result<std::string> parse_host(const std::string& text);    // as Host has it, without a port; `*` is any
Result<std::string> parse_origin(const std::string& text);  // as browsers write it (RFC 6454 6.2); `*` is any
Result<std::string> parse_name(const std::string& text);    // of an inbox
Result<std::string> parse_file(const std::string& text);  // an absolute path; whether it is there shows when it is read
Result<void> check_hostname(std::string_view text);       // or an address literal, or empty
Result<void> check_url(std::string_view text);            // of a store
Result<void> check_any(std::string_view text);
/// One that a file could have; whether there is one is for whoever opens it.
Result<void> check_path(std::string_view text);
Result<void> check_prefix(std::string_view text);            // of keys in Redis
Result<void> check_alias_keys(std::string_view text);        // or empty
Result<void> check_classic_modifier(std::string_view text);  // of classic aliases, or empty

}  // namespace maildrop
