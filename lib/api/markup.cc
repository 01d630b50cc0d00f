/// markup.cc: a literal with its holes filled.
#include "api/markup.h"

#include "api/escape.h"

namespace maildrop::api {

void MarkupValue::add_to(std::string& out) const {
  if (raw_)
    out += bytes_;
  else
    out += xml_escaped(bytes_, Lines::many);
}

Markup fill(std::string_view text, const MarkupValue* values) {
  Markup markup;
  for (std::size_t hole = text.find("{}"); hole != std::string_view::npos; hole = text.find("{}")) {
    markup.text_ += text.substr(0, hole);
    (values++)->add_to(markup.text_);
    text.remove_prefix(hole + 2);
  }
  markup.text_ += text;
  return markup;
}

}  // namespace maildrop::api
