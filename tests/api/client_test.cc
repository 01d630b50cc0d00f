/// client_test: the client against our own server, and against servers that mean harm.
#include "api/client.h"

#include <catch2/catch.hpp>
#include <thread>

#include "api/wire.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

mail::Inbox inbox(const std::string& name) { return mail::Inbox::trusted(name); }
store::MessageId id(const std::string& text) { return store::MessageId::trusted(text); }

/// Answers each connection with the same bytes, whatever it is asked; with a pause after each byte if there is one.
class Liar {
 public:
  explicit Liar(std::string answer, int pause_ms = 0)
      : pause_ms_(pause_ms),
        listeners_(service::open_listeners({Endpoint::parse("127.0.0.1:0").value()}, 1).value()),
        answer_(std::move(answer)),
        thread_([this] { run(); }) {}
  ~Liar() {
    shutdown(fd(), SHUT_RDWR);
    thread_.join();
  }
  std::string url() const { return "http://" + listeners_[0][0].name(); }

 private:
  int fd() const { return listeners_[0][0].fd(); }
  void run() {
    pollfd wait{fd(), POLLIN, 0};
    while (poll(&wait, 1, 10'000) > 0) {
      const int peer = accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      char request[4096];
      [[maybe_unused]] const ssize_t got = recv(peer, request, sizeof request, 0);
      for (std::size_t at = 0; at < answer_.size();) {
        const std::size_t size = pause_ms_ > 0 ? 1 : answer_.size() - at;
        const ssize_t sent = send(peer, answer_.data() + at, size, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at += static_cast<std::size_t>(sent);
        if (pause_ms_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms_));
      }
      close(peer);
    }
  }

  int pause_ms_;
  service::ListenersByLoop listeners_;
  std::string answer_;
  std::thread thread_;
};

std::string answer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
         body;
}

/// Takes connections at several loopback addresses and one port, until its queue is full: who comes then waits.
class BlackHole {
 public:
  BlackHole(const std::vector<std::string>& addresses, std::uint16_t port) {
    for (const std::string& each : addresses) {
      sockaddr_in at{};
      at.sin_family = AF_INET;
      at.sin_port = htons(port);
      inet_pton(AF_INET, each.c_str(), &at.sin_addr);
      const int listener = fds_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      good_ = good_ && bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 && listen(listener, 0) == 0;
      for (int i = 0; i < 2; ++i) {
        const int client = fds_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        (void)connect(client, reinterpret_cast<sockaddr*>(&at), sizeof at);
      }
    }
  }
  ~BlackHole() {
    for (const int fd : fds_) close(fd);
  }
  bool good() const { return good_; }

 private:
  std::vector<int> fds_;
  bool good_ = true;
};

struct Lie {
  std::string name;
  std::string bytes;
  Code list;
};

const std::string kGood =
    R"({"messages":[{"id":"00000000000000000000000001","received":"2023-11-14T22:13:20.000Z","subject":7}]})";

