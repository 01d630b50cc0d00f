/// remote_content.cc: the attributes and sheets that have such addresses.
#include "mail/remote_content.h"

#include <algorithm>

#include "core/text.h"
#include "mail/allowed_html.h"
#include "mail/inline_style.h"
#include "mail/web_links.h"

namespace maildrop::mail {
namespace {

bool is_tiny(std::string_view size) {
  size = trim(size);
  if (size.ends_with("px")) size.remove_suffix(2);
  return size == "0" || size == "1";
}

}  // namespace

void RemoteContent::see(const GumboElement& element) {
  // SVG has its own elements that load something, all by `href`.
  const std::string_view tag =
      element.tag_namespace == GUMBO_NAMESPACE_HTML ? gumbo_normalized_tagname(element.tag) : "use";
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto& each = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
    const std::string_view name = each.name, value = each.value;
    if (name == "style")
      see_sheet(value);
    else if (name == "srcset")
      see_candidates(value);
    else if (is_loaded(tag, name))
      add(remote_address(value));
  }
  if (element.tag == GUMBO_TAG_META) see_refresh(attribute(element, "content"));
}

void RemoteContent::see_sheet(std::string_view css) {
  see_css_addresses(css, [this](std::string&& address) { add(std::move(address)); });
}

/// `http://a 1x, http://b 2x`
void RemoteContent::see_candidates(std::string_view srcset) {
  for (std::size_t i = 0; (i = srcset.find_first_not_of(" \t\r\n\f,", i)) != std::string_view::npos;) {
    const std::size_t end = std::min(srcset.find_first_of(" \t\r\n\f", i), srcset.size());
    add(remote_address(srcset.substr(i, end - i)));
    i = end;
  }
}

/// `0; url=http://...`
void RemoteContent::see_refresh(std::string_view content) {
  const std::size_t url = to_lower(content.substr(0, kLongestRemoteAddress)).find("url=");
  if (url == std::string::npos) return;
  content.remove_prefix(url + 4);
  if (content.starts_with('\'') || content.starts_with('"'))
    content = content.substr(1, content.find(content[0], 1) - 1);
  add(remote_address(content));
}

void RemoteContent::add(std::string&& address) {
  if (address.empty() || addresses_.size() >= most_ || !known_.insert(address).second) return;
  addresses_.push_back(std::move(address));
}

bool is_pixel(const GumboElement& image) {
  const std::string style = allowed_style(attribute(image, "style"));
  const auto tiny = [&](const char* side) {
    return is_tiny(attribute(image, side)) || is_tiny(style_value(style, side));
  };
  return (tiny("width") && tiny("height")) || style_value(style, "display") == "none" ||
         style_value(style, "visibility") == "hidden";
}

}  // namespace maildrop::mail
