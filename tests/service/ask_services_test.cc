/// ask_services_test.cc: all answers, in the order of the questions, also where there is none.
#include "service/ask_services.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <thread>

using namespace maildrop;
using namespace maildrop::service;
using boost::asio::ip::tcp;

TEST_CASE("services are asked all at once") {
  boost::asio::io_context loop;
  tcp::acceptor answers(loop, {boost::asio::ip::address_v4::loopback(), 0});
  tcp::acceptor is_silent(loop, {boost::asio::ip::address_v4::loopback(), 0});
  std::string heard;
  std::thread server([&] {
    tcp::socket peer = answers.accept();
    boost::asio::streambuf input;
    boost::asio::read_until(peer, input, "the text");
    heard.assign(boost::asio::buffers_begin(input.data()), boost::asio::buffers_end(input.data()));
    boost::asio::write(peer, boost::asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")));
  });
  const auto question = [](const tcp::acceptor& at, Millis timeout) {
    HttpRequest request{*HttpUrl::parse("http://127.0.0.1:" + std::to_string(at.local_endpoint().port()) + "/")};
    request.between = HttpRequest::Between::plain;
    return Question{std::make_shared<const Request>(request), timeout};
  };
  const Question questions[] = {question(is_silent, Millis(50)), question(answers, std::chrono::seconds(10))};
  const auto said = ask_services(questions, "the text");
  server.join();
  REQUIRE(said.size() == 2);
  CHECK(said[0].error().code == Code::timed_out);
  REQUIRE(said[1]);
  CHECK(std::get<HttpAnswer>(*said[1]).body == "hello");
  CHECK(heard.starts_with("POST / HTTP/1.1\r\n"));
  CHECK(ask_services({}, "").empty());
}
