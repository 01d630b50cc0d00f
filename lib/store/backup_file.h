/// backup_file.h: mail of a store as one stream, and what was learnt from it: what `maildrop backup` writes.
///
/// zstd(1) of lines and bytes: `zstd -dc FILE | less` shows it. The first line is a JSON object with
///   schema   maildrop.backup/2, or /1 where there are no models; version (of the maildrop that wrote it), begun
/// Each model (models.h) is a line with a JSON object, its bytes, and a line of 16 hexadecimal digits, the first of the
/// SHA-256 of both, the newline of the first included:
///   model (its name), model_version, size (of its bytes)
/// Then come the messages. Each is a line with a JSON object, its data, its transcript, and a line of 16 hexadecimal
/// digits, the first of the SHA-256 of all three, the newline of the first included:
///   inbox, inbox_received (when it last did), newer, newer_size (how many messages of the inbox follow, and the bytes
///   of their data), id, received, from, to, header_from, subject, helo, peer, tls, date (null: none), mark (what
///   filters made of it: none, tag or quarantine), score (null: nobody judged it), verdicts (what each filter found),
///   size (bytes of the data), transcript_size
/// Messages of an inbox come together, the oldest first. The last line is an object with `messages`, how many there
/// are, and `models`. Times are milliseconds since 1970. A text that is no UTF-8 is an object with its bytes in
/// hexadecimal, `hex`. Within a version of the schema fields are only added.
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

struct SavedModel {
  std::string name;
  Model model;  // its version is that of the store it was in
};

/// Not thread-safe. Blocks as its sink does.
class BackupWriter {
 public:
  /// `models`: whether there are some. A file without is one that an older maildrop can read.
  static Result<BackupWriter> begin(Sink sink, const BackupHead& head, bool models = false);
  /// REQUIRES: they were promised, and no message came before.
  Result<void> add(const SavedModel& saved);
  Result<void> add(const SavedMessage& saved);
  /// Without it the file is one that was cut off.
  Result<void> finish();

 private:
  BackupWriter(ZstdWriter out, bool models) : out_(std::move(out)), has_models_(models) {}
  ZstdWriter out_;
  bool has_models_;
  std::uint64_t models_ = 0;
  std::uint64_t messages_ = 0;
};

/// Not thread-safe. Blocks as its source does. Holds one message or model in memory.
class BackupReader {
 public:
  static constexpr std::size_t kMostLine = 1u << 20;
  static constexpr std::uint64_t kMostData = 576u << 20;  // the largest mail.max_size, and what was put on top

  /// invalid: no backup, or of a schema that is not known.
  static Result<BackupReader> open(Fill fill);
  /// The same for what somebody has unpacked already.
  static Result<BackupReader> open_plain(Fill fill);
  const BackupHead& head() const { return head_; }
  /// The next model; nothing where messages begin. Errors as of next(), which passes over what is not asked for.
  Result<std::optional<SavedModel>> next_model();
  /// The next message; nothing at the end of a file that is whole. corrupt: it is damaged from here on, or cut off.
  Result<std::optional<SavedMessage>> next();
  bool failed() const { return failed_; }  // next() or next_model() did

 private:
  explicit BackupReader(ZstdReader in) : in_(std::move(in)) {}
  static Result<BackupReader> begin(ZstdReader in);
  Result<std::optional<SavedMessage>> read();
  Result<std::optional<SavedModel>> read_model(bool kept);
  Error told(const Error& error);
  ZstdReader in_;
  BackupHead head_;
  bool has_models_ = false;
  std::optional<std::string> line_;  // that was read, and is of a message
  std::uint64_t models_ = 0;
  std::uint64_t messages_ = 0;
  bool failed_ = false;
};

}  // namespace maildrop::store
