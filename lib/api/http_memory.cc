/// http_memory.cc: what a message takes on its way to an answer.
#include "api/http_memory.h"

#include <algorithm>

namespace maildrop::api {

namespace {

constexpr std::uint64_t kTrace = 4096;  // bytes that we put before a message, which mail.max_size does not count
constexpr Growth kRead{2, 0};           // the store has a copy while it reads

tl::unexpected<Error> full() { return fail(Code::over_limit, "api.memory is used up"); }

}  // namespace

std::uint64_t MeteredInboxes::cost(const Growth& growth, std::uint64_t message) {
  const std::uint64_t size = message - std::min(message, kTrace);
  return growth.whole * size + growth.text * std::min<std::uint64_t>(size, kMaxShownText);
}

bool MeteredInboxes::take(const Growth& growth, std::uint64_t message) {
  refused_ = !room_.take(held_ + cost(growth, message));
  return !refused_;
}

Result<store::Message> MeteredInboxes::get(const mail::Inbox& inbox, const store::MessageId& id) {
  if (!take(kRead, max_size_ + kTrace)) return full();
  Result<store::Message> message = inboxes_.get(inbox, id);
  if (message && !take(growth_, message->data.size())) return full();
  if (message) held_ += cost(growth_, message->data.size());
  if (message && verdicts_ && !room_.take(kVerdicts * message->verdicts.size())) {
    refused_ = true;
    return full();
  }
  return message;
}

}  // namespace maildrop::api
