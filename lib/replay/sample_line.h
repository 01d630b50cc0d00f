/// sample_line.h: messages between who reads them and who judges them, in their order and in bounded memory; others may
/// prepare them meanwhile.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "core/result.h"
#include "replay/fact_book.h"
#include "replay/source.h"

namespace maildrop::replay {

/// Thread-safe.
class SampleLine {
 public:
  static constexpr std::size_t kMessages = 256;     // that wait: more would only be read too early
  static constexpr std::size_t kBytes = 16u << 20;  // that wait; a larger one goes alone

  struct Place {
    Result<Sample> sample;  // one that is broken stands in line, too
    DnsFacts facts{};
    bool taken = false, ready = false;
  };

  /// `prepares`: a message is judged when somebody has taken it by to_prepare() and given it back.
  explicit SampleLine(bool prepares) : prepares_(prepares) {}

  /// Waits for room. false: nobody wants it any more.
  bool push(Place place);
  /// No more will come.
  void close();

  /// The next one that nobody has taken; waits for it. nullptr: there are no more. It stays in its place until
  /// prepared().
  Place* to_prepare();
  void prepared(Place& place);

  /// The first in the line, when it is ready; waits, and asks `go_on` each tenth of a second meanwhile. nullptr: there
  /// are no more, or it said no.
  std::unique_ptr<Place> pop(const std::function<bool()>& go_on);
  /// Nobody wants them any more; who waits is told.
  void abandon();

 private:
  static std::size_t size_of(const Place& place) { return place.sample ? place.sample->data.size() : 0; }
  bool has_room(std::size_t bytes) const;

  const bool prepares_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Place>> line_;
  std::size_t used_ = 0;
  bool closed_ = false, abandoned_ = false;
};

}  // namespace maildrop::replay
