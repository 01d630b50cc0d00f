/// service_client_test.cc: a client before a server that does what a test says.
#include "service/service_client.h"

#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <list>

#include "allocations.h"

using namespace maildrop;
using namespace maildrop::service;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds kPatience{10};
const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// On the same loop as the client: accepts, reads a request each time, and answers what the test has laid out.
template <class Protocol>
class Server {
 public:
  struct Peer {
    explicit Peer(typename Protocol::socket s) : socket(std::move(s)) {}
    typename Protocol::socket socket;
    asio::streambuf input;
    unsigned requests = 0;
  };
  using Answer = std::function<std::string(Peer&)>;  // empty: none; the peer may be closed

  Server(asio::io_context& loop, typename Protocol::endpoint at, Answer answer)
      : acceptor_(loop, at), answer_(std::move(answer)) {
    accept();
  }
  auto endpoint() const { return acceptor_.local_endpoint(); }
  void close() {
    acceptor_.close();
    close_peers();
  }
  void close_peers() {
    for (Peer& peer : peers) peer.socket.close();
  }

  std::list<Peer> peers;
  unsigned requests = 0;

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, typename Protocol::socket socket) {
      if (error) return;
      read(peers.emplace_back(std::move(socket)));
      accept();
    });
  }
  void read(Peer& peer) {
    asio::async_read_until(peer.socket, peer.input, "\r\n\r\n", [&](boost::system::error_code error, std::size_t size) {
      if (error) return;
      peer.input.consume(size);
      ++requests;
      ++peer.requests;
      const std::string text = answer_(peer);
      if (!peer.socket.is_open()) return;
      boost::system::error_code ignored;
      asio::write(peer.socket, asio::buffer(text), ignored);
      read(peer);
    });
  }

  typename Protocol::acceptor acceptor_;
  Answer answer_;
};
using TcpServer = Server<tcp>;

std::string shown(const service::Answer& answer) {
  const auto& http = std::get<HttpAnswer>(answer);
  return std::to_string(http.status) + " " + http.body;
}

struct Bench {
  explicit Bench(TcpServer::Answer answer, const ServiceClient::Limits& limits = {})
      : server(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0), std::move(answer)),
        client(std::make_unique<ServiceClient>(loop, limits)) {}

  /// `200 hello`, or what the error says; "" as long as there is nothing.
  struct Asked {
    std::string said;
    ServiceCall call;
  };
  Asked& ask(std::chrono::milliseconds time = kPatience, std::string url = "", const IpAddress& source = {}) {
    if (url.empty()) url = "http://127.0.0.1:" + std::to_string(server.endpoint().port()) + "/x";
    Asked& one = asked.emplace_back();
    const auto request = std::make_shared<const Request>(HttpRequest{*HttpUrl::parse(url)});
    one.call = client->ask(request, nullptr, source, std::chrono::steady_clock::now() + time,
                           [&](Result<service::Answer> answer) {
                             CHECK(one.said.empty());
                             one.said = answer ? shown(*answer) : answer.error().what;
                           });
    CHECK(one.said.empty());
    return one;
  }
  /// Runs until that is so.
  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    loop.restart();
    while (!done() && std::chrono::steady_clock::now() < end) loop.run_one_for(kPatience);
    REQUIRE(done());
  }
  std::string answer(Asked& one) {
    run_until([&] { return !one.said.empty(); });
    return one.said;
  }
  std::string get() { return answer(ask()); }

  asio::io_context loop{1};
  TcpServer server;
  std::unique_ptr<ServiceClient> client;
  std::list<Asked> asked;
};

std::string hello(TcpServer::Peer&) { return kHello; }
std::string nothing(TcpServer::Peer&) { return ""; }

}  // namespace

TEST_CASE("answers come, one after the other on one connection") {
  Bench bench(hello);
  for (int i = 0; i < 3; ++i) CHECK(bench.get() == "200 hello");
  CHECK(bench.server.peers.size() == 1);
  CHECK(bench.server.requests == 3);
}

TEST_CASE("a unix socket serves as well") {
  const std::string path = std::filesystem::temp_directory_path() / ("service_client_test." + std::to_string(getpid()));
  Bench bench(hello);
  Server<asio::local::stream_protocol> server(bench.loop, {path}, [](auto&) { return kHello; });
  CHECK(bench.answer(bench.ask(kPatience, "unix:" + path)) == "200 hello");
  CHECK(server.requests == 1);
  std::filesystem::remove(path);
}

