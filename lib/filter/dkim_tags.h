/// dkim_tags.h: what signatures and keys are written in: lists of `name=value` (RFC 6376 3.2), and base64. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::filter {

/// Views into the text that was parsed.
struct DkimTag {
  std::string_view name;   // as written; case matters
  std::string_view value;  // without the white space around it
  std::string_view raw;    // all that is between `=` and the next `;`, or the end
};

struct DkimTags {
  static constexpr std::size_t kMost = 100;  // tags of a list; the RFCs know of 14

  std::vector<DkimTag> tags;

  /// Strict: names of letters, digits and `_`, none twice; of controls only those of white space, where lines are
  /// folded; UTF-8 is right (RFC 8616 3). REQUIRES: the text outlives the tags.
  ///   invalid   it is no such list; `what` has nothing of the text
  static Result<DkimTags> parse(std::string_view text);
  const DkimTag* find(std::string_view name) const;
};

/// The parts of a value between `:`, without the white space around them.
std::vector<std::string_view> split_dkim_value(std::string_view value);

/// The bytes that base64 stands for, folded as it may be (RFC 6376 2.10); nothing for what is none.
std::optional<std::string> decode_dkim_base64(std::string_view value);

}  // namespace maildrop::filter
