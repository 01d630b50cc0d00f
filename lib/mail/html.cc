/// html.cc: a walk over the tree that Gumbo made.
#include "mail/html.h"

#include <algorithm>
#include <vector>

#include "core/text.h"
#include "mail/html_tree.h"

namespace maildrop::mail {
namespace {

/// Joins white space as a browser does, and keeps count of the line ends that blocks ask for.
class Writer {
 public:
  explicit Writer(std::size_t max) : max_(max) {}

  bool is_full() const { return out_.size() >= max_; }
  std::size_t size() const { return out_.size(); }
  std::string_view since(std::size_t start) const {
    return trim(std::string_view(out_).substr(std::min(start, size())));
  }

  /// A list item's mark; the blocks in it begin on the same line.
  void begin_item() {
    flush();
    out_ += "- ";
    fresh_item_ = true;
  }
  void end_item() { fresh_item_ = false; }

  void line_ends(int count) {
    if (!fresh_item_) ends_ = std::max(ends_, count);
  }
  void space() { space_ = true; }

  void text(std::string_view text, bool preformatted) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (is_full() && !is_continuation(c)) return;
      if (preformatted && c == '\n') {
        flush();
        if (!out_.empty()) out_ += '\n';
      } else if (!preformatted && (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')) {
        space_ = true;
      } else if (text.substr(i, 2) == "\xC2\xA0") {  // no-break space
        flush();
        out_ += ' ';
        ++i;
      } else {
        flush();
        out_ += c;
      }
    }
  }

  std::string finish() {
    std::size_t end = std::min(out_.size(), max_);
    while (end > 0 && end < out_.size() && is_continuation(out_[end])) --end;
    out_.resize(end);
    out_.resize(out_.find_last_not_of(" \n") + 1);
    if (!out_.empty() && out_.size() < max_) out_ += '\n';
    return valid_utf8(out_);
  }

 private:
  void flush() {
    if (ends_ > 0 && !out_.empty()) {
      while (!out_.empty() && out_.back() == ' ') out_.pop_back();
      int there = 0;
      for (std::size_t i = out_.size(); i > 0 && out_[i - 1] == '\n'; --i) ++there;
      for (; there < ends_; ++there) out_ += '\n';
    } else if (space_ && !out_.empty() && out_.back() != '\n' && out_.back() != ' ') {
      out_ += ' ';
    }
    ends_ = 0;
    space_ = false;
    fresh_item_ = false;
  }

  static bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

  std::string out_;
  std::size_t max_;
  int ends_ = 0;
  bool space_ = false;
  bool fresh_item_ = false;  // nothing was written behind its mark
};

bool is_hidden(const GumboElement& element) {
  switch (element.tag) {
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_NOEMBED:
    case GUMBO_TAG_NOFRAMES:
    case GUMBO_TAG_OBJECT: return true;
    default: break;
  }
  if (gumbo_get_attribute(&element.attributes, "hidden") != nullptr) return true;
  std::string style = to_lower(attribute(element, "style").substr(0, 4096));
  std::erase_if(style, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  return style.find("display:none") != std::string::npos || style.find("visibility:hidden") != std::string::npos;
}

/// Line ends around an element: 2 for paragraphs, 1 for other blocks, 0 for what stands in a line.
int line_ends(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_P:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_BLOCKQUOTE:
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_UL:
    case GUMBO_TAG_OL:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_HR: return 2;
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_DD:
    case GUMBO_TAG_TR:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_BODY: return 1;
    default: return 0;
  }
}

/// The address as it can be shown within `<>`, or nothing for schemes that a reader should not follow.
std::string shown_url(std::string_view href) {
  constexpr std::size_t kMaxUrl = 2048;
  std::string url;
  for (const char c : trim(href).substr(0, kMaxUrl)) {
    if (c == ' ') url += "%20";
    if (c == '<') url += "%3C";
    if (c == '>') url += "%3E";
    // Browsers drop controls too, so `java\nscript:` is what it looks like here.
    if (static_cast<unsigned char>(c) > ' ' && c != 0x7F && c != '<' && c != '>') url += c;
  }
  const std::string scheme = to_lower(std::string_view(url).substr(0, url.find(':') + 1));
  return scheme == "http:" || scheme == "https:" || scheme == "mailto:" ? url : std::string();
}

bool says_the_same(std::string_view text, std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://", "mailto:"}) {
    if (equals_ignoring_case(url.substr(0, scheme.size()), scheme) &&
        !equals_ignoring_case(text.substr(0, scheme.size()), scheme)) {
      url.remove_prefix(scheme.size());
    }
  }
  const auto without_slash = [](std::string_view s) { return s.substr(0, s.find_last_not_of('/') + 1); };
  return equals_ignoring_case(without_slash(text), without_slash(url));
}