TEST_CASE("no more connections than are allowed, and a queue that ends") {
  std::vector<TcpServer::Peer*> held;
  Bench bench(
      [&](TcpServer::Peer& peer) {
        held.push_back(&peer);
        return std::string();
      },
      {.connections = 2, .waiting = 3});
  for (int i = 0; i < 6; ++i) bench.ask();
  CHECK(bench.answer(bench.asked.back()) == "too many requests wait for an answer");
  for (std::size_t answered = 0; answered < 5; ++answered) {
    bench.run_until([&] { return held.size() > answered; });
    asio::write(held[answered]->socket, asio::buffer(kHello));
  }
  for (int i = 0; i < 5; ++i) CHECK(bench.answer(*std::next(bench.asked.begin(), i)) == "200 hello");
  CHECK(bench.server.peers.size() == 2);
}

TEST_CASE("one source has its share of connections and places, and others find some") {
  std::vector<TcpServer::Peer*> held;
  Bench bench(
      [&](TcpServer::Peer& peer) {
        held.push_back(&peer);
        return std::string();
      },
      {.connections = 2, .waiting = 4});
  const IpAddress slow = *IpAddress::parse("192.0.2.1"), other = *IpAddress::parse("192.0.2.2");
  for (int i = 0; i < 4; ++i) bench.ask(kPatience, "", slow);
  CHECK(bench.answer(bench.asked.back()) == "too many requests wait for an answer");
  CHECK((bench.asked.front().call.begun() && !bench.asked.back().call.begun()));
  auto& begun = bench.ask(kPatience, "", other);
  CHECK(begun.call.begun());
  auto& late = bench.ask(std::chrono::milliseconds(20), "", other);
  CHECK(bench.answer(late) == "no connection was free in time");
  CHECK_FALSE(late.call.begun());
  bench.run_until([&] { return held.size() == 2; });
  asio::write(held[0]->socket, asio::buffer(kHello));
  bench.run_until([&] { return held.size() == 3; });
  CHECK(std::next(bench.asked.begin())->call.begun());
}

TEST_CASE("a unix socket whose backlog is full is tried again") {
  const std::string path = std::filesystem::temp_directory_path() / ("service_backlog." + std::to_string(getpid()));
  Bench bench(hello);
  using local = asio::local::stream_protocol;
  local::acceptor full(bench.loop, local::endpoint(path), false);
  full.listen(0);
  local::socket first(bench.loop);
  first.connect({path});
  auto& late = bench.ask(std::chrono::milliseconds(30), "unix:" + path);
  CHECK(bench.answer(late) == "no answer in time");
  auto& waits = bench.ask(kPatience, "unix:" + path);
  bench.loop.restart();
  bench.loop.run_for(std::chrono::milliseconds(30));
  CHECK(waits.said.empty());
  full.accept();  // there is a place now
  local::socket accepted(bench.loop);
  full.async_accept(accepted, [&](boost::system::error_code) { asio::write(accepted, asio::buffer(kHello)); });
  CHECK(bench.answer(waits) == "200 hello");
  std::filesystem::remove(path);
}

TEST_CASE("a connection that died while it waited costs a second try, and one that dies with a request does not") {
  Bench bench([](TcpServer::Peer& peer) {
    if (peer.requests == 2) peer.socket.close();
    return kHello;
  });
  CHECK(bench.get() == "200 hello");
  CHECK(bench.get() == "200 hello");  // the second request of the first connection, and the first of the next
  CHECK(bench.server.requests == 3);
  Bench dead([](TcpServer::Peer& peer) {
    peer.socket.close();
    return std::string();
  });
  CHECK(dead.get() == "the connection ended before the answer");
  CHECK(dead.server.requests == 1);
}

TEST_CASE("when something of an answer has come there is no second try") {
  Bench bench([](TcpServer::Peer& peer) {
    if (peer.requests == 1) return kHello;
    asio::write(peer.socket, asio::buffer("HTTP/1.1 2", 10));
    peer.socket.close();
    return std::string();
  });
  CHECK(bench.get() == "200 hello");
  CHECK(bench.get() == "the connection ended before the answer");
  CHECK(bench.server.requests == 2);
}

TEST_CASE("an idle connection that is closed is not used again") {
  Bench bench(hello);
  CHECK(bench.get() == "200 hello");
  bench.server.peers.front().socket.close();
  CHECK(bench.get() == "200 hello");
  CHECK(bench.server.requests == 2);
}

