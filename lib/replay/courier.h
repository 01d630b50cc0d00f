/// courier.h: one connection of a run, and the thread's work on it: takes messages of the queue until there are none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replay/play_state.h"

namespace maildrop::replay {

/// Sends each message until all of its recipients are decided on, or the tries are used up. At least once: what was
/// lost behind its final dot is sent again.
///
/// Not thread-safe; `state` outlives it.
class Courier {
 public:
  explicit Courier(PlayState& state);
  void run();

 private:
  /// Who is told to be the client of a connection.
  struct Identity {
    std::optional<IpAddress> client;
    std::string helo;
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  /// Nothing: the run ended before the first try.
  std::optional<smtp::Outcome> deliver(const Sample& sample);
  std::vector<smtp::Outcome> attempt(const Sample& sample, const std::vector<std::string_view>& to);
  std::optional<smtp::Outcome> have_connection(const Identity& identity);
  Identity identity_of(const Envelope& envelope) const;
  smtp::ClientOptions dialog_of(const Identity& identity) const;

  PlayState& state_;
  const PlayOptions& options_;
  const smtp::SenderOptions sender_options_;
  smtp::Sender sender_;
  Identity identity_;     // of the connection
  std::size_t used_ = 0;  // messages of the connection
  bool reached_ = false;  // the server, with the message at hand
};

}  // namespace maildrop::replay
