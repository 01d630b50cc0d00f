/// http_exchange.cc: answers are read by Beast's parser.
#include "service/http_exchange.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

namespace maildrop::service {

namespace {

namespace http = boost::beast::http;

constexpr unsigned kSwitching = 101;   // the one of its class that is final
constexpr std::uint64_t kFraming = 8;  // times the limits: a body in chunks of one byte takes six bytes for each

void append_base64(std::string& to, std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) to += k <= count ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
  }
}

}  // namespace

Result<std::string_view> HttpRequestPieces::next() {
  piece_.clear();
  if (at_ == At::end) return std::string_view();
  if (at_ == At::head) piece_ = request_.head(size_) + request_.body;
  at_ = At::text;
  if (size_ != 0 && text_.size() != size_) return fail(Code::internal, "the message is another one by now");
  const std::string_view part = std::string_view(text_).substr(sent_, std::min(kPiece, size_ - sent_));
  if (request_.between == HttpRequest::Between::plain) piece_ += part;
  if (request_.between == HttpRequest::Between::base64) append_base64(piece_, part);
  if (request_.between != HttpRequest::Between::nothing) sent_ += part.size();
  if (sent_ < size_) return piece_;
  at_ = At::end;
  piece_ += request_.rest;
  return piece_;
}

struct HttpAnswerReader::Parser : http::response_parser<http::string_body> {};

HttpAnswerReader::HttpAnswerReader(const Limits& limits) : limits_(limits) { renew(); }
HttpAnswerReader::~HttpAnswerReader() = default;

void HttpAnswerReader::renew() {
  parser_ = std::make_unique<Parser>();
  parser_->eager(true);
  parser_->header_limit(limits_.head);
  parser_->body_limit(limits_.cuts ? limits_.whole : limits_.body);
}

Result<HttpAnswerReader::Want> HttpAnswerReader::consume(std::string_view bytes) {
  blank_ &= bytes.empty();
  heard_ += bytes.size();
  // The parser limits neither what stands beside the size of a chunk nor what follows the last, nor interim answers.
  const std::uint64_t body = limits_.cuts ? limits_.whole : limits_.body;
  if (heard_ > kFraming * (limits_.head + body)) return fail(Code::invalid, "the answer is too large");
  buffer_.append(bytes);
  return step();
}

Result<HttpAnswerReader::Want> HttpAnswerReader::step() {
  while (!buffer_.empty()) {
    boost::beast::error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(buffer_.data(), buffer_.size()), error);
    buffer_.erase(0, used);
    if (is_cut()) return Want::nothing;
    if (error == http::error::need_more) return Want::more;
    if (error == http::error::body_limit || error == http::error::header_limit)
      return fail(Code::invalid, "the answer is too large");
    if (error) return fail(Code::invalid, "the answer is not HTTP: " + error.message());
    if (!parser_->is_done()) continue;
    const unsigned status = parser_->get().result_int();
    if (status / 100 != 1 || status == kSwitching) return Want::nothing;
    renew();  // an interim answer
  }
  return Want::more;
}

Result<HttpAnswerReader::Want> HttpAnswerReader::end() {
  boost::beast::error_code error;
  if (parser_->is_header_done() && buffer_.empty()) parser_->put_eof(error);
  if (error || !parser_->is_done()) return fail(Code::unavailable, "the connection ended before the answer");
  return Want::nothing;
}

bool HttpAnswerReader::is_cut() const { return limits_.cuts && parser_->get().body().size() > limits_.body; }

HttpAnswer HttpAnswerReader::take() {
  const bool cut = is_cut();
  if (cut) parser_->get().body().resize(limits_.body);
  return {parser_->get().result_int(), std::move(parser_->get().body()), cut};
}

bool HttpAnswerReader::keeps_alive() const { return !is_cut() && parser_->keep_alive() && buffer_.empty(); }

}  // namespace maildrop::service
