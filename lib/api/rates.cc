/// rates.cc: two buckets for a request, three with IPv6, and the fields that tell of them.
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

std::string_view space_of(Rates::Of of) { return of == Rates::Of::inbox ? "rate-inbox" : "rate-request"; }

/// Of the ledger. A network's is that of no client.
std::string key_of(const Rates::Spending& spending) {
  if (spending.of == Rates::Of::inbox) return spending.inbox;
  return spending.client.to_string() + (spending.of == Rates::Of::network ? " network" : "");
}

}  // namespace

std::string_view name_of(Rates::Of of) {
  switch (of) {
    case Rates::Of::client: return "client";
    case Rates::Of::network: return "network";
    case Rates::Of::inbox: break;
  }
  return "inbox";
}

Rates::Rates(const Clock& clock, const RateLimits& limits)
    : clock_(clock),
      clients_({limits.client, limits.records, limits.shared}),
      networks_({limits.client * kNetworkFactor, limits.records, limits.shared}),
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
  // The client first: who has spent his own is not to spend his neighbours', or what others may ask of an inbox.
  Answer answer = take_of(clients_, client.source(), Of::client, now);
  if (answer.granted && !client.is_v4()) {
    const Answer of_network = take_of(networks_, client.network(), Of::network, now);
    if (!of_network.granted) answer = of_network;
  }
  if (answer.granted && !inbox.empty()) {
    const Answer of_inbox = take_of(inboxes_, inbox, Of::inbox, now);
    if (!of_inbox.granted) answer = of_inbox;
  }
  return noted(answer, now);
}

Rates::Answer Rates::take(const std::string& inbox) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  return noted(take_of(inboxes_, inbox, Of::inbox, now), now);
}

Rates::Answer Rates::noted(Answer answer, Monotonic now) {
  if (answer.granted) return answer;
  Refusals& refusals = refusals_[static_cast<std::size_t>(answer.of)];
  ++refusals.untold;
  if (now < refusals.next_told) return answer;
  refusals.next_told = now + kTellEvery;
  answer.to_tell = std::exchange(refusals.untold, 0);
  return answer;
}

std::vector<Rates::Spending> Rates::untold(std::size_t most) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  std::vector<Spending> found;
  for (const auto& each : clients_.untold(most, now))
    found.push_back({Of::client, each.key, {}, each.tokens, each.per_minute});
  for (const auto& each : networks_.untold(most - found.size(), now))
    found.push_back({Of::network, each.key, {}, each.tokens, each.per_minute});
  for (const auto& each : inboxes_.untold(most - found.size(), now))
    found.push_back({Of::inbox, {}, each.key, each.tokens, each.per_minute});
  return found;
}

void Rates::hear(const Spending& told, float missing) {
  const Monotonic now = clock_.monotonic();
  const std::lock_guard lock(mutex_);
  if (told.of == Of::inbox) return inboxes_.hear({told.inbox, 0, told.tokens, told.per_minute}, missing, now);
  Buckets<Clients>& buckets = told.of == Of::network ? networks_ : clients_;
  buckets.hear({told.client, 0, told.tokens, told.per_minute}, missing, now);
}

void Rates::apply(const RateLimits& limits) {
  const std::lock_guard lock(mutex_);
  clients_.apply({limits.client, limits.records, limits.shared});
  networks_.apply({limits.client * kNetworkFactor, limits.records, limits.shared});
  inboxes_.apply({limits.inbox, limits.records, limits.shared});
}

std::size_t Rates::size() const {
  const std::lock_guard lock(mutex_);
  return clients_.size() + networks_.size() + inboxes_.size();
}

Fault over_rate(const Rates::Answer& answer) {
  // The words that pages of version 2 look for.
  Fault fault{429, "rate limited", answer.of == Rates::Of::inbox ? "api.inbox_rate" : "api.request_rate"};
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
    const std::string key = key_of(each);
    store::share(ledger, {space_of(each.of), key, each.tokens, each.per_minute},
                 [weak = std::weak_ptr(rates), each](float missing) {
                   if (const std::shared_ptr<Rates> alive = weak.lock()) alive->hear(each, missing);
                 });
  }
}

}  // namespace maildrop::api
