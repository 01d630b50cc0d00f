/// player.h: sends recorded mail to a server: an importer, and a load generator.
#pragma once

#include <functional>
#include <memory>

#include "replay/play_state.h"
#include "replay/source.h"

namespace maildrop::replay {

/// Reads on the caller's thread, and sends on one thread for each connection: messages are read while others are sent,
/// and memory is bounded by SampleQueue.
class Player {
 public:
  /// The source once more, from its beginning.
  using Open = std::function<Result<std::unique_ptr<Source>>()>;
  /// Called about ten times a second and at the end. false: that is enough; what is being sent has
  /// PlayOptions::last_words.
  using Look = std::function<bool(const Tally&)>;

  /// REQUIRES: 1 to kMaxConnections connections, reuse and repeat of 1 or more; `options` outlives it.
  Player(const PlayOptions& options, Open open) : options_(options), open_(std::move(open)), state_(options) {}

  /// Once. When it returns, all threads have ended and tally() is what came of it.
  ///   errors  of Open, and unavailable when there can be no thread; what was sent before has been sent
  Result<void> run(const Look& look);

  Tally tally() const { return state_.tally(); }
  /// The run ended early because nobody answered any more.
  bool server_gone() const { return state_.server_gone(); }

 private:
  Result<void> read_all();
  bool read_through(Source& source);
  bool push(Result<Sample> sample);
  bool go_on();

  const PlayOptions& options_;
  const Open open_;
  PlayState state_;
  Look look_;
  Monotonic next_look_{};
  std::uint64_t taken_ = 0;  // samples of the source
};

}  // namespace maildrop::replay
