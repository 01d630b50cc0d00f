/// backup_file_test.cc: the format: what goes in comes out, and what of a file can be wrong.
#include "store/backup_file.h"

#include <catch2/catch.hpp>

#include "mail/sha256.h"
#include "store/backup_kit.h"
#include "store/kit.h"

namespace maildrop::store {
namespace {

using namespace test;

SavedMessage saved(const std::string& name, const std::string& data) {
  SavedMessage s;
  s.inbox = inbox(name);
  s.inbox_received = from_millis(1'700'000'005'000);
  s.newer = 3;
  s.newer_size = 77;
  s.message.summary = summary(from_millis(1'700'000'000'123), "subject");
  s.message.data = data;
  s.message.summary.size = data.size();
  return s;
}

std::string file_of(const std::vector<SavedMessage>& all) {
  std::string out;
  auto writer = BackupWriter::begin(into(out), {"1.2.3", from_millis(1'700'000'009'000)});
  REQUIRE(writer);
  for (const SavedMessage& each : all) REQUIRE(writer->add(each));
  REQUIRE(writer->finish());
  return out;
}

/// How reading to the end ends; empty: well.
std::string fault_of(const std::string& file) {
  auto reader = BackupReader::open(out_of(file));
  if (!reader) return reader.error().what;
  for (;;) {
    const auto next = reader->next();
    CHECK(reader->failed() == !next);
    if (!next) return next.error().what;
    if (!*next) return "";
  }
}

TEST_CASE("a backup: one that somebody unpacked is read as well") {
  const std::string plain = text_of(file_of({saved("bob", "a\r\n"), saved("eve", "b\r\n")}));
  auto reader = BackupReader::open_plain(out_of(plain));
  REQUIRE(reader);
  CHECK(reader->next().value()->message.data == "a\r\n");
  CHECK(reader->next().value()->message.data == "b\r\n");
  CHECK_FALSE(reader->next().value());
  const std::string cut = plain.substr(0, plain.size() - 2);
  reader = BackupReader::open_plain(out_of(cut));
  REQUIRE(reader);
  CHECK((reader->next() && reader->next()));
  CHECK(reader->next().error().code == Code::corrupt);
}

TEST_CASE("a backup: messages come back as they were") {
  SavedMessage plain = saved("bob", "a\r\n\r\nb\r\n"),
               odd = saved("b\xc3\xbc\xc3\xbc@example.org", std::string("\0\xff\n", 3));
  plain.message.transcript = "S: 220 mx\nC: EHLO \xff\n";
  plain.message.verdicts = "what each \xff found\n";
  plain.message.summary.mark = Mark::quarantine;
  plain.message.summary.score = 1.1f;
  odd.message.summary.from.clear();
  odd.message.summary.subject = "\x1b[31m \xff\xfe \"quoted\"\r\n";
  odd.message.summary.helo = "\x80";
  odd.message.summary.tls.clear();
  odd.message.summary.date.reset();
  odd.message.summary.received = from_millis(-5);
  const std::string file = file_of({plain, odd, saved("bob", "")});

  auto reader = BackupReader::open(out_of(file));
  REQUIRE(reader);
  CHECK(reader->head().version == "1.2.3");
  CHECK(to_millis(reader->head().begun) == 1'700'000'009'000);
  for (const SavedMessage& want : {plain, odd}) {
    const auto next = reader->next();
    REQUIRE(next);
    REQUIRE(*next);
    const SavedMessage& got = **next;
    CHECK(got.inbox == want.inbox);
    CHECK(got.inbox_received == want.inbox_received);
    CHECK(got.newer == want.newer);
    CHECK(got.newer_size == want.newer_size);
    CHECK(got.message.data == want.message.data);
    CHECK(got.message.transcript == want.message.transcript);
    CHECK(got.message.verdicts == want.message.verdicts);
    CHECK(got.message.summary.mark == want.message.summary.mark);
    CHECK(got.message.summary.score == want.message.summary.score);
    const Summary &a = got.message.summary, &b = want.message.summary;
    CHECK(a.id == b.id);
    CHECK(a.received == b.received);
    CHECK(a.date == b.date);
    CHECK(a.size == want.message.data.size());
    for (const auto text : {&Summary::from, &Summary::to, &Summary::header_from, &Summary::subject, &Summary::helo,
                            &Summary::peer, &Summary::tls})
      CHECK(a.*text == b.*text);
  }
  REQUIRE(reader->next().value());
  CHECK(!reader->next().value());
}

TEST_CASE("a backup: what it looks like is what the manual says") {
  SavedMessage one = saved("bob", "Subject: hi\r\n\r\nbody\r\n");
  one.message.summary.id = MessageId::trusted("zwcddeaaaaaaaaaaaaaaaaaaaa");
  one.message.summary.helo = "\xff";
  one.message.transcript = "C: QUIT\n";
  one.message.summary.mark = Mark::tag;
  one.message.summary.score = 4.5f;
  one.message.verdicts = "found";
  std::string text = text_of(file_of({one}));
  const std::size_t sum = text.find("QUIT\n") + 5;
  REQUIRE(text.substr(sum, 17).find('\n') == 16);
  text.replace(sum, 16, "SUM");
  CHECK(
      text ==
      R"({"schema":"maildrop.backup/1","version":"1.2.3","begun":1700000009000})"
      "\n"
      R"({"inbox":"bob","inbox_received":1700000005000,"newer":3,"newer_size":77,"id":"zwcddeaaaaaaaaaaaaaaaaaaaa","received":1700000000123,)"
      R"("from":"sender@example.org","to":"","header_from":"Sénder <sender@example.org>","subject":"subject",)"
      R"("helo":{"hex":"ff"},"peer":"192.0.2.1","tls":"TLSv1.3 TLS_AES_256_GCM_SHA384","date":1699999995123,)"
      R"("mark":"tag","score":4.5,"verdicts":"found","size":21,"transcript_size":8})"
      "\n"
      "Subject: hi\r\n\r\nbody\r\nC: QUIT\nSUM\n"
      "{\"messages\":1}\n");
}

TEST_CASE("a backup: models come first, and who wants none passes over them") {
  std::string file;
  auto writer = BackupWriter::begin(into(file), {"1.2.3", from_millis(1'700'000'009'000)}, true);
  REQUIRE(writer);
  const std::string large(kModelPiece + 1, 'x');
  REQUIRE(writer->add(SavedModel{"bayes", {42, std::string("a\n\0", 3)}}));
  REQUIRE(writer->add(SavedModel{"large", {43, large}}));
  REQUIRE(writer->add(saved("bob", "data")));
  REQUIRE(writer->finish());
  const std::string text = text_of(file);
  const std::string head =
      "{\"schema\":\"maildrop.backup/2\",\"version\":\"1.2.3\",\"begun\":1700000009000}\n"
      "{\"model\":\"bayes\",\"model_version\":42,\"size\":3}\n";
  CHECK(text.starts_with(head + std::string("a\n\0", 3)));
  CHECK(text.ends_with("{\"messages\":1,\"models\":2}\n"));

  auto reader = BackupReader::open(out_of(file));
  REQUIRE(reader);
  const auto first = reader->next_model().value(), second = reader->next_model().value();
  REQUIRE((first && second));
  CHECK(first->name == "bayes");
  CHECK(first->model.version == 42);
  CHECK(first->model.bytes == std::string("a\n\0", 3));
  CHECK(second->model.bytes == large);
  CHECK_FALSE(reader->next_model().value());
  CHECK_FALSE(reader->next_model().value());
  CHECK(reader->next().value()->message.data == "data");
  CHECK_FALSE(reader->next().value());

  reader = BackupReader::open(out_of(file));
  CHECK(reader->next_model().value()->name == "bayes");
  CHECK(reader->next().value()->message.data == "data");
  CHECK_FALSE(reader->next_model().value());
  CHECK_FALSE(reader->next().value());

  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string bad = text;
    bad.replace(bad.find(what), what.size(), instead);
    return fault_of(zstd_of(bad));
  };
  CHECK(with("a\n", "b\n") == "behind 0 messages: the sum of a model is wrong");
  CHECK(with("\"large\"", "\"Large\"").starts_with("behind 1 models: 'Large' cannot be the name of a model"));
  CHECK(with("1048577", "67108865") == "behind 1 models: 'size' is not as it should be");
  CHECK(with("1048577", "67108864") == "behind 1 models: cut off");
  CHECK(with("\"models\":2", "\"models\":1") == "behind 1 messages: there should be 1 models");
  CHECK(with("backup/2", "backup/1") != "");
}

TEST_CASE("a backup: one of an older maildrop tells of no filters, and is read") {
  std::string text = text_of(file_of({saved("bob", "data")}));
  const std::string new_fields = R"("mark":"none","score":null,"verdicts":"",)";
  REQUIRE(text.find(new_fields) != std::string::npos);
  text.erase(text.find(new_fields), new_fields.size());
  const std::size_t line = text.find('\n') + 1, data = text.find('\n', line) + 1;
  mail::Sha256 sum;
  sum.add(std::string_view(text).substr(line, data + 4 - line));
  text.replace(data + 4, 16, sum.hex().substr(0, 16));
  const std::string file = zstd_of(text);
  auto reader = BackupReader::open(out_of(file));
  REQUIRE(reader);
  const auto next = reader->next();
  REQUIRE(next);
  CHECK((*next)->message.data == "data");
  CHECK((*next)->message.summary.mark == Mark::none);
  CHECK_FALSE((*next)->message.summary.score);
  CHECK((*next)->message.verdicts.empty());
}

TEST_CASE("a backup: what is none is told") {
  CHECK(fault_of("") == "it is no backup of maildrop's");
  CHECK(fault_of("From bob\n") == "it is no backup of maildrop's");
  CHECK(fault_of(zstd_of("")) == "it is no backup of maildrop's");
  CHECK(fault_of(zstd_of("[1]\n")) == "it is no backup of maildrop's");
  CHECK(fault_of(zstd_of("{\"schema\":1}\n")) == "it is no backup of maildrop's");
  CHECK(fault_of(zstd_of(std::string(3u << 20, ' '))) == "it is no backup of maildrop's");
  CHECK(fault_of(zstd_of("{\"schema\":\"maildrop.backup/3\"}\n")) ==
        "a newer maildrop wrote it: its schema is maildrop.backup/3");
  CHECK(fault_of(zstd_of("{\"schema\":\"maildrop.backup/1\"}\n")) == "'begun' is not as it should be");
}

TEST_CASE("a backup: cut off anywhere, or with any byte changed, it is never read to a good end") {
  const std::string file = file_of({saved("bob", "data of bob"), saved("eve", "data of eve")});
  for (std::size_t size = 0; size < file.size(); ++size) CHECK(fault_of(file.substr(0, size)) != "");
  const std::string text = text_of(file);
  const std::size_t head = text.find('\n') + 1;
  for (std::size_t at = head; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    INFO(bad);
    CHECK(fault_of(zstd_of(bad)) != "");
  }
  const std::string last = "{\"messages\":2}\n";
  REQUIRE(text.ends_with(last));
  CHECK(fault_of(zstd_of(text)) == "");
  CHECK(fault_of(zstd_of(text.substr(0, text.size() - last.size()))) == "behind 2 messages: cut off");
  CHECK(fault_of(zstd_of(text + "x\n")) == "behind 2 messages: something follows its end");
}

TEST_CASE("a backup: what a number or a name says is not believed") {
  const std::string text = text_of(file_of({saved("bob", "data")}));
  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string bad = text;
    REQUIRE(bad.find(what) != std::string::npos);
    bad.replace(bad.find(what), what.size(), instead);
    return fault_of(zstd_of(bad));
  };
  CHECK(with("\"size\":4", "\"size\":603979777") == "behind 0 messages: 'size' is not as it should be");
  CHECK(with("\"size\":4", "\"size\":-1") == "behind 0 messages: 'size' is not as it should be");
  CHECK(with("\"size\":4", "\"size\":603979776") == "behind 0 messages: cut off");
  CHECK(with("\"size\":4", "\"size\":3") != "");
  CHECK(with("\"transcript_size\":0", "\"transcript_size\":\"0\"") ==
        "behind 0 messages: 'transcript_size' is not as it should be");
  CHECK(with("\"inbox\":\"bob\"", "\"inbox\":\"\"") == "behind 0 messages: 'inbox' is not as it should be");
  CHECK(with("\"inbox\":\"bob\"", "\"inbox\":\"" + std::string(321, 'x') + "\"") ==
        "behind 0 messages: 'inbox' is not as it should be");
  CHECK(with("\"helo\":\"client.example.org\"", "\"helo\":{\"hex\":\"fg\"}") ==
        "behind 0 messages: 'helo' is not as it should be");
  CHECK(with("\"helo\":\"client.example.org\"", "\"helo\":{\"hex\":\"f\"}") ==
        "behind 0 messages: 'helo' is not as it should be");
  for (const char* time : {"-9223372036854775808", "9223372036854775807", "253402300800000", "1.5", "\"now\"", "null"})
    CHECK(with("\"inbox_received\":1700000005000", std::string("\"inbox_received\":") + time) ==
          "behind 0 messages: 'inbox_received' is not as it should be");
  CHECK(with("\"mark\":\"none\"", "\"mark\":\"good\"") == "behind 0 messages: 'mark' is not as it should be");
  CHECK(with("\"mark\":\"none\"", "\"mark\":1") == "behind 0 messages: 'mark' is not as it should be");
  for (const char* score : {"\"7\"", "true", "1e300", "-1e300", "[]"})
    CHECK(with("\"score\":null", std::string("\"score\":") + score) ==
          "behind 0 messages: 'score' is not as it should be");
  CHECK(with("\"verdicts\":\"\"", "\"verdicts\":7") == "behind 0 messages: 'verdicts' is not as it should be");
  CHECK(with("\"verdicts\":\"\"", "\"verdicts\":\"" + std::string(kMostVerdicts + 1, 'v') + "\"") ==
        "behind 0 messages: 'verdicts' is not as it should be");
  CHECK(with("\"id\":\"", "\"id\":\"!").starts_with("behind 0 messages: "));
  CHECK(with("\"messages\":1", "\"messages\":2") == "behind 1 messages: there should be 2");
  CHECK(with("\"messages\":1", "\"message\":1") == "behind 1 messages: 'messages' is not as it should be");
}

}  // namespace
}  // namespace maildrop::store
