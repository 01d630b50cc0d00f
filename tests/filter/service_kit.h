/// service_kit.h: a service over HTTP, on the loop of a test.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "service/request.h"

namespace maildrop::filter::test {

/// Answers each request at once, or when a test says so.
class Service {
 public:
  explicit Service(boost::asio::io_context& loop)
      : acceptor_(loop, {boost::asio::ip::address_v4::loopback(), 0}), port_(acceptor_.local_endpoint().port()) {
    accept();
  }
  void close() {
    acceptor_.close();
    for (Peer& peer : peers_) peer.socket.close();  // what reads ends later, and needs its buffer until then
  }
  void answer() {
    for (Peer& peer : peers_) boost::asio::write(peer.socket, boost::asio::buffer(says));
  }
  std::shared_ptr<const service::Request> request() const {
    const std::string url = "http://127.0.0.1:" + std::to_string(port_) + "/";
    return std::make_shared<const service::Request>(service::HttpRequest{*service::HttpUrl::parse(url)});
  }

  std::atomic<bool> silent = false;
  std::atomic<unsigned> requests = 0;
  std::string says = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7";

 private:
  struct Peer {
    explicit Peer(boost::asio::ip::tcp::socket s) : socket(std::move(s)) {}
    boost::asio::ip::tcp::socket socket;
    boost::asio::streambuf input;
  };

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      read(peers_.emplace_back(std::move(socket)));
      accept();
    });
  }
  void read(Peer& peer) {
    const auto heard = [this, &peer](boost::system::error_code error, std::size_t size) {
      if (error) return;
      peer.input.consume(size);
      ++requests;
      if (!silent) boost::asio::write(peer.socket, boost::asio::buffer(says));
      read(peer);
    };
    boost::asio::async_read_until(peer.socket, peer.input, "\r\n\r\n", heard);
  }

  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::list<Peer> peers_;
};

}  // namespace maildrop::filter::test
