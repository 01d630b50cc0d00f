/// heard_once.h: what Trial::Done promises, made into one call for who waits: the first verdict, or that none will
/// come.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "filter/verdict.h"

namespace maildrop::filter {

/// What all copies of one `done` share: the first call of one counts; when all have gone without, there is no verdict.
class HeardOnce {
 public:
  using Heard = std::function<void(std::optional<Verdict>)>;
  explicit HeardOnce(Heard heard) : heard_(std::move(heard)) {}
  ~HeardOnce() { end({}); }
  HeardOnce(const HeardOnce&) = delete;

  void end(std::optional<Verdict> verdict) {
    if (const Heard heard = std::exchange(heard_, {})) heard(std::move(verdict));
  }

 private:
  Heard heard_;
};

/// `heard` is called exactly once, by a copy or where the last one goes, and must not throw then.
inline Trial::Done done_of(HeardOnce::Heard heard) {
  return [once = std::make_shared<HeardOnce>(std::move(heard))](Verdict verdict) { once->end(std::move(verdict)); };
}

}  // namespace maildrop::filter
