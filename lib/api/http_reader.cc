/// http_reader.cc: heads by Beast's parser between our two checks, bodies by their length.
#include "api/http_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <utility>

namespace maildrop::api {

namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// A version we do not speak, or something else where the version should stand?
bool names_version(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\r'));
  return std::count(line.begin(), line.end(), ' ') == 2 && line.substr(line.rfind(' ')).starts_with(" HTTP/");
}

Refusal refusal_of(const boost::beast::error_code& error, std::string_view head) {
  if (error == http::error::bad_version && names_version(head)) return {505, "HTTP/1.1 is spoken here"};
  if (error == http::error::header_limit) return {431, "the header is too large"};
  return {400, "malformed request"};
}

/// REQUIRES: `head` ends with its empty line.
tl::expected<CheckedRequest, Refusal> parse_head(std::string_view head, const HttpLimits& limits) {
  // On the stack, for as long as it takes: a parser of its own would be the largest part of an idle connection.
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.head, UINT32_MAX)));
  parser.body_limit(boost::none);  // check_request() has its own, with its own status
  boost::beast::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error) return tl::unexpected(refusal_of(error, head));
  // The parser and the scanner must agree on where the head ends, or the rest would be read as something else.
  if (!parser.is_header_done() || used != head.size()) return tl::unexpected(Refusal{400, "malformed request"});
  const auto& fields = parser.get();
  RawRequest raw;
  raw.version = fields.version();
  raw.method = view(fields.method_string());
  raw.target = view(fields.target());
  for (const auto& field : fields) raw.fields.emplace_back(view(field.name_string()), view(field.value()));
  return check_request(raw, limits);
}

}  // namespace

HttpReader::Want HttpReader::consume(std::string_view bytes) {
  buffer_.append(bytes);
  return advance();
}

HttpReader::Want HttpReader::next() {
  checked_.reset();
  state_ = State::head;
  scanner_ = HeadScanner(limits_);
  scanned_ = 0;
  if (buffer_.empty()) std::string().swap(buffer_);  // an idle connection holds nothing
  return advance();
}

HttpReader::Want HttpReader::advance() {
  if (state_ == State::head) return read_head();
  if (state_ == State::body) return read_body();
  return state_ == State::complete ? Want::answer : Want::close;
}

HttpReader::Want HttpReader::read_head() {
  const auto step = scanner_.consume(std::string_view(buffer_).substr(scanned_));
  if (!step) return refuse(step.error());
  scanned_ += step->used;
  if (!step->complete) return Want::input;
  auto checked = parse_head(std::string_view(buffer_).substr(0, scanned_), limits_);
  if (!checked) return refuse(checked.error());
  checked_ = std::move(*checked);
  buffer_.erase(0, scanned_);
  state_ = State::body;
  const Want want = read_body();
  // A client that sends its body without waiting needs no leave.
  return want == Want::input && checked_->wants_continue && buffer_.empty() ? Want::go_ahead : want;
}

HttpReader::Want HttpReader::read_body() {
  if (buffer_.size() < checked_->body_size) return Want::input;
  checked_->request.body = buffer_.substr(0, checked_->body_size);
  buffer_.erase(0, checked_->body_size);
  state_ = State::complete;
  return Want::answer;
}

HttpReader::Want HttpReader::refuse(const Refusal& why) {
  refusal_ = why;
  state_ = State::refused;
  std::string().swap(buffer_);
  return Want::close;
}

}  // namespace maildrop::api
