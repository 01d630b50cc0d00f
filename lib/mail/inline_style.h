/// inline_style.h: the `style` attribute of strangers, by allow lists of properties and of what a value may be made of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maildrop::mail {

inline constexpr std::size_t kLongestStyle = 8 * 1024;  // bytes of a `style` attribute; longer ones are left out
inline constexpr std::size_t kMostDeclarations = 64;    // in one; the rest is left out

/// `property: value; property: value`, written anew: colours, fonts, sizes, space, borders and alignment, of words,
/// numbers, colours and names of fonts. What loads anything (`url()` is taken out of backgrounds), runs anything,
/// stands on top of others (position, z-index, transform), is written in escapes, or is not understood is left out. The
/// result is the same again.
std::string allowed_style(std::string_view style);

/// The value of a property in what allowed_style() wrote; empty where there is none.
std::string_view style_value(std::string_view allowed, std::string_view property);

}  // namespace maildrop::mail
