/// backup_kit.h: backups in memory, out of stores and into them.
#pragma once

#include <catch2/catch.hpp>
#include <map>

#include "core/text.h"
#include "store/backup.h"
#include "store/kit.h"

namespace maildrop::store::test {

inline Sink into(std::string& out) {
  return [&out](std::string_view bytes) {
    out += bytes;
    return Result<void>();
  };
}

inline Fill out_of(const std::string& bytes) {
  return [&bytes, at = std::size_t{0}](char* to, std::size_t size) mutable {
    const std::size_t n = bytes.copy(to, size, at);
    at += n;
    return Result<std::size_t>(n);
  };
}

/// Text as a stream of zstd.
inline std::string zstd_of(std::string_view text) {
  std::string out;
  auto writer = ZstdWriter::make(into(out), 1);
  REQUIRE(writer);
  REQUIRE(writer->write(text));
  REQUIRE(writer->finish());
  return out;
}

/// Such a stream as text.
inline std::string text_of(const std::string& bytes) {
  auto reader = ZstdReader::make(out_of(bytes));
  REQUIRE(reader);
  std::string text;
  for (auto line = reader->line(1u << 30); line && *line; line = reader->line(1u << 30)) text += **line + "\n";
  return text;
}

inline bool on(const Tally&) { return true; }

inline std::unique_ptr<Store> open(const World& world) {
  auto store = world.open();
  REQUIRE(store);
  return std::move(*store);
}

inline std::string backup_of(Store& store, const Clock& clock, const GoOn& go_on = on) {
  std::string file;
  Backup backup(store);
  REQUIRE(backup.run(into(file), {"1", clock.now()}, go_on) == true);
  return file;
}

inline RestoreOptions options_of(const World& world) { return {world.options.inbox, 3, false}; }

inline void put_back(Restore& restore, const std::string& file) {
  auto reader = BackupReader::open(out_of(file));
  REQUIRE(reader);
  const auto ended = restore.run(*reader, on);
  REQUIRE(ended);
  CHECK(*ended);
}

inline std::uint64_t passed_over(const Restore& restore) {
  const Restore::PassedOver& p = restore.passed_over();
  return p.known + p.expired + p.over_quota + p.older + p.unnamed;
}

/// All that a reader can see of these inboxes.
inline std::map<std::string, std::vector<std::string>> seen(Store& store, const std::vector<std::string>& names) {
  std::map<std::string, std::vector<std::string>> all;
  for (const std::string& name : names) {
    const auto list = store.list(inbox(name), {.quarantined = Quarantined::shown});
    REQUIRE(list);
    for (const Summary& summary : *list) {
      const auto message = store.get(inbox(name), summary.id);
      REQUIRE(message);
      all[name].push_back(summary.id.text() + " " + summary.to + " " + summary.subject + " " +
                          rfc3339(summary.received) + " " + message->data + message->transcript + message->verdicts +
                          " " + std::string(name_of(summary.mark)) + " " + format_number(summary.score.value_or(-1)));
    }
  }
  return all;
}

inline std::string put(Store& store, const World& world, const std::vector<std::string>& names,
                       std::size_t size = 3000) {
  Delivery d = delivery(world.clock.now(), names, size);
  d.transcript = "C: EHLO client.example.org\n";
  REQUIRE(put_one(store, d));
  return d.summary.id.text();
}

}  // namespace maildrop::store::test
