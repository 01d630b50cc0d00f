/// http_memory.cc: one budget for each source that is there; what a message takes on its way to an answer.
#include "api/http_memory.h"

#include <algorithm>

namespace maildrop::api {

namespace {

constexpr std::uint64_t kTrace = 4096;       // bytes that we put before a message, which mail.max_size does not count
constexpr std::uint64_t kMaxText = 1 << 20;  // bytes; mail::text_of()'s
constexpr Growth kRead{2, 0};                // the store has a copy while it reads

tl::unexpected<Error> full() { return fail(Code::over_limit, "api.memory is used up"); }

}  // namespace

std::shared_ptr<Budget> HttpMemory::source(const IpAddress& address) {
  const IpAddress key = address.is_v4() ? address : address.prefix(64);
  const auto forget = [this, key](Budget* budget) {
    delete budget;
    const std::lock_guard lock(mutex_);
    const auto known = sources_.find(key);
    if (known != sources_.end() && known->second.expired()) sources_.erase(known);
  };
  std::shared_ptr<Budget> made(new Budget(all_.limit() / 4), forget);
  // In this order: what goes at the end of the scope takes the lock itself.
  std::shared_ptr<Budget> there;
  const std::lock_guard lock(mutex_);
  std::weak_ptr<Budget>& known = sources_[key];
  there = known.lock();
  if (there) return there;
  known = made;
  return made;
}

bool MeteredInboxes::take(const Growth& growth, std::uint64_t message) {
  const std::uint64_t size = message - std::min(message, kTrace);
  refused_ = !room_.take(growth.whole * size + growth.text * std::min(size, kMaxText));
  return !refused_;
}

Result<store::Message> MeteredInboxes::get(const mail::Inbox& inbox, const store::MessageId& id) {
  if (!take(kRead, max_size_ + kTrace)) return full();
  Result<store::Message> message = inboxes_.get(inbox, id);
  if (message && !take(growth_, message->data.size())) return full();
  return message;
}

}  // namespace maildrop::api
