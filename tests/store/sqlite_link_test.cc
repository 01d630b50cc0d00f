/// sqlite_link_test: removals handed to the writer, and what else strangers say to its socket.
#include "store/sqlite_link.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;
using Catch::Matchers::Contains;

namespace {

/// A client without manners.
class Raw {
 public:
  explicit Raw(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, (path + ".sock").c_str(), sizeof name.sun_path - 1);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0;
  }
  bool connected() const { return connected_; }
  void say(const std::string& text) {
    CHECK(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  /// Up to a newline or the end.
  std::string hear() {
    std::string heard;
    pollfd one{fd_.get(), POLLIN, 0};
    char c = 0;
    while (::poll(&one, 1, 20000) == 1 && ::recv(fd_.get(), &c, 1, 0) == 1 && c != '\n') heard.push_back(c);
    return heard;
  }

 private:
  FileDescriptor fd_;
  bool connected_ = false;
};

}  // namespace

TEST_CASE("sqlite link: a reader's removal goes through the writer, or in its place") {
  World world("sqlite");
  auto writer = world.open();
  REQUIRE(writer);
  const std::string odd =
      "b\xc3\xb6"
      "b \n";
  const auto a = put_one(**writer, delivery(world.clock.now(), {odd}));
  const auto b = put_one(**writer, delivery(world.clock.now(), {odd}));
  REQUIRE(b);
  auto reader = world.open(Role::reader);
  REQUIRE(reader);
  CHECK((*reader)->remove(inbox(odd), *a).value());
  CHECK(!(*reader)->remove(inbox(odd), *a).value());
  CHECK(shown(**writer, odd) == std::vector<std::string>{b->text()});
  CHECK(!(*reader)->remove(inbox(odd), MessageId::trusted("x\nremove")).value());
  CHECK(!(*reader)->remove(inbox(std::string(5000, 'x')), *b).value());
  writer->reset();
  CHECK((*reader)->remove(inbox(odd), *b).value());
  CHECK(!(*reader)->remove(inbox(odd), *b).value());
  CHECK(shown(**reader, odd).empty());
  CHECK((*reader)->stats()->messages == 0);
  CHECK(world.open());  // the reader has let go of the lock
}

TEST_CASE("sqlite link: lines that are none get an error, and do nothing") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  auto writer = world.open();
  REQUIRE(writer);
  const auto id = put_one(**writer, delivery(world.clock.now(), {"bob"}));
  REQUIRE(id);
  const struct {
    std::string line, reply;
  } cases[] = {
      {"", "error invalid unknown command"},
      {"purge", "error invalid unknown command"},
      {"remove", "error invalid not a message id"},
      {"remove 62", "error invalid not a message id"},
      {"remove 626 " + id->text(), "error invalid not hexadecimal"},
      {"remove zz " + id->text(), "error invalid not hexadecimal"},
      {"remove -1 " + id->text(), "error invalid not hexadecimal"},
      {"remove 626f62 ../../etc/passwd", "error invalid not a message id"},
      {"remove 626f62 " + id->text() + " now", "error invalid too many words"},
      {"remove 626f63 " + id->text(), "ok 0"},
      {"remove 626f62 " + id->text() + "\nremove 626f62 " + id->text(), "ok 1"},
  };
  Raw client(path);
  REQUIRE(client.connected());
  for (const auto& c : cases) {
    INFO(c.line);
    client.say(c.line + "\n");
    CHECK(client.hear() == c.reply);
  }
  CHECK(client.hear() == "ok 0");  // the second of the last two
  for (const char* wrong : {"removeall", "removeall 0", "removeall 1001", "removeall -1", "removeall 1 2"}) {
    INFO(wrong);
    client.say(std::string(wrong) + "\n");
    CHECK(client.hear() == "error invalid not a number of messages");
  }
  client.say("scrub now\n");
  CHECK(client.hear() == "error invalid unknown command");
  client.say("scrub\n");
  CHECK(client.hear() == "ok 1");
  client.say(std::string(3 * sqlite::kLine, 'x'));
  CHECK(client.hear() == "");  // hung up
}

TEST_CASE("sqlite link: many removals are one request, and one that is wrong does nothing") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  auto writer = world.open();
  REQUIRE(writer);
  const std::string longest(640, 'n');
  for (int i = 0; i < 10; ++i) REQUIRE(put_one(**writer, delivery(world.clock.now(), {longest})));
  std::vector<Spot> spots;
  for (ScanCursor cursor; !cursor.done();) {
    auto page = (*writer)->scan(cursor, 100);
    REQUIRE(page);
    for (Found& each : *page) spots.push_back(std::move(each.spot));
  }
  REQUIRE(spots.size() == 10);
  const std::string line = "62 " + spots[0].id.text() + " 1\n";
  for (const std::string& wrong : {line + "62 nothing 1\n", line + "zz\n", "scrub\n" + line}) {
    Raw client(path);
    client.say("removeall 3\n" + wrong + line);
    CHECK(client.hear().starts_with("error invalid "));
    CHECK(client.hear() == "");  // hung up: what follows is no command
  }
  CHECK((*writer)->stats()->messages == 10);
  while (spots.size() < kMostSpots) spots.push_back(spots.front());  // more than a socket holds at once
  CHECK(sqlite::ask_remove_all(path, spots) == 10u);
  CHECK((*writer)->stats()->messages == 0);
}

