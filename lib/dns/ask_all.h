/// ask_all.h: answers for those who may wait.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/config.h"
#include "dns/answer.h"

namespace maildrop::dns {

/// A resolver that remembers what it heard. Not thread-safe. Blocking.
class Asker {
 public:
  explicit Asker(const DnsSettings& settings);
  ~Asker();

  /// Asks all at once; answers in the order of the questions. Blocks for dns.timeout at most. REQUIRES: as many as
  /// dns.lookups at most, or those beyond are refused.
  std::vector<Answer> ask(std::span<const Question> questions);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

/// The same by one that knows nothing yet; none is refused for dns.lookups.
std::vector<Answer> ask_all(const DnsSettings& settings, std::span<const Question> questions);

}  // namespace maildrop::dns
