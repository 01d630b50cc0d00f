/// store_test.cc: the mail of a store, and of a backup of one.
#include <catch2/catch.hpp>

#include "folder.h"
#include "replay/stored.h"
#include "store/backup_kit.h"

namespace maildrop::replay {
namespace {

using namespace std::chrono_literals;
using namespace store::test;
using Names = std::vector<std::string>;

/// Who a message came from and whom it was for, or `! what`.
Names subjects_of(Source& source) {
  Names out;
  while (auto sample = source.next())
    out.push_back(*sample ? (*sample)->envelope.to.front() : "! " + sample->error().what);
  return out;
}

class Stored {
 public:
  Stored() {
    static int count = 0;  // memory: stores of one name are one
    store::OpenOptions opening;
    opening.url = "memory:replay" + std::to_string(++count);
    opening.role = store::Role::writer;
    opening.clock = &clock_;
    opening.settings.max_size = 64u << 20;
    store_ = store::open_store(opening).value();
    options.open_store = [this](const std::string& url) -> Result<std::shared_ptr<store::Store>> {
      if (url != "known:") return fail(Code::not_found, "no such store");
      return store_;
    };
  }

  /// Each a minute after the one before.
  std::string put(const std::string& name, const std::string& data = "To: header@x\r\n\r\nbody\r\n") {
    store::Delivery delivery;
    delivery.summary = summary(clock_.now(), "subject");
    delivery.summary.received = clock_.now();
    delivery.targets.push_back({inbox(name), name + "@example.org"});
    delivery.data = data;
    delivery.summary.size = data.size();
    const auto id = delivery.summary.id.text();
    REQUIRE(put_one(*store_, delivery));
    clock_.jump(1min);
    return id;
  }
  store::Store& store() { return *store_; }
  const Clock& clock() const { return clock_; }

  SourceOptions options;

 private:
  FakeClock clock_;
  std::shared_ptr<store::Store> store_;
};

TEST_CASE("store: all inboxes in the order in which their mail came, or some of them") {
  Stored stored;
  for (const char* name : {"b", "a", "c", "a", "b"}) stored.put(name);
  const auto read = [&stored](const std::string& path) {
    return subjects_of(*open_source(path, stored.options).value());
  };
  CHECK(read("store:known:") ==
        Names{"b@example.org", "a@example.org", "c@example.org", "a@example.org", "b@example.org"});
  stored.options.inboxes = {inbox("b"), inbox("none")};
  CHECK(read("store:known:") == Names{"b@example.org", "b@example.org"});
  stored.options.max_stored = 1;
  CHECK(read("store:known:") == Names{"! cannot read 'store:': it has more than 1 messages"});
  CHECK(open_source("store:", stored.options).error().code == Code::not_found);
  CHECK(open_source("store:known:", {}).error().code == Code::invalid);
}

TEST_CASE("store: the envelope is that of the session") {
  Stored stored;
  const std::string id = stored.put("bob", "Return-Path: <other@x>\r\nTo: header@x\r\n\r\nbody\r\n");
  const auto source = open_source("store:known:", stored.options);
  const Sample sample = (*source)->next().value().value();
  CHECK(sample.name == "store:bob/" + id);
  CHECK(sample.data == "Return-Path: <other@x>\r\nTo: header@x\r\n\r\nbody\r\n");
  CHECK(sample.envelope.from == "sender@example.org");
  CHECK(sample.envelope.to == Names{"bob@example.org"});
  CHECK(sample.envelope.peer == IpAddress::parse("192.0.2.1").value());
  CHECK(sample.envelope.helo == "client.example.org");
  CHECK(sample.envelope.received == stored.clock().now() - 1min);
}

TEST_CASE("store: what goes meanwhile is passed over, what is none is an error of it, and it may be given up") {
  Stored stored;
  const std::string first = stored.put("a"), second = stored.put("b", "prose\r\n");
  stored.put("c");
  const std::string gone = stored.put("d");
  stored.put("e", "To: x\r\n\r\n" + std::string(2000, 'x'));
  stored.options.max_size = 1000;
  const auto source = open_source("store:known:", stored.options);
  CHECK((*source)->next().value().value().name == "store:a/" + first);
  REQUIRE(stored.store().remove(inbox("d"), store::MessageId::trusted(gone)).value());
  const Names rest = subjects_of(**source);
  REQUIRE(rest.size() == 3);
  CHECK(rest[0] == "! 'store:b/" + second + "' is no message: it has no header field");
  CHECK(rest[1] == "c@example.org");
  CHECK(rest[2].ends_with("is larger than 1000"));
  stored.options.give_up = [] { return true; };
  CHECK(subjects_of(*open_source("store:known:", stored.options).value()) == Names{"! cannot read 'store:': given up"});
}

TEST_CASE("backup: the same mail out of what maildrop backup wrote") {
  Stored stored;
  const std::string id = stored.put("bob");
  const std::string next = stored.put("bob");
  const std::string backup = backup_of(stored.store(), stored.clock());
  const test::Folder folder;
  folder.file("mail.zst", backup);
  const auto source = open_source(folder.path + "/mail.zst");
  const Sample sample = (*source)->next().value().value();
  CHECK(sample.name == folder.path + "/mail.zst/bob/" + id);
  CHECK(sample.envelope.to == Names{"bob@example.org"});
  CHECK(sample.envelope.helo == "client.example.org");
  CHECK((*source)->next().value().value().name == folder.path + "/mail.zst/bob/" + next);
  CHECK_FALSE((*source)->next());
  folder.file("plain", text_of(backup));
  CHECK(read_all(folder, "plain").size() == 2);
  std::string damaged = text_of(backup);
  damaged[damaged.rfind("body")] = 'B';
  folder.file("damaged", damaged);
  const Names all = read_all(folder, "damaged");
  REQUIRE(all.size() == 2);
  CHECK(all.back() == "! cannot read 'damaged': behind 1 messages: the sum of a message is wrong");
  folder.file("cut.zst", backup.substr(0, backup.size() - 9));
  CHECK(read_all(folder, "cut.zst").back().starts_with("! cannot read 'cut.zst': "));
}

}  // namespace
}  // namespace maildrop::replay
