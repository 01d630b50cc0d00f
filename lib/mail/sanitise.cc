/// sanitise.cc: writes the page, and makes sure that a browser reads what was written.
///
/// A sanitiser is beaten by HTML that is one thing to it and another to the browser: after mutation, comments end
/// elsewhere, text becomes tags. That takes a place where the rules of reading change: elements whose content is raw
/// text (style, title, textarea, noscript, xmp, ...), those of SVG and MathML, comments, CDATA, attributes without
/// quotes. The page has none of them behind its head, which is ours. So whatever tree a browser builds of it, its tags
/// are those written here, with the attributes written here: they may be moved, and nothing else. That they are not
/// even moved is seen to by reading the page again until it stays as it is.
#include "mail/sanitise.h"

#include <utility>

#include "core/text.h"
#include "mail/allowed_html.h"
#include "mail/html_tree.h"
#include "mail/remote_content.h"
#include "mail/web_links.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kLongestDescription = 200;  // bytes of an image's `alt`; the rest is cut

/// The policy once more, for where the page stands without its header: in `srcdoc`, in a file that was saved.
constexpr std::string_view kPageHead =
    "<head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"><meta name=\"referrer\" content=\"no-referrer\">"
    "<meta name=\"viewport\" "
    "content=\"width=device-width\"><style>:root{color-scheme:light}body{font-family:sans-serif;"
    "overflow-wrap:break-word}</style></head>";

constexpr std::string_view kLinkTarget = " rel=\"noopener noreferrer nofollow ugc\" target=\"_blank\"";

/// Around the description of an image.
constexpr std::string_view kPictureTag =
    "<span title=\"picture, not shown\" style=\"border: 1px dashed; padding: 0 4px; font-size: 12px\">";

/// Browsers lay out pages with an old doctype, or none, as those of the nineties, and much mail is made for that. Gumbo
/// only sees that there is none. (HTML 13.2.6.4.1, without what nobody writes any more.)
bool is_of_old(const GumboDocument& document) {
  if (document.doc_type_quirks_mode == GUMBO_DOCTYPE_QUIRKS) return true;
  const std::string id = to_lower(document.public_identifier);
  for (const std::string_view old : {"-//ietf//", "-//w3c//dtd html 3", "-//w3c//dtd html 4.0 "})
    if (id.starts_with(old)) return true;
  const bool is_loose =
      id.starts_with("-//w3c//dtd html 4.01 transitional//") || id.starts_with("-//w3c//dtd html 4.01 frameset//");
  return is_loose && *document.system_identifier == '\0';
}

/// Text, and the value of an attribute in double quotes, until `out` has `max` bytes and no character is cut.
void append_escaped(std::string& out, std::string_view text, std::size_t max = std::string::npos) {
  for (const char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (out.size() >= max && !continues) return;
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += '\n'; break;  // as browsers read it
      default:
        if (static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t') out += c;
    }
  }
}

std::string_view name_of(const GumboElement& element) { return gumbo_normalized_tagname(element.tag); }

/// One walk over a tree: the page of it, and what it names.
class PageWriter {
 public:
  explicit PageWriter(const SanitiseLimits& limits) : limits_(limits), remote_(limits.remote) {}

  bool is_full() const { return page_.cut; }

  bool enter(const GumboNode& node) {
    switch (node.type) {
      case GUMBO_NODE_ELEMENT: return enter_element(node);
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_CDATA:
      case GUMBO_NODE_WHITESPACE: see_text(node); return false;
      default: return false;
    }
  }

  void leave(const GumboNode& node) {
    if (dropped_ == &node) dropped_ = nullptr;
    if (!open_.empty() && open_.back() == &node) close();
  }

  SanitisedHtml finish(const GumboDocument& document) {
    if (!has_body_) write_body_tag(nullptr);
    while (!open_.empty()) close();
    page_.html = (is_of_old(document) ? "" : "<!DOCTYPE html>") + valid_utf8(out_) + "</body></html>";
    page_.remote = remote_.take();
    return std::move(page_);
  }

 private:
  bool enter_element(const GumboNode& node) {
    const GumboElement& element = node.v.element;
    remote_.see(element);
    if (dropped_ != nullptr) return true;
    const bool is_foreign = element.tag_namespace != GUMBO_NAMESPACE_HTML;
    const Treatment treatment = is_foreign ? Treatment::drop : treatment_of(name_of(element));
    if (treatment == Treatment::drop) {
      dropped_ = &node;
    } else if (element.tag == GUMBO_TAG_HTML) {
      write_tag(element);
      out_ += kPageHead;
    } else if (element.tag == GUMBO_TAG_BODY) {
      write_body_tag(&element);
    } else if (element.tag == GUMBO_TAG_IMG) {
      write_image(element);
    } else if (treatment == Treatment::keep) {
      open(node);
    }
    return true;
  }

