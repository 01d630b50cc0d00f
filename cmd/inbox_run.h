/// inbox_run.h: what `maildrop inbox` does once it is known what is wanted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/client.h"
#include "core/clock.h"
#include "core/net.h"
#include "inbox.h"
#include "mail/inbox.h"
#include "store/feed.h"
#include "store/store.h"
#include "terminal.h"

namespace maildrop::cmd {

struct InboxOptions {
  std::string name;
  std::vector<std::string> ids;
  bool raw = false, headers = false, text = false, transcript = false, why = false, json = false;
  /// One message in a form of its own is wanted.
  bool has_form() const { return raw || headers || text || transcript || why; }
  std::string output;  // -o; empty: standard output
  bool force = false;
  bool remove = false;        // --delete
  std::string export_format;  // --export; empty: nothing is exported
  bool follow = false;
  bool wait = false;
  std::string wait_time;          // as typed, checked
  std::optional<unsigned> limit;  // -n
  std::string grep;
  std::string quarantined = "hidden";
  std::string api;
  std::string colour = "auto";
  bool no_pager = false;
};

/// Where the messages are.
struct Source {
  std::unique_ptr<store::Inboxes> inboxes;
  std::unique_ptr<store::Feed> feed;
  mail::Inbox inbox;
  api::Client* server = nullptr;                    // the same as `inboxes`, where a server has them
  Moment asked = std::chrono::steady_clock::now();  // when --wait begins, though the store may not have been there
  std::vector<Network> exempt{};                    // limits.exempt, where the store is ours
};

/// What --export did.
struct ExportCount {
  std::uint64_t written = 0, already_there = 0;
  std::uint64_t bytes = 0;  // of what was written, as it is stored
};

/// One run: the options, and everything they were turned into. Used once.
class InboxRun {
 public:
  /// Everything handed in outlives it. Output goes to `fd` unless the options name a file.
  InboxRun(const InboxOptions& options, Source& source, const Clock& clock, int fd = 1);
  ~InboxRun();
  InboxRun(const InboxRun&) = delete;
  InboxRun& operator=(const InboxRun&) = delete;

  /// Prints and gives the exit status.
  int main();

 private:
  Result<int> run();
  Result<int> list();
  Result<int> show_one();
  Result<int> follow();
  Result<int> remove();
  Result<int> export_messages();

  /// All messages that -g and --quarantined let through, newest first.
  Result<Summaries> messages();
  /// One look: the message shown and the status, or nothing yet.
  Result<std::optional<int>> look_for(const std::string& selector);
  Result<store::Message> fetch(const store::Summary& summary);
  /// Why nobody judged it, as far as that can be known.
  std::string why_unjudged(const store::Message& message) const;
  Result<void> show_message(const store::Summary& summary, bool paged);
  Result<void> show_new(const Summaries& fresh);
  /// A look whose output could not be written: nothing gets better by waiting, so it is told and ends with its status.
  Result<std::optional<int>> settled(Result<std::optional<int>> seen) const;
  std::string list_text(const Summaries& shown) const;
  /// Those of `all` that the ids mean; invalid when one makes no sense.
  Result<Summaries> chosen(const Summaries& all) const;
  Result<Summaries> to_export(Summaries all) const;
  Result<ExportCount> export_all(const Summaries& wanted, const std::string& path);
  /// "no messages in 'bob'" on stderr, and the status for it.
  int tell_empty() const;
  /// "no message 'x' in 'bob'" on stderr, or where it is.
  void tell_missing(const std::string& selector) const;
  /// What was shown is not all, or where `newest` is given not the newest: on stderr.
  void tell_hidden(const store::Summary* newest) const;
  /// What --quarantined keeps from being seen, of what -g lets through.
  Summaries hidden() const;
  Form form() const;
  int status_for(const Error& error) const;

  /// Opens the file of -o first: one that would stay empty is never made.
  Result<void> write(std::string_view text, bool paged);

  const InboxOptions& options_;
  Source& source_;
  const Clock& clock_;
  Pattern pattern_;
  const int output_;  // where output goes without -o
  Screen screen_;
  std::size_t prefix_ = 0;     // characters of an id that are enough, as of the last look
  int file_ = -1;              // of -o
  std::optional<int> failed_;  // the status for output that cannot be written
};

}  // namespace maildrop::cmd