const std::vector<Lie> kLies = {
    {"not JSON", answer("200 OK", "<html>"), Code::corrupt},
    {"not UTF-8", answer("200 OK", "{\"messages\":\"\xff\"}"), Code::corrupt},
    {"no list", answer("200 OK", R"({"messages":7})"), Code::corrupt},
    {"an array", answer("200 OK", "[]"), Code::corrupt},
    {"numbers for messages", answer("200 OK", R"({"messages":[7]})"), Code::corrupt},
    {"an id that is a path",
     answer("200 OK", R"({"messages":[{"id":"../../../../etc/passwd/xxxxxx","received":"2023-11-14T22:13:20.000Z"}]})"),
     Code::corrupt},
    {"no time", answer("200 OK", R"({"messages":[{"id":"00000000000000000000000001"}]})"), Code::corrupt},
    {"no such day",
     answer("200 OK", R"({"messages":[{"id":"00000000000000000000000001","received":"2023-02-30T00:00:00.000Z"}]})"),
     Code::corrupt},
    {"deep", answer("200 OK", std::string(100'000, '[')), Code::corrupt},
    {"another service", answer("404 Not Found", "{}"), Code::not_found},
    {"elsewhere", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Code::corrupt},
    {"reserved", answer("403 Forbidden", "{}"), Code::invalid},
    {"refused", answer("400 Bad Request", "{}"), Code::invalid},
    {"no such method", answer("405 Method Not Allowed", "{}"), Code::invalid},
    {"slow", answer("408 Request Timeout", "{}"), Code::timed_out},
    {"long", answer("414 URI Too Long", "{}"), Code::invalid},
    {"long header", answer("431 Request Header Fields Too Large", "{}"), Code::invalid},
    {"another host", answer("421 Misdirected Request", "{}"), Code::invalid},
    {"too many", answer("429 Too Many Requests", "{}"), Code::over_limit},
    {"down", answer("503 Service Unavailable", "{}"), Code::unavailable},
    {"hangs up", "", Code::unavailable},
    {"not HTTP", "220 mail.example ESMTP\r\n", Code::unavailable},
    {"endless", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + std::string(17u << 20, ' '), Code::corrupt},
};

}  // namespace

TEST_CASE("client: what the server keeps") {
  Site site;
  std::string bytes = "Subject: x\r\n\r\n";
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  site.world.store.add("b\xc3\xbc+b", message(kFirstId, "x", bytes));
  site.start();
  const auto opened = open_client("http://127.0.0.1:" + std::to_string(site.port));
  REQUIRE(opened);
  store::Inboxes& there = **opened;

  const auto list = there.list(inbox("bob"), {});
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK((*list)[0].id.text() == kSecondId);
  CHECK((*list)[0].subject == "second");
  CHECK((*list)[0].from == "alice@example.org");
  CHECK((*list)[0].header_from == "Alice <alice@example.org>");
  CHECK((*list)[0].to == "Bob+shop@example.test");
  CHECK((*list)[0].helo == "mx.example.org");
  CHECK((*list)[0].peer == "192.0.2.7");
  CHECK((*list)[0].received == from_millis(1'700'000'000'123));
  CHECK((*list)[0].date == from_millis(1'699'999'990'000));
  CHECK((*list)[0].size == 58);
  CHECK(there.list(inbox("bob"), {1, 0})->size() == 1);
  CHECK(there.list(inbox("bob"), {1, 1})->front().id.text() == kFirstId);
  CHECK(there.list(inbox("bob"), {0, 0})->empty());
  CHECK(there.list(inbox("nobody"), {})->empty());

  const auto one = there.get(inbox("bob"), id(kFirstId));
  REQUIRE(one);
  CHECK(one->summary.subject == "first");
  CHECK(one->data == "Subject: first\r\nFrom: Alice <alice@example.org>\r\n\r\nhello\r\n");
  CHECK(there.get(inbox("bob"), id(kUnknownId)).error().code == Code::not_found);

  CHECK_FALSE(there.remove(inbox("bob"), id(kUnknownId)).value());
  CHECK(site.world.store.count("bob") == 2);
  CHECK(there.remove(inbox("bob"), id(kFirstId)).value());
  CHECK(site.world.store.count("bob") == 1);
  CHECK(there.list(inbox("postmaster"), {}).error().code == Code::invalid);
}

TEST_CASE("client: what filters made of a message, and who is shown it") {
  Site site;
  store::Message judged = message("00000000000000000000000003", "judged", "\r\n");
  judged.summary.mark = store::Mark::quarantine;
  judged.summary.score = 7.1f;
  site.world.store.add("bob", judged);
  site.start();
  const auto opened = open_client("http://127.0.0.1:" + std::to_string(site.port));
  REQUIRE(opened);
  store::Inboxes& there = **opened;
  using store::Quarantined;
  const auto hidden = there.list(inbox("bob"), {});
  REQUIRE(hidden);
  CHECK(hidden->size() == 2);
  CHECK(hidden->front().mark == store::Mark::none);
  CHECK_FALSE(hidden->front().score);
  CHECK(there.list(inbox("bob"), {.quarantined = Quarantined::shown})->size() == 3);
  const auto second = there.list(inbox("bob"), {.limit = 1, .offset = 1, .quarantined = Quarantined::shown});
  REQUIRE(second->size() == 1);
  CHECK(second->front().id.text() == kSecondId);
  const auto only = there.list(inbox("bob"), {.quarantined = Quarantined::only});
  REQUIRE(only->size() == 1);
  CHECK(only->front().mark == store::Mark::quarantine);
  CHECK(only->front().score == 7.1f);
  CHECK(there.get(inbox("bob"), judged.summary.id)->summary.score == 7.1f);
}

TEST_CASE("client: what filters found arrives as it was kept") {
  Site site;
  store::Message judged = message("00000000000000000000000003", "judged", "\r\n");
  judged.verdicts =
      "1\ttag\t7.25\nconnect\taccess\tenforce\treject\t7\ta\t12\twhy\tA x = 192.0.2.1\nhelo\t-\taccess\tspf\n";
  site.world.store.add("bob", judged);
  site.start();
  const auto opened = open_client("http://127.0.0.1:" + std::to_string(site.port));
  REQUIRE(opened);
  CHECK((*opened)->verdicts(inbox("bob"), judged.summary.id) == judged.verdicts);
  const auto none = (*opened)->verdicts(inbox("bob"), store::MessageId::trusted(kFirstId));
  REQUIRE_FALSE(none);
  CHECK(none.error().code == Code::not_found);
}

TEST_CASE("client: what a server's filters hear of the DNS, if it tells us") {
  Site site;
  const AskDns ask = [](const std::string& name, const std::string& type) { return type + " of " + name; };
  site.world.context.ask_dns = &ask;
  site.world.config.api.dns = true;
  site.start();
  const std::string url = "http://127.0.0.1:" + std::to_string(site.port);
  CHECK(open_client(url).value()->ask_dns("100% a?b.example", "MX") == "MX of 100% a?b.example");
  const auto elsewhere = open_client(url + "/prefix").value()->ask_dns("x.example", "MX");
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().code == Code::not_found);
  CHECK_THAT(elsewhere.error().what, Catch::Contains("127.0.0.1:") && Catch::Contains("tells nothing of the DNS"));
}

TEST_CASE("client: a server's statistics, and none of one that has none or lies") {
  const auto ask = [](const std::string& said) {
    const Liar server(said);
    return (*open_client(server.url()))->statistics(2);
  };
  const auto plot = ask(answer("200 OK", R"({"since":null,"first":"2023-11-14T22:00:00.000Z","hours":2,"series":[)"
                                         R"({"group":"","name":"stored","total":5,"counts":[1,2]}]})"));
  REQUIRE(plot);
  CHECK(plot->find("", "stored")->counts == std::vector<std::uint64_t>{1, 2});
  CHECK(ask(answer("404 Not Found", "{}")).error().code == Code::not_found);
  CHECK(ask(answer("503 Service Unavailable", "{}")).error().code == Code::unavailable);
  CHECK(ask(answer("200 OK", "{}")).error().code == Code::corrupt);
  CHECK(ask(answer("200 OK", "<html>")).error().code == Code::corrupt);
}

TEST_CASE("client: a mark or score that cannot be is none") {
  for (const char* told : {R"("mark":"good","score":1e300)", R"("mark":7,"score":"7")", R"("score":null)"}) {
    Liar liar(answer("200", R"({"messages":[{"id":"00000000000000000000000001",)"
                            R"("received":"2023-11-14T22:13:20.123Z",)" +
                                std::string(told) + "}]}"));
    const auto list = open_client(liar.url()).value()->list(inbox("bob"), {});
    REQUIRE(list);
    CHECK(list->front().mark == store::Mark::none);
    CHECK_FALSE(list->front().score);
  }
}

TEST_CASE("client: names and bytes of all kinds arrive as they are") {
  Site site;
  std::string bytes = "Subject: x\r\n\r\n";
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  site.world.config.inbox.plus_tag = InboxSettings::PlusTag::keep;
  site.world.store.add("b\xc3\xbc+b=1", message(kFirstId, "x", bytes));
  site.start();
  const auto there = open_client("http://127.0.0.1:" + std::to_string(site.port) + "/");
  REQUIRE(there);
  const auto got = (*there)->get(inbox("b\xc3\xbc+b=1"), id(kFirstId));
  REQUIRE(got);
  CHECK(got->data == bytes);
}

TEST_CASE("client: a server that is down or refuses") {
  Site site;
  site.world.store.failure = Error{Code::unavailable, "x"};
  site.start();
  const auto there = open_client("http://127.0.0.1:" + std::to_string(site.port));
  REQUIRE(there);
  CHECK((*there)->list(inbox("bob"), {}).error().code == Code::unavailable);
  CHECK((*there)->get(inbox("bob"), id(kFirstId)).error().code == Code::unavailable);
  CHECK((*there)->remove(inbox("bob"), id(kFirstId)).error().code == Code::unavailable);
  const auto nowhere = open_client("http://127.0.0.1:1");
  REQUIRE(nowhere);
  CHECK((*nowhere)->list(inbox("bob"), {}).error().code == Code::unavailable);
}

TEST_CASE("client: a server that does not serve its host says where to look") {
  Site site;
  site.world.config.api.hosts = {"mail.example"};
  site.start();
  const auto there = open_client("http://127.0.0.1:" + std::to_string(site.port));
  REQUIRE(there);
  const auto list = (*there)->list(inbox("bob"), {});
  REQUIRE_FALSE(list);
  CHECK_FALSE(is_transient(list.error().code));
  CHECK(list.error().what ==
        "the server does not serve '127.0.0.1:" + std::to_string(site.port) + "': see its api.hosts");
}

TEST_CASE("client: a server that lies is not believed") {
  for (const Lie& each : kLies) {
    INFO(each.name);
    const Liar liar(each.bytes);
    const auto there = open_client(liar.url());
    REQUIRE(there);
    const auto list = (*there)->list(inbox("bob"), {});
    REQUIRE_FALSE(list);
    CHECK(list.error().code == each.list);
  }
  const Liar odd(answer("200 OK", kGood));
  const auto there = open_client(odd.url());
  const auto list = (*there)->list(inbox("bob"), {});
  REQUIRE(list);
  CHECK(list->front().subject.empty());  // a number is no subject
  CHECK((*there)->get(inbox("bob"), id(kFirstId)).error().code == Code::corrupt);
}

TEST_CASE("client: no call goes on after its end") {
  using Steady = std::chrono::steady_clock;
  const std::string drip = "HTTP/1.1 200 OK\r\nX: " + std::string(200, 'x');
  const std::string drip_body = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(200, 'x');
  for (const std::string& bytes : {drip, drip_body}) {
    const Liar liar(bytes, 20);
    const auto there = open_client(liar.url());
    REQUIRE(there);
    const auto start = Steady::now();
    (*there)->end_by(start + std::chrono::milliseconds(300));
    const auto list = (*there)->list(inbox("bob"), {});
    REQUIRE_FALSE(list);
    CHECK(list.error().code == Code::timed_out);
    CHECK((*there)->remove(inbox("bob"), id(kFirstId)).error().code == Code::timed_out);  // no time left
    CHECK(Steady::now() - start < std::chrono::seconds(2));
  }
}

TEST_CASE("client: the addresses of a host share its time, and its name stays the Host") {
  using Steady = std::chrono::steady_clock;
  Site site;
  site.world.config.api.hosts = {"mail.example"};
  site.start();
  const std::vector<std::string> holes = {"127.0.0.2", "127.0.0.3", "127.0.0.4"};
  const BlackHole hole(holes, site.port);
  REQUIRE(hole.good());
  const std::string url = "http://mail.example:" + std::to_string(site.port);
  const auto start = Steady::now();
  SECTION("when none answers") {
    const auto there = open_client(url, [&holes](const std::string&) { return holes; });
    REQUIRE(there);
    (*there)->end_by(start + std::chrono::milliseconds(600));
    const auto list = (*there)->list(inbox("bob"), {});
    REQUIRE_FALSE(list);
    CHECK(list.error().code == Code::timed_out);
    CHECK(Steady::now() - start < std::chrono::milliseconds(1200));
  }
  SECTION("when the last one does") {
    int looks = 0;
    const auto there = open_client(url, [&looks](const std::string& host) {
      CHECK(host == "mail.example");
      ++looks;
      return std::vector<std::string>{"127.0.0.2", "127.0.0.1"};
    });
    REQUIRE(there);
    (*there)->end_by(start + std::chrono::seconds(2));
    CHECK((*there)->list(inbox("bob"), {}));
    CHECK((*there)->list(inbox("bob"), {}));
    CHECK(looks == 1);  // the connection was kept
  }
}

TEST_CASE("client: names and numbers of hosts") {
  CHECK(resolve("127.0.0.1").value() == std::vector<std::string>{"127.0.0.1"});
  CHECK(resolve("::1").value() == std::vector<std::string>{"::1"});
  CHECK(resolve("no such name").error().code == Code::unavailable);
}

TEST_CASE("client: URLs") {
  for (const std::string url :
       {"http://127.0.0.1", "http://127.0.0.1:80", "http://[::1]:8080", "http://mail.example/x/"}) {
    INFO(url);
    CHECK(open_client(url));
  }
  for (const std::string url :
       {"", "127.0.0.1", "https://mail.example", "ftp://x", "http://", "http://:80", "http://x:0", "http://x:65536",
        "http://x:1x", "http://x:", "http://u@x", "http://x?y", "http://x/#y", "http://x/a b", "http://x/\r\nX: y"}) {
    INFO(url);
    const auto opened = open_client(url);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::invalid);
  }
}