bool reads_like_url(std::string_view text) {
  for (const std::string_view begin : {"http://", "https://", "www."})
    if (equals_ignoring_case(text.substr(0, begin.size()), begin)) return true;
  return false;
}

bool is_url(std::string_view attribute) {
  for (const std::string_view name : {"href", "src", "action", "formaction", "background", "poster", "data"})
    if (attribute == name) return true;
  return false;
}

class Reading {
 public:
  explicit Reading(const HtmlLimits& limits) : writer_(limits.output), most_links_(limits.links) {}

  HtmlContent finish() { return {.text = writer_.finish(), .links = std::move(links_), .named = std::move(named_)}; }

  bool is_full() const { return writer_.is_full(); }

  bool enter(const GumboNode& node) {
    switch (node.type) {
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
      case GUMBO_NODE_WHITESPACE: writer_.text(node.v.text.text, preformatted_ > 0); return false;
      case GUMBO_NODE_ELEMENT:
        if (node.v.element.tag == GUMBO_TAG_HEAD) take_base(node);
        return !is_hidden(node.v.element) && enter_element(node);
      default: return false;
    }
  }

  void leave(const GumboNode& node) {
    if (node.type != GUMBO_NODE_ELEMENT || is_hidden(node.v.element)) return;
    const GumboElement& element = node.v.element;
    if (element.tag == GUMBO_TAG_PRE || element.tag == GUMBO_TAG_TEXTAREA) --preformatted_;
    if (link_ == &node) leave_link(element);
    if (element.tag == GUMBO_TAG_LI) writer_.end_item();
    writer_.line_ends(line_ends(element.tag));
  }

 private:
  bool enter_element(const GumboNode& node) {
    const GumboElement& element = node.v.element;
    take_links(element);
    writer_.line_ends(line_ends(element.tag));
    if (element.tag == GUMBO_TAG_BR) writer_.text("\n", true);
    if (element.tag == GUMBO_TAG_LI) writer_.begin_item();
    if (element.tag == GUMBO_TAG_HR) writer_.text("---", true);
    if (element.tag == GUMBO_TAG_TD || element.tag == GUMBO_TAG_TH) writer_.space();
    if (element.tag == GUMBO_TAG_IMG) writer_.text(attribute(element, "alt"), false);
    if (element.tag == GUMBO_TAG_PRE || element.tag == GUMBO_TAG_TEXTAREA) ++preformatted_;
    if (element.tag == GUMBO_TAG_A && link_ == nullptr) {
      link_ = &node;
      link_start_ = writer_.size();
    }
    return true;
  }

  void take_links(const GumboElement& element) {
    for (unsigned i = 0; i < element.attributes.length && links_.size() < most_links_; ++i) {
      const auto& attribute = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
      if (is_url(attribute.name) && *attribute.value != '\0')
        links_.emplace_back(std::string_view(attribute.value).substr(0, HtmlContent::kLongestLink));
    }
  }

  /// Where relative links of the page lead. What else a head has is not shown, and programs for mail load none of it.
  void take_base(const GumboNode& head) {
    for (std::size_t i = 0; const GumboNode* each = child(head, i); ++i)
      if (each->type == GUMBO_NODE_ELEMENT && each->v.element.tag == GUMBO_TAG_BASE) take_links(each->v.element);
  }

  void leave_link(const GumboElement& element) {
    const std::string url = shown_url(attribute(element, "href"));
    const std::string_view name = writer_.since(link_start_);
    if (!url.empty() && !says_the_same(name, url)) {
      if (reads_like_url(name) && named_.size() < most_links_)
        named_.push_back({std::string(name.substr(0, NamedLink::kLongestName)), url});
      if (!name.empty()) writer_.space();
      writer_.text("<" + url + ">", false);
    }
    link_ = nullptr;
  }

  Writer writer_;
  std::size_t most_links_;
  std::vector<std::string> links_{};
  std::vector<NamedLink> named_{};
  int preformatted_ = 0;
  const GumboNode* link_ = nullptr;  // the outermost one that is open
  std::size_t link_start_ = 0;
};

}  // namespace

Result<HtmlContent> read_html(std::string_view html, const HtmlLimits& limits) {
  const HtmlTree tree = TRY(HtmlTree::parse(html.substr(0, limits.input), limits.memory, limits.time));
  Reading reading(limits);
  walk(tree.root(), reading);
  return reading.finish();
}

Result<std::string> html_to_text(std::string_view html, const HtmlLimits& limits) {
  HtmlLimits text_alone = limits;
  text_alone.links = 0;
  Result<HtmlContent> content = read_html(html, text_alone);
  if (!content) return tl::unexpected(content.error());
  return std::move(content->text);
}

}  // namespace maildrop::mail
