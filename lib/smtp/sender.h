/// sender.h: one connection of a client: a ClientDialog on a socket.
///
/// Blocking calls with poll() beneath, for a thread of its own: what is sent comes of a blocking source anyway, and the
/// server is what is to be busy. A loop would have the same system calls.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/descriptor.h"
#include "core/net.h"
#include "smtp/client_dialog.h"

namespace maildrop::smtp {

struct SenderOptions {
  std::vector<Endpoint> to;  // ip or unix_path; tried in their order
  // For a connection, and for each reply. RFC 5321 4.5.3.2 has minutes: those are for a relay, that nobody waits for.
  std::chrono::milliseconds timeout{30'000};
  std::function<bool()> give_up;  // asked every tenth of a second: true ends what goes on
};

/// Not thread-safe. Blocks as long as the timeouts say.
class Sender {
 public:
  /// `options` outlives it.
  explicit Sender(const SenderOptions& options) : options_(options) {}

  /// A connection that is ready for a message; nothing of it is left when there is none.
  ///   an outcome  there is none: refused by the server with that reply, or lost: no connection
  std::optional<Outcome> open(ClientOptions dialog);
  /// For each recipient. REQUIRES: is_open().
  std::vector<Outcome> send(ClientMessage message);
  /// Whether it can take another message. A server that has hung up meanwhile is noticed.
  bool is_open();
  /// Says QUIT and hangs up.
  void close();

  /// open() got through to a server, whatever that said then.
  bool connected() const { return connected_; }

 private:
  Result<void> connect();
  Result<void> connect_to(const Endpoint& endpoint);
  Monotonic deadline() const;
  void run();
  void step(Monotonic deadline);
  void read();
  void write(std::string_view bytes);

  const SenderOptions& options_;
  FileDescriptor socket_;
  std::optional<ClientDialog> dialog_;
  bool connected_ = false;
};

}  // namespace maildrop::smtp
