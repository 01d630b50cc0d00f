/// http_reader.h: from bytes to requests, without a socket: feed bytes, take requests or a refusal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_check.h"

namespace maildrop::api {

/// Reads the requests of one connection, one after the other (pipelined ones, too). Any split of the bytes gives the
/// same. Holds no memory between requests, and never more than limits.head + limits.body + what one consume() brought.
class HttpReader {
 public:
  enum class Want {
    input,     // more bytes: consume()
    go_ahead,  // say `100 Continue`, then more bytes
    answer,    // request() is complete: take() it, answer it, then next()
    close,     // refusal() says why: answer it and close
  };

  explicit HttpReader(const HttpLimits& limits) : limits_(limits), scanner_(limits) {}

  /// REQUIRES: the last answer was input or go_ahead.
  Want consume(std::string_view bytes);
  /// Goes on to the next request, of which bytes may be here already. REQUIRES: the last answer was `answer`.
  Want next();

  /// No byte of a request is here: the connection is idle.
  bool idle() const { return state_ == State::head && buffer_.empty(); }
  /// Nothing has come behind it. REQUIRES: the last answer was `answer`.
  bool has_no_more() const { return buffer_.empty(); }
  Request take() { return std::move(checked_->request); }
  bool keep_alive() const { return checked_ && checked_->keep_alive; }
  const Refusal& refusal() const { return refusal_; }

 private:
  enum class State { head, body, complete, refused };

  Want advance();
  Want read_head();
  Want read_body();
  Want refuse(const Refusal& why);

  HttpLimits limits_;
  HeadScanner scanner_;
  State state_ = State::head;
  std::size_t scanned_ = 0;  // bytes of buffer_ that the scanner has seen
  std::string buffer_;       // from the head's start, or the body's rest and what follows
  std::optional<CheckedRequest> checked_;
  Refusal refusal_;
};

}  // namespace maildrop::api
