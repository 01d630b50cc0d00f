/// message.h: what people see of a message: who, what about, when, and its text.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/config.h"
#include "mail/sanitise.h"

namespace maildrop::mail {

/// For lists. Decoded, valid UTF-8, controls still inside: a screen makes them safe (text.h).
struct Overview {
  std::string from;  // the From field decoded; empty if there is none
  std::string subject;
  std::optional<Time> date;  // the Date field, if it is one (RFC 5322 3.3, obsolete zones too)

  static constexpr std::size_t kMaxSize = 998;  // bytes kept of each text: a line of RFC 5322
};

/// From the header of `message`. Cheap (a few microseconds) for ASCII headers; used at each delivery.
Overview overview(std::string_view message);

/// RFC 5322 3.3 and the obsolete forms; nothing for what is not a date.
std::optional<Time> parse_date(std::string_view value);

/// The text of a message: the first text/plain part that is no attachment; without one, or when it is blank, the first
/// text/html turned into text (its source when it is a bomb); without either, a line that says so and names the parts.
/// UTF-8, line ends `\n`, at most `max` bytes. `html_time` is for parsing HTML.
std::string text_of(std::string_view message, std::size_t max = kMaxShownText,
                    std::chrono::milliseconds html_time = std::chrono::milliseconds(200));

/// All that people may read in it: its text, and behind it what its HTML says where it has both. Nothing of HTML that
/// is a bomb, and nothing where there is neither. Otherwise as above; HTML is parsed once.
std::string words_of(std::string_view message, std::size_t max = kMaxShownText);

/// The first text/html part that is no attachment, decoded to UTF-8 but not sanitised; nothing if there is none.
std::optional<std::string> html_of(std::string_view message, std::size_t max = kMaxShownText);

/// The same as a page that is safe to show; its text as a page, and `cut`, where the HTML is a bomb.
std::optional<SanitisedHtml> page_of(std::string_view message, const SanitiseLimits& limits = {});

}  // namespace maildrop::mail
