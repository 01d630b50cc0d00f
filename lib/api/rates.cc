/// rates.cc: two buckets for a request, and the fields that tell of them.
#include "api/rates.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "api/answer.h"
#include "store/rate_sharing.h"

namespace maildrop::api {

namespace {

constexpr std::chrono::minutes kTellEvery{1};  // of refusals, in the log
constexpr std::string_view kWindow = ";w=60";  // seconds: a bucket holds a minute's worth

std::string_view name_of(Rates::Of of) { return of == Rates::Of::client ? "client" : "inbox"; }

std::string_view space_of(Rates::Of of) { return of == Rates::Of::client ? "rate-request" : "rate-inbox"; }

}  // namespace

Rates::Rates(const Clock& clock, const RateLimits& limits)
    : clock_(clock),
      clients_({limits.client, limits.records, limits.shared}),
      inboxes_({limits.inbox, limits.records, limits.shared}) {}

template <class AnyRates>
Rates::Answer Rates::take_of(Buckets<AnyRates>& buckets, const typename AnyRates::Key& key, Of of, Monotonic now) {
  Answer answer;
  answer.of = of;
  answer.limit = buckets.rates().rate;
  if (answer.limit == 0) return answer;
  answer.granted = !buckets.is_spent(key, 0, now);
  if (answer.granted) {
    buckets.spend(key, 0, now);
    answer.left = buckets.left(key, 0, now);
    answer.wait = (60 + answer.limit - 1) / answer.limit;
  } else {
    buckets.refresh(key, now);
    answer.wait = std::max(1U, static_cast<unsigned>(std::ceil(buckets.wait(key, 0, now).count())));
  }
  return answer;
}

Rates::Answer Rates::take(const IpAddress& client, const std::string& inbox) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  // The client first: who has spent his own is not to spend what others may ask of an inbox.
  Answer answer = take_of(clients_, client.source(), Of::client, now);
  if (answer.granted && !inbox.empty()) {
    const Answer of_inbox = take_of(inboxes_, inbox, Of::inbox, now);
    if (!of_inbox.granted) answer = of_inbox;
  }
  if (!answer.granted) answer.to_tell = count_refusal(answer.of, now);
  return answer;
}

Rates::Answer Rates::take(const std::string& inbox) {
  const std::lock_guard lock(mutex_);
  return take_of(inboxes_, inbox, Of::inbox, clock_.monotonic());
}

std::uint64_t Rates::count_refusal(Of of, Monotonic now) {
  Refusals& refusals = refusals_[static_cast<std::size_t>(of)];
  ++refusals.untold;
  if (now < refusals.next_told) return 0;
  refusals.next_told = now + kTellEvery;
  return std::exchange(refusals.untold, 0);
}

std::vector<Rates::Spending> Rates::untold(std::size_t most) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  std::vector<Spending> found;
  for (const auto& each : clients_.untold(most, now))
    found.push_back({Of::client, each.key, {}, each.tokens, each.per_minute});
  for (const auto& each : inboxes_.untold(most - found.size(), now))
    found.push_back({Of::inbox, {}, each.key, each.tokens, each.per_minute});
  return found;
}

void Rates::hear(const Spending& told, float missing) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (told.of == Of::inbox) return inboxes_.hear({told.inbox, 0, told.tokens, told.per_minute}, missing, now);
  clients_.hear({told.client, 0, told.tokens, told.per_minute}, missing, now);
}

void Rates::apply(const RateLimits& limits) {
  const std::lock_guard lock(mutex_);
  clients_.apply({limits.client, limits.records, limits.shared});
  inboxes_.apply({limits.inbox, limits.records, limits.shared});
}

std::size_t Rates::size() const {
  const std::lock_guard lock(mutex_);
  return clients_.size() + inboxes_.size();
}

Fault over_rate(const Rates::Answer& answer) {
  // The words that pages of version 2 look for.
  Fault fault{429, "rate limited", answer.of == Rates::Of::client ? "api.request_rate" : "api.inbox_rate"};
  fault.retry_after = answer.wait;
  return fault;
}

void add_rate_fields(const Rates::Answer& answer, Response& response) {
  if (answer.limit == 0) return;
  const std::string name = std::string("\"").append(name_of(answer.of)).append("\"");
  response.headers.emplace_back("RateLimit-Policy", (name + ";q=" + std::to_string(answer.limit)).append(kWindow));
  response.headers.emplace_back("RateLimit",
                                name + ";r=" + std::to_string(answer.left) + ";t=" + std::to_string(answer.wait));
}

void share_rates(const std::shared_ptr<Rates>& rates, store::Bookkeeper& ledger) {
  for (const Rates::Spending& each : rates->untold(store::room_to_share(ledger))) {
    const std::string key = each.of == Rates::Of::client ? each.client.to_string() : each.inbox;
    store::share(ledger, {space_of(each.of), key, each.tokens, each.per_minute},
                 [weak = std::weak_ptr(rates), each](float missing) {
                   if (const std::shared_ptr<Rates> alive = weak.lock()) alive->hear(each, missing);
                 });
  }
}

}  // namespace maildrop::api
