/// milter_request.h: a message that is put before a milter, as a value, and what it says. No sockets here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/net.h"

namespace maildrop::service {

/// Of all texts none has a NUL, which ends them in the protocol. The body is not in it: it is in the message.
struct MilterRequest {
  Endpoint endpoint;                   // ip or unix_path
  std::string host{};                  // the client's name, or its address in brackets
  std::optional<IpAddress> address{};  // its; nothing: it has none, on a unix socket
  std::uint16_t port = 0;              // its
  std::string helo{};
  std::string from{};                                         // `<a@example.com>`
  std::vector<std::string> to{};                              // the same
  bool more_to = false;                                       // there are others, of whom it is not asked
  std::vector<std::pair<std::string, std::string>> fields{};  // of the header: what is behind the colon, lines by LF
  std::size_t body = 0;                                       // where it begins in the message
  std::string our_name{};
  std::string session{};
  std::string tls_protocol{};  // empty: it has none
  std::string tls_cipher{};

  friend bool operator==(const MilterRequest&, const MilterRequest&) = default;
};

struct MilterAnswer {
  enum class Says : std::uint8_t { pass, quarantine, discard, defer, reject };

  Says says = Says::pass;
  std::string_view at{};  // what it was about: `connect`, `rcpt`; a constant
  std::string text{};     // why it is to be quarantined; or for the client, without the code: `5.7.1 not today`
};

}  // namespace maildrop::service
