/// exchange.h: one question to a service over one connection: what is to be sent, and what comes of what it says. Any
/// split of that gives the same. No sockets here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "service/request.h"

namespace maildrop::service {

/// For each protocol there is one.
class Exchange {
 public:
  enum class Want : std::uint8_t { more, nothing };
  virtual ~Exchange() = default;

  /// What is to be sent now, until next(); empty: nothing until more has come, or nothing any more.
  ///   internal  the text is another one by now
  virtual Result<std::string_view> next() = 0;

  /// nothing: the answer is here.
  ///   invalid      it is none of this protocol, or larger than any is taken
  ///   unavailable  it says that it cannot
  virtual Result<Want> consume(std::string_view bytes) = 0;
  /// Its server has closed the connection.
  ///   unavailable  before the answer had ended
  virtual Result<Want> end() = 0;

  /// No byte has come.
  virtual bool is_blank() const = 0;
  /// REQUIRES: it is here.
  virtual Answer take() = 0;
  /// The connection may have another question. REQUIRES: the answer is here.
  virtual bool keeps_alive() const = 0;
  /// What is said before a connection is closed, if it can be without waiting.
  virtual std::string_view farewell() const { return {}; }
};

/// What limits the answers of each protocol.
struct AnswerLimits {
  std::uint32_t head = 8 * 1024;   // of HTTP
  std::uint64_t body = 64 * 1024;  // the same
};

/// Both outlive it.
std::unique_ptr<Exchange> make_exchange(const Request& request, const std::string& text, const AnswerLimits& limits);

}  // namespace maildrop::service
