/// allowed_html.h: which elements and attributes of strangers' HTML a page may have.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace maildrop::mail {

enum class Treatment {
  keep,
  unwrap,  // what is in it stays: forms, fonts of old, elements that are not known
  drop,    // with all that is in it: scripts, sheets, and text that browsers read by other rules
};

/// By the element's name in small letters.
Treatment treatment_of(std::string_view element);

/// Without a closing tag: <br>.
bool is_void(std::string_view element);

inline constexpr std::size_t kLongestText = 1000;  // bytes of an attribute that is shown (`title`); the rest is cut

/// The value as the page may have it; nothing when it must not have the attribute. What was allowed is allowed again as
/// it is. Names in small letters.
std::optional<std::string> allowed_value(std::string_view element, std::string_view attribute, std::string_view value);

/// Whether a browser loads what the attribute names by itself.
bool is_loaded(std::string_view element, std::string_view attribute);

}  // namespace maildrop::mail