  void see_text(const GumboNode& node) {
    const std::string_view text = node.v.text.text;
    if (node.parent->type == GUMBO_NODE_ELEMENT && node.parent->v.element.tag == GUMBO_TAG_STYLE)
      remote_.see_sheet(text);
    if (dropped_ != nullptr || !has_body_) return;
    append_escaped(out_, text, limits_.output);
    page_.cut = page_.cut || out_.size() >= limits_.output;
  }

  void open(const GumboNode& node) {
    const GumboElement& element = node.v.element;
    if (open_.size() >= limits_.depth || !may_write_element()) return;
    write_tag(element);
    if (element.tag == GUMBO_TAG_PRE) out_ += '\n';  // the one that browsers take out
    if (is_void(name_of(element))) return;
    open_.push_back(&node);
    if (element.tag == GUMBO_TAG_A) ++open_links_;
  }

  void close() {
    const GumboElement& element = open_.back()->v.element;
    if (element.tag == GUMBO_TAG_A) --open_links_;
    out_.append("</").append(name_of(element)).append(">");
    open_.pop_back();
  }

  bool may_write_element() {
    page_.cut = page_.cut || elements_ >= limits_.elements || out_.size() >= limits_.output;
    ++elements_;
    return !page_.cut;
  }

  void write_tag(const GumboElement& element) {
    out_.append("<").append(name_of(element));
    bool leads = false;
    for (unsigned i = 0; i < element.attributes.length; ++i) {
      const auto& each = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
      const bool written = write_attribute(name_of(element), each);
      leads = leads || (written && std::string_view(each.name) == "href");
    }
    if (leads) out_ += kLinkTarget;
    out_ += ">";
  }

  bool write_attribute(std::string_view element, const GumboAttribute& attribute) {
    const auto value = allowed_value(element, attribute.name, attribute.value);
    if (!value) return false;
    out_.append(" ").append(attribute.name).append("=\"");
    append_escaped(out_, *value);
    out_ += '"';
    return true;
  }

  /// As browsers have it where it says nothing, and not as the page around it: black on white. As attributes, since a
  /// sheet would be stronger than those of the mail.
  void write_body_tag(const GumboElement* body) {
    has_body_ = true;
    GumboElement none{};
    none.tag = GUMBO_TAG_BODY;
    write_tag(body != nullptr ? *body : none);
    out_.pop_back();
    for (const auto& [name, colour] : {std::pair("bgcolor", "#ffffff"), std::pair("text", "#000000")})
      if (body == nullptr || !allowed_value("body", name, attribute(*body, name)))
        out_.append(" ").append(name).append("=\"").append(colour).append("\"");
    out_ += '>';
  }

  /// What it shows is said in words. Without words it is left out, but for one that is a link, or it could not be
  /// followed.
  void write_image(const GumboElement& image) {
    const bool remote = !remote_address(attribute(image, "src")).empty();
    if (is_pixel(image)) {
      page_.pixels += remote ? 1 : 0;
      return;
    }
    const std::string_view alt = utf8_prefix(trim(attribute(image, "alt")), kLongestDescription);
    if ((alt.empty() && open_links_ == 0) || !may_write_element()) return;
    out_ += kPictureTag;
    append_escaped(out_, alt.empty() ? "picture" : alt);
    out_ += "</span>";
  }

  const SanitiseLimits& limits_;
  RemoteContent remote_;
  SanitisedHtml page_;
  std::string out_;
  std::vector<const GumboNode*> open_;  // whose tags are to be closed
  const GumboNode* dropped_ = nullptr;  // the outermost one that is not written
  std::size_t elements_ = 0;
  std::size_t open_links_ = 0;
  bool has_body_ = false;
};

using Time = std::chrono::steady_clock;

Result<SanitisedHtml> sanitise_once(std::string_view html, const SanitiseLimits& limits, Time::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Time::now());
  const HtmlTree tree = TRY(HtmlTree::parse(html, limits.memory, left));
  PageWriter writer(limits);
  walk(tree.root(), writer);
  return writer.finish(tree.document());
}

}  // namespace

Result<SanitisedHtml> sanitise(std::string_view html, const SanitiseLimits& limits) {
  const Time::time_point deadline = Time::now() + limits.time;
  SanitisedHtml page = TRY(sanitise_once(utf8_prefix(html, limits.input), limits, deadline));
  page.cut = page.cut || html.size() > limits.input;
  for (int round = 1; round < SanitisedHtml::kMostRounds; ++round) {
    SanitisedHtml again = TRY(sanitise_once(page.html, limits, deadline));
    if (again.html == page.html) return page;
    page.html = std::move(again.html);
    page.cut = page.cut || again.cut;
  }
  return fail(Code::over_limit, "HTML does not come to rest");
}

std::string text_as_page(std::string_view text) {
  std::string out = "<!DOCTYPE html><html>";
  out.append(kPageHead).append("<body bgcolor=\"#ffffff\" text=\"#000000\"><pre style=\"white-space: pre-wrap\">\n");
  append_escaped(out, valid_utf8(text));
  return out += "</pre></body></html>";
}

}  // namespace maildrop::mail