TEST_CASE("who says something that was not asked is not asked again") {
  Bench bench([](TcpServer::Peer&) { return kHello + kHello; });
  CHECK(bench.get() == "200 hello");
  CHECK(bench.get() == "200 hello");
  CHECK(bench.server.peers.size() == 2);
}

TEST_CASE("nobody waits longer than he said, and his connection is no more") {
  Bench bench(nothing);
  CHECK(bench.answer(bench.ask(std::chrono::milliseconds(20))) == "no answer in time");
  CHECK(bench.answer(bench.ask(std::chrono::milliseconds(20))) == "no answer in time");
  CHECK(bench.server.peers.size() == 2);
}

TEST_CASE("nobody hears of a request that is broken off, and the next one has its place") {
  bool silent = true;
  Bench bench([&](TcpServer::Peer&) { return silent ? std::string() : kHello; }, {.connections = 1});
  auto& first = bench.ask();
  auto& waits = bench.ask();
  auto& last = bench.ask();
  bench.run_until([&] { return bench.server.requests == 1; });
  silent = false;
  waits.call = {};
  first.call = {};
  CHECK(bench.answer(last) == "200 hello");
  CHECK((first.said.empty() && waits.said.empty()));
}

TEST_CASE("where nobody is, and what is no HTTP or too large, is an error") {
  Bench bench(nothing);
  const auto port = std::to_string(bench.server.endpoint().port());
  bench.server.close();
  CHECK(bench.answer(bench.ask(kPatience, "http://127.0.0.1:" + port)).starts_with("cannot connect: "));
  CHECK(bench.answer(bench.ask(kPatience, "unix:/nonexistent/x")).starts_with("cannot connect: "));
  Bench garbage([](TcpServer::Peer&) { return "220 mail.example.com ESMTP\r\n\r\n"; });
  CHECK(garbage.get().starts_with("the answer is not HTTP: "));
  Bench large([](TcpServer::Peer&) { return "HTTP/1.1 200 OK\r\n\r\n" + std::string(70'000, 'x'); });
  CHECK(large.get() == "the answer is too large");
}

TEST_CASE("a server that refuses before it has read everything is heard") {
  Bench bench([](TcpServer::Peer&) { return "HTTP/1.1 413 Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"; });
  HttpRequest request{*HttpUrl::parse("http://127.0.0.1:" + std::to_string(bench.server.endpoint().port()))};
  request.between = HttpRequest::Between::plain;
  const std::string text(20'000'000, 'x');
  std::string said;
  const ServiceCall call = bench.client->ask(std::make_shared<const Request>(request), &text, {},
                                             std::chrono::steady_clock::now() + kPatience,
                                             [&](Result<service::Answer> answer) { said = answer ? "heard" : "not"; });
  bench.run_until([&] { return !said.empty(); });
  CHECK(said == "heard");
}

TEST_CASE("wherever memory runs out, the next one is answered") {
  ServiceClient::Limits limits;
  limits.connections = 1;
  Bench bench(hello, limits);
  std::size_t good = 0;

  SECTION("when somebody asks") {
    const std::string url = "http://127.0.0.1:" + std::to_string(bench.server.endpoint().port()) + "/x";
    const auto request = std::make_shared<const Request>(HttpRequest{*HttpUrl::parse(url)});
    for (bool failed = true; failed; ++good) {
      ServiceCall call;
      {
        const test::Allocations few(good);
        try {
          call = bench.client->ask(request, nullptr, {}, std::chrono::steady_clock::now() + kPatience,
                                   [](const Result<service::Answer>&) {});
        } catch (const std::bad_alloc&) {
        }
        failed = few.failed();
      }
      call = {};
      CHECK(bench.get() == "200 hello");
      bench.server.close_peers();
    }
    CHECK(good > 10);
  }
  SECTION("when somebody goes, and the next one has his place") {
    for (bool failed = true; failed; ++good) {
      Bench::Asked& first = bench.ask();
      bench.ask();
      {
        const test::Allocations few(good);
        first.call = {};
        failed = few.failed();
      }
      bench.asked.clear();
      CHECK(bench.get() == "200 hello");
    }
    CHECK(good > 5);
  }
}

TEST_CASE("when the client goes nobody hears anything, and the loop ends") {
  Bench bench(nothing);
  auto& one = bench.ask();
  bench.run_until([&] { return bench.server.requests == 1; });
  bench.client.reset();
  bench.server.close();
  bench.loop.restart();
  bench.loop.run_for(kPatience);
  CHECK(bench.loop.stopped());
  CHECK(one.said.empty());
}
