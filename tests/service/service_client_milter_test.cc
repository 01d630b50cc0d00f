/// service_client_milter_test.cc: a client before a milter, whose protocol has many steps.
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "service/milter_packets.h"
#include "service/service_client.h"

using namespace maildrop;
using namespace maildrop::service;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds kPatience{10};

/// A milter on a loop, for one client: answers each command, the end of the message with what the test wants.
class Milter {
 public:
  Milter(asio::io_context& loop, std::string at_end)
      : acceptor_(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), socket_(loop), at_end_(std::move(at_end)) {
    acceptor_.async_accept(socket_, [this](boost::system::error_code error) {
      if (!error) read();
    });
  }
  Endpoint endpoint() const {
    return *Endpoint::parse("127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()));
  }

  std::string heard{};  // commands
  std::size_t body = 0;

 private:
  void read() {
    socket_.async_read_some(asio::buffer(input_), [this](boost::system::error_code error, std::size_t size) {
      if (error) return;
      packets_.feed({input_.data(), size});
      std::string answers;
      while (const auto packet = *packets_.next()) {
        heard += packet->command;
        if (packet->command == 'B') body += packet->data.size();
        if (packet->command == 'O') append_packet(answers, 'O', {four_bytes(6), four_bytes(0), four_bytes(0)});
        if (packet->command == 'E') answers += at_end_;
        if (std::string_view("ODEQ").find(packet->command) == std::string_view::npos) append_packet(answers, 'c');
      }
      boost::system::error_code ignored;
      asio::write(socket_, asio::buffer(answers), ignored);
      read();
    });
  }

  tcp::acceptor acceptor_;
  tcp::socket socket_;
  std::string at_end_;
  MilterPacketReader packets_;
  std::array<char, 10'000> input_{};
};

/// What comes of a message of that size before a milter that ends with `at_end`; and what the milter heard.
std::pair<Result<service::Answer>, std::string> ask_milter(const std::string& text, const std::string& at_end,
                                                           std::chrono::milliseconds time = kPatience) {
  asio::io_context loop{1};
  Milter milter(loop, at_end);
  ServiceClient client(loop);
  MilterRequest request{milter.endpoint()};
  request.from = "<>";
  request.to = {"<bob@localhost>"};
  Result<service::Answer> said = fail(Code::internal, "nothing");
  bool over = false;
  const ServiceCall call = client.ask(std::make_shared<const Request>(request), &text, {},
                                      std::chrono::steady_clock::now() + time, [&](Result<service::Answer> answer) {
                                        said = std::move(answer);
                                        over = true;
                                      });
  const auto end = std::chrono::steady_clock::now() + kPatience;
  const auto runs = [&] { return !over || (said && !milter.heard.ends_with('Q')); };
  while (runs() && std::chrono::steady_clock::now() < end) loop.run_one_for(kPatience);
  CHECK(milter.body == (said ? text.size() : milter.body));
  return {std::move(said), milter.heard};
}

}  // namespace

TEST_CASE("a milter is asked step by step, and told that it is over") {
  std::string reject;
  append_packet(reject, 'y', {"550 5.7.1 no"});
  const auto [said, heard] = ask_milter(std::string(200'000, 'x'), reject);
  REQUIRE(said);
  const auto& answer = std::get<MilterAnswer>(*said);
  CHECK((answer.says == MilterAnswer::Says::reject && answer.text == "5.7.1 no"));
  CHECK(heard == "ODCHMDRTNBBBBEQ");
}

TEST_CASE("a milter that says nothing, or nonsense, is not waited for for ever") {
  const auto silent = ask_milter("x", "", std::chrono::milliseconds(50)).first;
  REQUIRE_FALSE(silent);
  CHECK(silent.error().code == Code::timed_out);
  const auto nonsense = ask_milter("x", "250 2.0.0 fine").first;
  REQUIRE_FALSE(nonsense);
  CHECK(nonsense.error().code == Code::invalid);
}
