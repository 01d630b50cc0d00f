/// allowed_html.cc: the tables. An element is kept for what it shows, an attribute for its grammar; none of them is
/// `id`, `name` or `class`, by which a page's own scripts and sheets would find strangers' elements.
#include "mail/allowed_html.h"

#include <algorithm>
#include <iterator>

#include "core/text.h"
#include "mail/inline_style.h"
#include "mail/web_links.h"

namespace maildrop::mail {
namespace {

// In order, as all tables here: looked up by binary search.
constexpr std::string_view kKept[] = {
    "a",          "abbr",   "acronym", "address", "article", "aside", "b",     "bdi",        "bdo",      "big",
    "blockquote", "body",   "br",      "caption", "center",  "cite",  "code",  "col",        "colgroup", "dd",
    "del",        "dfn",    "dir",     "div",     "dl",      "dt",    "em",    "figcaption", "figure",   "font",
    "footer",     "h1",     "h2",      "h3",      "h4",      "h5",    "h6",    "header",     "hr",       "html",
    "i",          "ins",    "kbd",     "li",      "main",    "mark",  "menu",  "nav",        "nobr",     "ol",
    "p",          "pre",    "q",       "rp",      "rt",      "ruby",  "s",     "samp",       "section",  "small",
    "span",       "strike", "strong",  "sub",     "sup",     "table", "tbody", "td",         "tfoot",    "th",
    "thead",      "time",   "tr",      "tt",      "u",       "ul",    "var",   "wbr"};

// Within most of them browsers read other rules than those of HTML, so that what is text to one is a tag to another.
constexpr std::string_view kDropped[] = {"audio", "datalist", "frameset", "head",   "iframe",
                                         "math",  "noembed",  "noframes", "script", "select",
                                         "style", "svg",      "template", "title",  "video"};

constexpr std::string_view kVoid[] = {"br", "col", "hr", "wbr"};

constexpr std::string_view kTexts[] = {"abbr", "aria-label", "summary", "title"};
constexpr std::string_view kNumbers[] = {"border", "cellpadding", "cellspacing", "colspan", "height",
                                         "hspace", "rowspan",     "size",        "span",    "start",
                                         "value",  "vspace",      "width"};
constexpr std::string_view kColours[] = {"alink", "bgcolor", "bordercolor", "color", "link", "text", "vlink"};
constexpr std::string_view kWords[] = {"align",  "aria-hidden", "clear",   "compact", "dir",      "frame",
                                       "hidden", "lang",        "noshade", "nowrap",  "reversed", "role",
                                       "rules",  "scope",       "type",    "valign"};
constexpr std::string_view kLoaded[] = {"archive", "background", "classid", "code", "data",
                                        "dynsrc",  "lowsrc",     "poster",  "src",  "srcset"};
constexpr std::string_view kLoadedByHref[] = {"base", "link", "use"};

template <std::size_t N>
constexpr bool is_in_order(const std::string_view (&table)[N]) {
  return std::is_sorted(std::begin(table), std::end(table));
}
static_assert(is_in_order(kKept) && is_in_order(kDropped) && is_in_order(kVoid) && is_in_order(kTexts) &&
              is_in_order(kNumbers) && is_in_order(kColours) && is_in_order(kWords) && is_in_order(kLoaded) &&
              is_in_order(kLoadedByHref));

constexpr std::size_t kLongestWord = 32;    // of HTML's own; longer ones mean nothing
constexpr std::size_t kLongestNumber = 8;   // with sign, point and `%`: no table has more columns, no page is wider
constexpr std::size_t kLongestSpan = 2;     // digits: a browser makes all the columns it is told to
constexpr std::size_t kLongestFonts = 200;  // bytes of a list of fonts

template <std::size_t N>
bool has(const std::string_view (&table)[N], std::string_view name) {
  return std::binary_search(std::begin(table), std::end(table), name);
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_keyword(std::string_view value) {
  return value.size() <= kLongestWord &&
         std::all_of(value.begin(), value.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_span(std::string_view attribute) {
  return attribute == "colspan" || attribute == "rowspan" || attribute == "span";
}

bool is_number(std::string_view attribute, std::string_view value) {
  static constexpr std::string_view kSigns = "0123456789.+-%*px";
  if (value.empty()) return attribute == "border";
  return value.size() <= (is_span(attribute) ? kLongestSpan : kLongestNumber) &&
         value.find_first_not_of(kSigns) == std::string_view::npos;
}

bool is_colour(std::string_view value) {
  if (value.starts_with('#')) value.remove_prefix(1);
  return !value.empty() && value.size() <= kLongestWord && std::all_of(value.begin(), value.end(), is_letter_or_digit);
}

bool is_fonts(std::string_view value) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == ' ' || c == ',' || c == '-' || c == '_'; };
  return value.size() <= kLongestFonts && std::all_of(value.begin(), value.end(), fits);
}

std::optional<std::string> unless_empty(std::string value) {
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

}  // namespace

Treatment treatment_of(std::string_view element) {
  if (has(kKept, element)) return Treatment::keep;
  return has(kDropped, element) ? Treatment::drop : Treatment::unwrap;
}

bool is_void(std::string_view element) { return has(kVoid, element); }

std::optional<std::string> allowed_value(std::string_view element, std::string_view attribute, std::string_view value) {
  if (attribute == "style") return unless_empty(allowed_style(value));
  if (attribute == "href") return element == "a" ? unless_empty(safe_link(value)) : std::nullopt;
  if (has(kTexts, attribute)) return std::string(utf8_prefix(value, kLongestText));
  value = trim(value);
  const bool fits = (has(kNumbers, attribute) && is_number(attribute, value)) ||
                    (has(kColours, attribute) && is_colour(value)) || (has(kWords, attribute) && is_keyword(value)) ||
                    (attribute == "face" && is_fonts(value));
  return fits ? std::optional<std::string>(value) : std::nullopt;
}

bool is_loaded(std::string_view element, std::string_view attribute) {
  return has(kLoaded, attribute) || (attribute == "href" && has(kLoadedByHref, element));
}

}  // namespace maildrop::mail
