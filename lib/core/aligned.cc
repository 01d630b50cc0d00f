/// aligned.cc: spaces.
#include "core/aligned.h"

#include "core/text.h"

namespace maildrop {

std::string aligned(std::string_view text, std::size_t width, Align to) {
  const std::size_t has = display_width(text);
  std::string out(width > has ? width - has : 0, ' ');
  return out.insert(to == Align::left ? 0 : out.size(), text);
}

}  // namespace maildrop
