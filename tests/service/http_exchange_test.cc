/// http_exchange_test.cc: requests in pieces, and answers however they are split.
#include "service/http_exchange.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::service;
using Want = HttpAnswerReader::Want;
using namespace std::string_literals;

namespace {

HttpRequest request_with(HttpRequest::Between between) {
  HttpRequest request{*HttpUrl::parse("http://127.0.0.1/"), {}, "<"};
  request.between = between;
  request.rest = ">";
  return request;
}

/// The body that is sent, and the largest piece.
std::pair<std::string, std::size_t> sent(const HttpRequest& request, const std::string& text) {
  HttpRequestPieces pieces(request, text);
  std::string all;
  std::size_t largest = 0;
  for (auto piece = pieces.next(); piece && !piece->empty(); piece = pieces.next()) {
    all += *piece;
    largest = std::max(largest, piece->size());
  }
  CHECK(all.starts_with(request.head(text.size())));
  const std::string body = all.substr(all.find("\r\n\r\n") + 4);
  CHECK(body.size() == request.body_size(text.size()));
  return {body, largest};
}

/// `bytes` in pieces of that size; then the connection ends.
Result<HttpAnswer> read(std::string_view bytes, std::size_t size, const HttpAnswerReader::Limits& limits = {}) {
  HttpAnswerReader reader(limits);
  CHECK(reader.is_blank());
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const Result<Want> want = reader.consume(bytes.substr(at, size));
    if (!want) return tl::unexpected(want.error());
    CHECK_FALSE(reader.is_blank());
    if (*want == Want::nothing) return reader.take();
  }
  const Result<Want> want = reader.end();
  if (!want) return tl::unexpected(want.error());
  return reader.take();
}

}  // namespace

TEST_CASE("a text is sent between the parts of a body, plain or in Base64, a piece at a time") {
  CHECK(sent(request_with(HttpRequest::Between::nothing), "text").first == "<>");
  CHECK(sent(request_with(HttpRequest::Between::plain), "text").first == "<text>");
  CHECK(sent(request_with(HttpRequest::Between::base64), "").first == "<>");
  CHECK(sent(request_with(HttpRequest::Between::base64), "f").first == "<Zg==>");
  CHECK(sent(request_with(HttpRequest::Between::base64), "fo").first == "<Zm8=>");
  CHECK(sent(request_with(HttpRequest::Between::base64), "foo").first == "<Zm9v>");
  CHECK(sent(request_with(HttpRequest::Between::base64), "\xff\xfe\x00 "s).first == "<//4AIA==>");
  const std::string large(HttpRequestPieces::kPiece * 3 + 1, 'x');
  const auto [body, largest] = sent(request_with(HttpRequest::Between::plain), large);
  CHECK(body == "<" + large + ">");
  CHECK(largest < HttpRequestPieces::kPiece + 500);
  const std::string coded = sent(request_with(HttpRequest::Between::base64), large).first;
  CHECK(coded.find('=') == coded.size() - 3);  // within it there are none
}

TEST_CASE("a text that changes under way ends the request") {
  const HttpRequest request = request_with(HttpRequest::Between::plain);
  std::string text(HttpRequestPieces::kPiece * 2, 'x');
  HttpRequestPieces pieces(request, text);
  CHECK(pieces.next());
  text = "short";
  CHECK_FALSE(pieces.next());
}

TEST_CASE("an answer is the same in any pieces") {
  for (const std::size_t size : {1, 2, 7, 1000}) {
    const auto plain = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", size);
    REQUIRE(plain);
    CHECK(plain->body == "hello");
    const auto chunked =
        read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nA: b\r\n\r\n", size);
    REQUIRE(chunked);
    CHECK(chunked->body == "hello");
    std::string small = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; ++i) small += "1\r\nx\r\n";
    const auto of_small = read(small + "0\r\n\r\n", size, {.head = 60, .body = 100});
    REQUIRE(of_small);
    CHECK(of_small->body.size() == 100);
    const auto until_end = read("HTTP/1.0 500 Oh\r\n\r\nhello", size);
    REQUIRE(until_end);
    CHECK((until_end->status == 500 && until_end->body == "hello"));
    const auto interim = read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n", size);
    REQUIRE(interim);
    CHECK(interim->status == 204);
  }
}

TEST_CASE("what is no answer, or too large, or ends early is an error") {
  const auto code_of = [](std::string_view bytes) {
    const auto answer = read(bytes, 3, {.head = 200, .body = 10});
    REQUIRE_FALSE(answer);
    return answer.error().code;
  };
  CHECK(code_of("") == Code::unavailable);
  CHECK(code_of("SSH-2.0-OpenSSH\r\n\r\n") == Code::invalid);
  CHECK(code_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell") == Code::unavailable);
  CHECK(code_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhe") == Code::unavailable);
  CHECK(code_of("HTTP/1.1 200 OK\r\nContent-Le") == Code::unavailable);
  CHECK(code_of("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n") == Code::invalid);
  CHECK(code_of("HTTP/1.1 200 OK\r\n\r\n" + std::string(11, 'x')) == Code::invalid);
  CHECK(code_of("HTTP/1.1 200 OK\r\nA: " + std::string(300, 'x')) == Code::invalid);
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(code_of(chunked + "3;" + std::string(2000, 'x')) == Code::invalid);
  std::string fields, interim;
  for (int i = 0; i < 500; ++i) fields += "A: b\r\n";
  for (int i = 0; i < 100; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(code_of(chunked + "0\r\n" + fields) == Code::invalid);
  CHECK(code_of(interim) == Code::invalid);
}

TEST_CASE("what is too much of an answer is left off, for who wants that") {
  const HttpAnswerReader::Limits limits{.head = 200, .body = 10, .cuts = true, .whole = 100};
  for (const std::size_t size : {1, 7, 1000}) {
    for (const char* head : {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"}) {
      const auto answer = read(head + std::string("0123456789x"), size, limits);
      REQUIRE(answer);
      CHECK((answer->cut && answer->body == "0123456789"));
    }
    const auto fits = read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", size, limits);
    REQUIRE(fits);
    CHECK((!fits->cut && fits->body == "0123456789"));
  }
  const auto announced = read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n0123456789x", 7, limits);
  REQUIRE_FALSE(announced);
  CHECK(announced.error().code == Code::invalid);
  HttpAnswerReader reader(limits);
  CHECK(*reader.consume("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789x") == Want::nothing);
  CHECK_FALSE(reader.keeps_alive());
}

TEST_CASE("a connection goes on when its server wants and nothing came behind the answer") {
  const auto goes_on = [](std::string_view bytes) {
    HttpAnswerReader reader({});
    CHECK(*reader.consume(bytes) == Want::nothing);
    return reader.keeps_alive();
  };
  CHECK(goes_on("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  CHECK_FALSE(goes_on("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  CHECK_FALSE(goes_on("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK"));
}
