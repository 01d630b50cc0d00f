/// labels.cc: words in names.
#include "replay/labels.h"

#include <algorithm>
#include <array>

#include "core/text.h"

namespace maildrop::replay {
namespace {

constexpr std::array<std::string_view, kLabels> kNames = {"", "spam", "ham"};

Label label_of_name(std::string_view name) {
  bool spam = false, ham = false, negated = false;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t begin = at;
    while (at < name.size() && is_letter(name[at])) ++at;
    const std::string word = to_lower(name.substr(begin, at - begin));
    spam = spam || word == "spam" || word == "junk";
    ham = ham || word == "ham";
    negated = negated || word == "no" || word == "non" || word == "not" || word == "anti";
    if (at == begin) ++at;
  }
  if (negated || spam == ham) return Label::none;
  return spam ? Label::spam : Label::ham;
}

}  // namespace

std::string_view name_of(Label label) { return kNames[static_cast<std::size_t>(label)]; }

std::optional<Label> label_named(std::string_view text) {
  for (const Label each : {Label::spam, Label::ham})
    if (equals_ignoring_case(text, name_of(each))) return each;
  return std::nullopt;
}

Label label_of_folders(std::string_view path) {
  for (std::size_t end = path.rfind('/'); end != path.npos && end > 0; end = path.rfind('/', end - 1)) {
    const std::size_t begin = path.rfind('/', end - 1) + 1;  // npos + 1 is 0
    const Label label = label_of_name(path.substr(begin, end - begin));
    if (label != Label::none) return label;
  }
  return Label::none;
}

}  // namespace maildrop::replay
