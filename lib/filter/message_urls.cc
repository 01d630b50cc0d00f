/// message_urls.cc: part by part.
#include "filter/message_urls.h"

#include <charconv>
#include <unordered_set>
#include <utility>

#include "core/text.h"
#include "filter/public_suffix.h"
#include "filter/url_host.h"
#include "mail/charsets.h"
#include "mail/html.h"
#include "mail/mime.h"

namespace maildrop::filter {

namespace {

/// Of HTML that was too much to parse: what could hide a URL in its source.
std::string with_references_decoded(std::string_view html) {
  constexpr std::pair<std::string_view, char> kNames[] = {
      {"colon;", ':'}, {"sol;", '/'}, {"period;", '.'}, {"commat;", '@'}, {"amp;", '&'}};
  std::string out;
  out.reserve(html.size());
  for (std::size_t at = 0; at < html.size(); ++at) {
    out += html[at];
    if (html[at] != '&') continue;
    std::string_view rest = html.substr(at + 1, 12);
    for (const auto& [name, c] : kNames) {
      if (!rest.starts_with(name)) continue;
      out.back() = c;
      at += name.size();
      break;
    }
    if (!rest.starts_with('#')) continue;
    rest.remove_prefix(1);
    const bool hexadecimal = rest.starts_with('x') || rest.starts_with('X');
    if (hexadecimal) rest.remove_prefix(1);
    unsigned code = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), code, hexadecimal ? 16 : 10);
    if (error != std::errc() || code < 0x20 || code > 0x7E) continue;  // of a host or scheme the rest is not
    out.back() = static_cast<char>(code);
    at = static_cast<std::size_t>(end - html.data()) - 1;
    if (at + 1 < html.size() && html[at + 1] == ';') ++at;
  }
  return out;
}

class Collection {
 public:
  Collection(std::string_view message, const UrlLimits& limits)
      : message_(message), limits_(limits), left_(limits.text), html_time_(limits.html_time) {}

  MessageUrls collect() {
    const mail::Structure structure = mail::scan_mime(message_);
    found_.cut = structure.stopped;
    for (const mail::Part& part : structure.parts)
      if (part.type == "text" || is_html(part)) take(part);
    return std::move(found_);
  }

 private:
  /// By its type, or by the name that it is opened under.
  bool is_html(const mail::Part& part) {
    if (part.type == "text" && part.subtype == "html") return true;
    if (part.type == "application" && part.subtype == "xhtml+xml") return true;
    if (!part.named || part.type != "application") return false;
    const std::string name = to_lower(mail::filename_of(message_, part, charsets_));
    return name.ends_with(".html") || name.ends_with(".htm") || name.ends_with(".xhtml");
  }

  void take(const mail::Part& part) {
    if (left_ == 0) {
      found_.cut = found_.cut || part.end > part.body;
      return;
    }
    const std::string bytes = mail::decoded_body(message_, part, left_);
    found_.cut = found_.cut || bytes.size() == left_;
    left_ -= bytes.size();
    const std::string text = mail::decode_charset(bytes, part.charset, bytes.size(), charsets_);
    if (is_html(part))
      take_html(text);
    else
      take_text(text);
  }

  void take_html(const std::string& html) {
    mail::HtmlLimits limits;
    limits.memory = limits_.html_memory;
    limits.time = html_time_;
    const auto start = std::chrono::steady_clock::now();
    const auto content = mail::read_html(html, limits);
    html_time_ -= std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    if (!content) {
      found_.cut = true;
      return take_text(with_references_decoded(html));
    }
    for (const std::string& link : content->links) see(see_url(link, see_));
    found_.cut = found_.cut || content->links.size() == limits.links;
    for (const mail::NamedLink& link : content->named)
      if (!found_.disguise) found_.disguise = disguise_of(link);
    take_text(content->text);
  }

  static std::optional<Disguise> disguise_of(const mail::NamedLink& link) {
    std::optional<std::string> shown = url_host(link.name.substr(0, link.name.find_first_of(" \n")));
    std::optional<std::string> host = url_host(link.url);
    if (!shown || !host || is_same_organisation(*shown, *host)) return std::nullopt;
    return Disguise{std::move(*shown), std::move(*host)};
  }

  void take_text(std::string_view text) { see(find_urls(text, see_)); }
  void see(bool all) { found_.cut = found_.cut || !all; }

  bool add(std::string_view url, std::string host) {
    if (found_.urls.size() == limits_.hosts) return hosts_.contains(host);
    if (hosts_.insert(host).second) found_.urls.push_back({std::string(url), std::move(host)});
    return true;
  }

  std::string_view message_;
  const UrlLimits& limits_;
  std::size_t left_;  // bytes of text
  std::chrono::milliseconds html_time_;
  mail::Charsets charsets_{};
  MessageUrls found_{};
  std::unordered_set<std::string> hosts_{};
  const SeeUrl see_ = [this](std::string_view url, std::string host) { return add(url, std::move(host)); };
};

}  // namespace

MessageUrls message_urls(std::string_view message, const UrlLimits& limits) {
  return Collection(message, limits).collect();
}

}  // namespace maildrop::filter
