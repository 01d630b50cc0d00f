/// sanitised_check.h: whether a page holds what it promises, for tests and the fuzzer.
#pragma once

#include <string>
#include <string_view>

#include "core/text.h"
#include "mail/allowed_html.h"
#include "mail/html_tree.h"
#include "mail/inline_style.h"
#include "mail/sanitise.h"

namespace maildrop::mail::test {

/// Reads the body of a page again, as a browser would, and looks for what must not be there: by the tables, and by what
/// no table may ever say.
class PageCheck {
 public:
  std::string problem;  // the first one; empty: none

  bool is_full() const { return !problem.empty(); }

  bool enter(const GumboNode& node) {
    if (node.type == GUMBO_NODE_COMMENT || node.type == GUMBO_NODE_TEMPLATE || node.type == GUMBO_NODE_CDATA)
      problem = "a node that is neither an element nor text";
    if (node.type != GUMBO_NODE_ELEMENT) return false;
    if (node.v.element.tag == GUMBO_TAG_HEAD) return false;  // ours, and compared as text
    check(node.v.element);
    return true;
  }
  void leave(const GumboNode&) {}

 private:
  void check(const GumboElement& element) {
    const std::string_view name = gumbo_normalized_tagname(element.tag);
    if (element.tag_namespace != GUMBO_NAMESPACE_HTML) problem = "an element of another namespace";
    if (treatment_of(name) != Treatment::keep) problem = "the element '" + std::string(name) + "'";
    for (const std::string_view never : {"script", "style", "img", "iframe", "object", "embed", "form", "input", "svg",
                                         "math", "link", "meta", "base", "template", "textarea", "noscript", "title"})
      if (name == never) problem = "the element '" + std::string(never) + "', which no table may have";
    for (unsigned i = 0; i < element.attributes.length; ++i)
      check(name, *static_cast<const GumboAttribute*>(element.attributes.data[i]));
  }

  void check(std::string_view element, const GumboAttribute& attribute) {
    const std::string_view name = attribute.name, value = attribute.value;
    const std::string shown = std::string(element) + " " + std::string(name) + "=" + std::string(value);
    const bool of_link =
        (name == "rel" && value == "noopener noreferrer nofollow ugc") || (name == "target" && value == "_blank");
    if (!of_link && allowed_value(element, name, value) != value) problem = shown;
    for (const std::string_view never : {"src", "srcset", "id", "name", "class", "action", "background", "poster"})
      if (name == never || name.starts_with("on")) problem = shown + ", which no table may have";
    if (name == "style")
      for (const std::string_view never : {"url(", "expression(", "var(", "\\", "@", "/*", "<"})
        if (to_lower(value).find(never) != std::string::npos) problem = shown + ", which no grammar may have";
    if (name == "style" && !style_value(value, "position").empty()) problem = shown + ", which would cover others";
    if (name == "href" && !value.starts_with("mailto:") && !value.starts_with("tel:") &&
        to_lower(value.substr(0, 4)) != "http" && to_lower(value.substr(0, 4)) != "mail" &&
        to_lower(value.substr(0, 4)) != "tel:")
      problem = shown + ", which no grammar may have";
  }
};

inline std::string_view head_of(std::string_view page) {
  const std::size_t start = page.find("<head>");
  return page.substr(start, page.find("</head>") - start);
}

/// What is wrong with it; empty: nothing. A page that takes too long to read again is none to judge.
inline std::string problem_of(const SanitisedHtml& page, const SanitiseLimits& limits = {}) {
  static const std::string head(head_of(text_as_page("")));
  if (!is_valid_utf8(page.html)) return "no valid UTF-8";
  if (head_of(page.html) != head) return "a head that is not ours";
  if (page.remote.size() > limits.remote) return "too many addresses";
  const auto tree = HtmlTree::parse(page.html, limits.memory, limits.time);
  if (!tree) return {};
  PageCheck check;
  walk(tree->root(), check);
  if (!check.problem.empty()) return check.problem;
  const auto again = sanitise(page.html, limits);
  return !again || again->html == page.html ? std::string() : "another page when it is sanitised again";
}

}  // namespace maildrop::mail::test
