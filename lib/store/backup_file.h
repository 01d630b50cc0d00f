/// backup_file.h: mail of a store as one stream: what `maildrop backup` writes.
///
/// zstd(1) of lines and bytes: `zstd -dc FILE | less` shows it. The first line is a JSON object with
///   schema   maildrop.backup/1, version (of the maildrop that wrote it), begun
/// Each message is a line with a JSON object, its data, its transcript, and a line of 16 hexadecimal digits, the first
/// of the SHA-256 of all three, the newline of the first included:
///   inbox, inbox_received (when it last did), newer, newer_size (how many messages of the inbox follow, and the bytes
///   of their data), id, received, from, to, header_from, subject, helo, peer, tls, date (null: none), mark (what
///   filters made of it: none, tag or quarantine), score (null: nobody judged it), verdicts (what each filter found),
///   size (bytes of the data), transcript_size
/// Messages of an inbox come together, the oldest first. The last line is an object with `messages`, how many there
/// are. Times are milliseconds since 1970. A text that is no UTF-8 is an object with its bytes in hexadecimal, `hex`.
/// Within a version of the schema fields are only added.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.h"
#include "mail/inbox.h"
#include "store/store.h"
#include "store/zstd_stream.h"

namespace maildrop::store {

struct BackupHead {
  std::string version;  // of maildrop
  Time begun{};
};

struct SavedMessage {
  mail::Inbox inbox = mail::Inbox::trusted({});
  Time inbox_received{};         // when the inbox last did
  std::uint64_t newer = 0;       // messages of the inbox that follow
  std::uint64_t newer_size = 0;  // bytes of their data
  Message message{};
};

/// Not thread-safe. Blocks as its sink does.
class BackupWriter {
 public:
  static Result<BackupWriter> begin(Sink sink, const BackupHead& head);
  Result<void> add(const SavedMessage& saved);
  /// Without it the file is one that was cut off.
  Result<void> finish();

 private:
  explicit BackupWriter(ZstdWriter out) : out_(std::move(out)) {}
  ZstdWriter out_;
  std::uint64_t messages_ = 0;
};

/// Not thread-safe. Blocks as its source does. Holds one message in memory.
class BackupReader {
 public:
  static constexpr std::size_t kMostLine = 1u << 20;
  static constexpr std::uint64_t kMostData = 576u << 20;  // the largest mail.max_size, and what was put on top

  /// invalid: no backup, or of a schema that is not known.
  static Result<BackupReader> open(Fill fill);
  /// The same for what somebody has unpacked already.
  static Result<BackupReader> open_plain(Fill fill);
  const BackupHead& head() const { return head_; }
  /// The next one; nothing at the end of a file that is whole. corrupt: it is damaged from here on, or cut off.
  Result<std::optional<SavedMessage>> next();
  bool failed() const { return failed_; }  // next() did

 private:
  explicit BackupReader(ZstdReader in) : in_(std::move(in)) {}
  static Result<BackupReader> begin(ZstdReader in);
  Result<std::optional<SavedMessage>> read();
  ZstdReader in_;
  BackupHead head_;
  std::uint64_t messages_ = 0;
  bool failed_ = false;
};

}  // namespace maildrop::store
