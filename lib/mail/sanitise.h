/// sanitise.h: HTML of strangers as a page that runs nothing, loads nothing and leads nowhere by itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::mail {

struct SanitiseLimits {
  std::size_t input = 1u << 20;         // bytes of HTML looked at; the rest is cut
  std::size_t memory = 32u << 20;       // of a parse tree
  std::chrono::milliseconds time{100};  // of parsing, all rounds together: a newsletter takes one or two
  std::size_t output =
      512 * 1024;                 // bytes of the page; the rest is cut. Within input, or a page could not be read again
  std::size_t elements = 50'000;  // written; the rest is cut. A large newsletter has 3,000
  std::size_t depth = 200;        // of elements within each other: browsers flatten from 512 on, each by its rules
  std::size_t remote = 100;       // addresses that are kept, the first
};

struct SanitisedHtml {
  static constexpr int kMostRounds = 4;

  std::string html;                 // a whole page, valid UTF-8
  std::vector<std::string> remote;  // what the sender wanted to be loaded from elsewhere: each address once, fit to be
                                    // shown, at most kLongestRemoteAddress bytes
  bool cut = false;                 // a limit was reached: there is more than the page shows
  std::size_t pixels = 0;           // images from elsewhere that nobody is meant to see
};

/// `html` (UTF-8) made anew of what the allow lists have (allowed_html.h). No byte of it is copied: the tree that a
/// browser would see is walked through, and tags, attributes and text are written by us. Nothing in the page is loaded:
/// an image stands as its description. Links open elsewhere and tell nothing of where they were.
/// To sanitise the page once more changes nothing.
/// over_limit when memory or time ran out, or the page would not come to rest: show the text instead.
Result<SanitisedHtml> sanitise(std::string_view html, const SanitiseLimits& limits = {});

/// Plain text as such a page.
std::string text_as_page(std::string_view text);

}  // namespace maildrop::mail
