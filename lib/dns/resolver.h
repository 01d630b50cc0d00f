/// resolver.h: who answers questions to the DNS.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "dns/answer.h"

namespace maildrop::dns {

/// A question that was asked: its answer, when that was known at once, or the wish to hear it. Afterwards nobody is
/// told.
class Lookup {
 public:
  using Done = std::function<void(const Answer&)>;

  Lookup() = default;
  explicit Lookup(Answer answer) : answer_(std::move(answer)) {}
  explicit Lookup(std::shared_ptr<Done> done) : done_(std::move(done)) {}
  ~Lookup() { forget(); }
  Lookup(Lookup&& other) noexcept = default;
  Lookup& operator=(Lookup&& other) noexcept {
    if (this == &other) return *this;
    forget();
    answer_ = std::move(other.answer_);
    done_ = std::move(other.done_);
    return *this;
  }

  const std::optional<Answer>& answer() const { return answer_; }

 private:
  void forget() {
    if (done_) *done_ = nullptr;
  }

  std::optional<Answer> answer_;
  std::shared_ptr<Done> done_;
};

/// Implementations: unbound (over the network, with a cache). One for each loop, and for its thread alone. Never
/// blocks.
class Resolver {
 public:
  using Done = Lookup::Done;

  virtual ~Resolver() = default;

  /// What is known at once is in the Lookup. Else `done` is called, once, later, on the loop's thread, after
  /// dns.timeout at the latest. It may ask again, and may end the Lookup. It must not throw.
  /// `source`: for whom it is asked (an address or prefix; `::` for ourselves): of questions on their way, one source
  /// has no more than are free, so alone half of them, and is refused the others.
  [[nodiscard]] virtual Lookup ask(const Question& question, const IpAddress& source, Done done) = 0;
};

}  // namespace maildrop::dns
