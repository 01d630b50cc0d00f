/// inbox.h: the parts of `maildrop inbox`: choosing messages, laying them out, waiting for them.
#pragma once

#include <regex.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "mail/inbox.h"
#include "store/feed.h"
#include "store/store.h"
#include "terminal.h"

namespace maildrop::cmd {

using Summaries = std::vector<store::Summary>;

/// What -g looks for: a POSIX extended regular expression in subject and sender, whose time on a hostile subject is
/// bounded as std::regex's is not. Lower-case patterns ignore case.
class Pattern {
 public:
  /// An empty text matches everything.
  static Result<Pattern> parse(const std::string& text);
  bool matches(const store::Summary& summary) const;

 private:
  std::shared_ptr<regex_t> compiled_;  // nullptr: everything
};

/// The message that `selector` means among `messages` (newest first): `latest`, a number (1 is the newest), an id, or
/// the start of one. not_found, or invalid when it is none of these or fits several; then `what` names them.
Result<store::Summary> pick(const Summaries& messages, std::string_view selector);

inline constexpr std::size_t kShortestPrefix = 8;  // characters of an id on a screen: seven are its second
/// Characters of an id that tell each message from the others: at least kShortestPrefix.
std::size_t prefix_length(const Summaries& messages);

/// The name to show for who sent it: the From field, else the envelope's sender, else `<>`.
std::string sender_of(const store::Summary& summary);

/// The subject, behind what filters made of the message: `[tag] Hello`.
std::string marked_subject(const store::Summary& summary);

/// The list. On a screen with a width a table that fits it, the ids cut to `prefix`; otherwise a line of five fields
/// separated by tabs for each message, nothing cut: id, time received, sender, subject, size in bytes.
class Table {
 public:
  Table(const Screen& screen, std::size_t prefix, Time now);
  /// Gives columns no more than these messages need.
  void fit(const Summaries& messages);
  std::string heading() const;
  std::string row(const store::Summary& summary) const;

 private:
  std::string line(const std::vector<std::string>& cells) const;
  Screen screen_;
  std::size_t prefix_;
  Time now_;
  std::size_t from_ = 0, subject_ = 0;  // columns
};

enum class Form { screen, raw, headers, text, transcript, verdicts, json_verdicts, json };

/// One message. All but `raw` is safe for a terminal whatever the sender wrote.
std::string show(Form form, const std::string& inbox, const store::Message& message, const Screen& screen);

/// One line of JSON with its newline, schema maildrop.message/1; of a whole message
/// `headers`, `text` and what filters found too.
std::string json_message(const std::string& inbox, const store::Summary& summary,
                         const store::Message* whole = nullptr);
std::string json_deleted(const std::string& inbox, const store::MessageId& id);

/// Looks once a second: for a server that cannot tell.
std::unique_ptr<store::Feed> polling_feed();

using Moment = std::chrono::steady_clock::time_point;
/// So long after `begin`, but at most a year: the clock counts nanoseconds, and people write 300000d.
Moment moment_after(Moment begin, std::chrono::milliseconds time);
/// The end of a --wait in which no mail came: tells so, and `hint` behind it, and gives the status.
int nothing_came(const mail::Inbox& inbox, std::chrono::milliseconds waited, const std::string& hint = {});

/// Calls `look` now and after each piece of news, until it gives a value or `end` has come (then nothing). Without an
/// end it ends with `look` alone. Outages are waited out and told on stderr once: transient failures of a look or of
/// the feed, and once there has been a good look also a store that is not there, as it is while another takes its
/// place. Without an end, the first look must be good.
Result<std::optional<int>> watch(store::Feed& feed, std::optional<Moment> end,
                                 const std::function<Result<std::optional<int>>()>& look);

}  // namespace maildrop::cmd
