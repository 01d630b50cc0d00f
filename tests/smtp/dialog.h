/// dialog.h: SMTP dialogs as files, and how they run. dialogs/README.md has the syntax.
///
/// A dialog is first run in step, each sent line answered before the next: its Record keeps what the peer sent and
/// what filters and store answered. Every other run (in pieces, over a socket) sends the same bytes, gives the same
/// answers, and must end the same.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "smtp/session.h"

namespace maildrop::smtp::test {

/// What the filters do when asked.
struct Opinion {
  enum class Kind { verdict, throws, drops };  // drops: its `done`, without a call
  Kind kind = Kind::verdict;
  filter::Verdict verdict{};
};

struct Step {
  enum class Kind { send, reply, close, verdict, store, stored, envelope, peer, tls };
  Kind kind;
  int line = 0;  // in the file
  std::string
      text;  // send: bytes; reply: a pattern; stored: the bytes; envelope: `FROM -> INBOX INBOX`; peer: whose it was
  std::size_t count = 1;       // reply: how often; stored: deliveries so far
  bool exact = false;          // stored: `text` matters
  filter::Phase phase{};       // verdict
  Opinion opinion;             // the same
  Code code = Code::internal;  // store
};

struct Dialog {
  std::string name;  // of the file, without directory
  Config config;     // defaults, the dialogs' host and domain, then `set` lines
  std::vector<Step> steps;

  bool lmtp = false;  // played to an LMTP listener

  bool has_verdicts() const;
  bool has_tls() const;  // a handshake is part of it
  /// As its settings and what comes before the first reply want it.
  TlsUse tls_use() const;
  bool ends_closed() const;
  /// Of all reply steps, repeated as they ask for.
  std::vector<std::string> patterns() const;
};

/// The dialogs of a file: one, or one for each of its `try` lines. Error::what has file and line.
Result<std::vector<Dialog>> read_dialogs(const std::filesystem::path& file);
Result<std::vector<Dialog>> parse_dialogs(std::string_view text, const std::string& name,
                                          const std::filesystem::path& directory);

/// Where the dialogs are, and all of them by name.
std::filesystem::path dialog_directory();
std::vector<std::filesystem::path> dialog_files();

/// `*` is any text.
bool matches(std::string_view pattern, std::string_view text);

/// One delivery as the store was asked to take it.
struct Stored {
  std::string envelope;  // `FROM -> INBOX INBOX`
  std::string data;      // the message without our trace fields
  std::string peer{};    // the address that a PROXY header or XCLIENT gave; empty without one
  friend bool operator==(const Stored&, const Stored&) = default;
};
std::string envelope_of(const mail::Transaction& transaction);

struct Record {
  TlsUse tls = TlsUse::never;
  bool lmtp = false;
  std::string input;                                        // all that the peer sent
  std::vector<std::size_t> handshakes;                      // in `input`, where they come
  std::vector<std::pair<filter::Phase, Opinion>> verdicts;  // in the order asked
  std::vector<Result<store::MessageId>> answers;            // of the store
  std::string output;
  std::vector<Stored> stored;  // deliveries that were answered with success
  std::vector<std::string_view> refusals;
  bool closed = false;
  std::vector<std::string> problems;  // where it was not as the dialog says
};

/// What differs between two runs of a dialog; empty: nothing.
std::string difference(const Record& wanted, const Record& got);

/// The defaults, and example.org.
std::shared_ptr<const Policy> default_policy(std::uint8_t phases = 0);
/// Which phases a policy asks at.
inline constexpr std::uint8_t kAllPhases = 0x3f;

/// Against a Session, in step, checking the dialog's own expectations.
Record run_in_step(const Dialog& dialog, std::uint8_t phases);

/// Against a Session, in the pieces that end at `cuts` (ascending); what is behind the last is the last piece.
Record run_in_pieces(const std::shared_ptr<const Policy>& policy, const Record& reference,
                     const std::vector<std::size_t>& cuts);

}  // namespace maildrop::smtp::test
