/// message_urls.h: the URLs in a message, and the hosts that they lead to, for filters that judge by these. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::filter {

struct MessageUrl {
  std::string text;  // as it is written, at most kLongestUrl bytes; hostile
  std::string host;  // as url_host() has it
};

/// A link that shows a URL of one organisation and leads to another.
struct Disguise {
  std::string shown;  // its host
  std::string host;
};

/// What is looked at of a message.
struct UrlLimits {
  std::size_t text = 256 * 1024;            // bytes of all text together, decoded
  std::size_t html_memory = 8u << 20;       // of a parse tree
  std::chrono::milliseconds html_time{20};  // of parsing, all parts together: it holds up a loop
  std::size_t hosts = 500;
};

struct MessageUrls {
  std::vector<MessageUrl> urls;        // of each host the first
  std::optional<Disguise> disguise{};  // the first
  bool cut = false;                    // a limit was met: there may be more
};

/// Of all parts that are text, attached or not, in order; of HTML first the links and what is loaded, then the text. Of
/// HTML that is too much to parse, what stands in its source.
MessageUrls message_urls(std::string_view message, const UrlLimits& limits = {});

}  // namespace maildrop::filter