TEST_CASE("sqlite link: a writer that knows no removal of many says so, and is not taken for none") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  std::vector<Found> found;
  {
    auto writer = world.open();
    REQUIRE(put_one(**writer, delivery(world.clock.now(), {"bob"})));
    ScanCursor cursor;
    while (!cursor.done()) {
      auto page = (*writer)->scan(cursor, 100);
      REQUIRE(page);
      for (Found& each : *page) found.push_back(std::move(each));
    }
  }
  REQUIRE(found.size() == 1);
  const auto lock = sqlite::WriteLock::take(path, 1s);
  auto old =
      sqlite::LinkServer::start(path, {[](const mail::Inbox&, const MessageId&) -> Result<bool> { return true; }});
  REQUIRE(old);
  auto reader = world.open(Role::reader);
  REQUIRE(reader);
  const auto removed = (*reader)->remove_all({&found[0].spot, 1});
  REQUIRE(!removed);
  CHECK(removed.error().code == Code::unavailable);
  CHECK_THAT(removed.error().what, Contains("is being written by process") && Contains("unknown command"));
  CHECK((*reader)->stats()->messages == 1);
}

TEST_CASE("sqlite link: those who stall are dropped, and do not keep others out for long") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  auto writer = world.open();
  REQUIRE(writer);
  std::vector<std::unique_ptr<Raw>> stalled;
  for (std::size_t i = 0; i < sqlite::kLinkClients; ++i) {
    stalled.push_back(std::make_unique<Raw>(path));
    REQUIRE(stalled.back()->connected());
    stalled.back()->say("remove ");
  }
  Raw late(path);
  REQUIRE(late.connected());
  late.say("remove 62 " + MessageId::make(world.clock.now()).text() + "\n");
  CHECK(late.hear() == "ok 0");
  CHECK(stalled.front()->hear() == "");
}

TEST_CASE("sqlite link: folders and names that are too long for a socket") {
  const struct {
    std::string name;
    bool reachable;
  } cases[] = {{std::string(120, 'd') + "/mail.db", true}, {std::string(150, 'n') + ".db", false}};
  for (const auto& c : cases) {
    World world("sqlite");
    world.options.url = "sqlite:" + world.folder.path(c.name);
    auto writer = world.open();
    REQUIRE(writer);
    const auto id = put_one(**writer, delivery(world.clock.now(), {"bob"}));
    REQUIRE(id);
    auto reader = world.open(Role::reader);
    REQUIRE(reader);
    const auto removed = (*reader)->remove(inbox("bob"), *id);
    CHECK(removed.has_value() == c.reachable);
    if (!removed) CHECK(removed.error().code == Code::unavailable);
    if (!removed) CHECK_THAT(removed.error().what, Contains("is being written by process") && Contains("too long"));
    writer->reset();
    CHECK((*reader)->remove(inbox("bob"), *id).value() != c.reachable);
  }
}

TEST_CASE("sqlite link: a dead writer's socket is no obstacle") {
  World world("sqlite");
  const std::string path = world.folder.path("mail.db");
  const FileDescriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, (path + ".sock").c_str(), sizeof name.sun_path - 1);
  REQUIRE(::bind(dead.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  REQUIRE(sqlite::ask_remove(path, inbox("bob"), MessageId::make(world.clock.now())).error().code == Code::not_found);
  auto writer = world.open();
  REQUIRE(writer);
  CHECK(sqlite::ask_remove(path, inbox("bob"), MessageId::make(world.clock.now())) == false);
}

TEST_CASE("sqlite link: a removal that throws costs those who are there, not the process") {
  const Folder folder;
  const std::string path = folder.path("mail.db");
  int calls = 0;
  auto server = sqlite::LinkServer::start(path, {[&calls](const mail::Inbox&, const MessageId&) -> Result<bool> {
                                            if (++calls == 1) throw std::bad_alloc();
                                            return true;
                                          }});
  REQUIRE(server);
  const MessageId id = MessageId::make(from_millis(0));
  const Result<bool> first = sqlite::ask_remove(path, mail::Inbox::trusted("bob"), id);
  REQUIRE_FALSE(first);
  CHECK(first.error().code == Code::unavailable);
  CHECK(sqlite::ask_remove(path, mail::Inbox::trusted("bob"), id).value());
}
