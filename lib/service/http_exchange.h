/// http_exchange.h: one request as pieces to send, and its answer from pieces that came. Any split gives the same. No
/// sockets here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "service/exchange.h"
#include "service/http_request.h"

namespace maildrop::service {

/// Holds one piece at a time, whatever the size of the text between.
class HttpRequestPieces {
 public:
  static constexpr std::size_t kPiece = std::size_t{48} * 1024;  // of the text; divisible by 3, as Base64 wants

  /// Both outlive it.
  HttpRequestPieces(const HttpRequest& request, const std::string& text)
      : request_(request), text_(text), size_(request.between == HttpRequest::Between::nothing ? 0 : text.size()) {}

  /// The next piece, until next(); empty: that was all.
  ///   internal  the text is another one by now
  Result<std::string_view> next();

 private:
  enum class At : std::uint8_t { head, text, end };

  const HttpRequest& request_;
  const std::string& text_;
  std::size_t size_;
  std::size_t sent_ = 0;  // of the text
  At at_ = At::head;
  std::string piece_;
};

class HttpAnswerReader {
 public:
  /// Of a head, and of a body.
  struct Limits {
    std::uint32_t head = 8 * 1024;
    std::uint64_t body = 64 * 1024;
    bool cuts = false;               // a body that is larger counts as far as that
    std::uint64_t whole = 8u << 20;  // and may be no larger than that: it is announced, and room made for it
  };
  using Want = Exchange::Want;

  explicit HttpAnswerReader(const Limits& limits);
  ~HttpAnswerReader();

  /// nothing: the answer is here.
  ///   invalid  it is none, not of HTTP/1, or beyond a limit
  Result<Want> consume(std::string_view bytes);
  /// Its server has closed the connection.
  ///   unavailable  before the answer had ended
  Result<Want> end();

  /// No byte has come.
  bool is_blank() const { return blank_; }
  /// REQUIRES: it is here.
  HttpAnswer take();
  /// The connection may have another request. REQUIRES: it is here.
  bool keeps_alive() const;

 private:
  struct Parser;
  Result<Want> step();
  bool is_cut() const;
  void renew();

  Limits limits_;
  bool blank_ = true;
  std::uint64_t heard_ = 0;  // bytes
  std::string buffer_;
  std::unique_ptr<Parser> parser_;
};

/// One request, and its answer.
class HttpExchange final : public Exchange {
 public:
  /// Both outlive it.
  HttpExchange(const HttpRequest& request, const std::string& text, const AnswerLimits& limits)
      : pieces_(request, text), reader_({.head = limits.head, .body = limits.body, .cuts = request.cuts}) {}

  Result<std::string_view> next() override { return pieces_.next(); }
  Result<Want> consume(std::string_view bytes) override { return reader_.consume(bytes); }
  Result<Want> end() override { return reader_.end(); }
  bool is_blank() const override { return reader_.is_blank(); }
  Answer take() override { return reader_.take(); }
  bool keeps_alive() const override { return reader_.keeps_alive(); }

 private:
  HttpRequestPieces pieces_;
  HttpAnswerReader reader_;
};

}  // namespace maildrop::service
