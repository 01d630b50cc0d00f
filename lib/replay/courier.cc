/// courier.cc: connects when it must, sends, and tries again.
#include "replay/courier.h"

#include <algorithm>
#include <utility>

#include "smtp/grammar.h"
#include "smtp/proxy_protocol.h"

namespace maildrop::replay {

namespace {

smtp::SenderOptions with_end(smtp::SenderOptions options, const PlayState& state) {
  options.give_up = [&state] { return state.out_of_time(); };
  return options;
}

bool may_pass_later(const smtp::Outcome& outcome) {
  return outcome.fate == smtp::Fate::deferred || outcome.fate == smtp::Fate::lost;
}

/// What became of the message is what became of the recipient that fared worst: first what another run could still
/// bring in.
int weight(smtp::Fate fate) {
  switch (fate) {
    case smtp::Fate::accepted: return 0;
    case smtp::Fate::unsendable: return 1;
    case smtp::Fate::refused: return 2;
    case smtp::Fate::deferred: return 3;
    case smtp::Fate::lost: return 4;
  }
  return 0;
}

/// Those that are to be tried, once more or at first.
std::vector<std::size_t> still_open(const std::vector<smtp::Outcome>& outcomes) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (may_pass_later(outcomes[i])) open.push_back(i);
  }
  return open;
}

}  // namespace

Courier::Courier(PlayState& state)
    : state_(state),
      options_(state.options()),
      sender_options_(with_end(options_.sender, state)),
      sender_(sender_options_) {}

void Courier::run() {
  while (const std::optional<Sample> sample = state_.queue().pop()) {
    const std::optional<smtp::Outcome> outcome = deliver(*sample);
    state_.note([&](Tally& tally) {
      if (!outcome) {
        ++tally.unsent;
        return;
      }
      tally.add_message(outcome->fate, sample->name, outcome->text);
      if (outcome->fate == smtp::Fate::accepted) tally.bytes += sample->data.size();
    });
    state_.queue().release(sample->data.size());
  }
  sender_.close();
}

std::optional<smtp::Outcome> Courier::deliver(const Sample& sample) {
  const std::vector<std::string>& to = sample.envelope.to;
  std::vector<smtp::Outcome> outcomes(to.size());  // lost, until there is another
  const std::uint64_t answers = state_.answers();
  auto pause = options_.first_pause;
  reached_ = false;
  for (unsigned tried = 0;; ++tried) {
    const std::vector<std::size_t> open = still_open(outcomes);
    std::vector<std::string_view> recipients;
    for (const std::size_t i : open) recipients.push_back(to[i]);
    if (!state_.wait_for_turn()) {
      if (tried == 0) return std::nullopt;
      break;
    }
    const std::vector<smtp::Outcome> got = attempt(sample, recipients);
    for (std::size_t i = 0; i < open.size(); ++i) outcomes[open[i]] = got[i];
    if (std::none_of(got.begin(), got.end(), may_pass_later)) break;
    if (tried == options_.retry) {
      if (!reached_ && state_.answers() == answers) state_.end(true);
      break;
    }
    if (!state_.pause(pause)) break;
    pause = std::min(pause * 2, PlayOptions::kLongestPause);
    state_.note([](Tally& tally) { ++tally.retries; });
  }
  return *std::max_element(outcomes.begin(), outcomes.end(), [](const smtp::Outcome& a, const smtp::Outcome& b) {
    return weight(a.fate) < weight(b.fate);
  });
}

std::vector<smtp::Outcome> Courier::attempt(const Sample& sample, const std::vector<std::string_view>& to) {
  if (const auto failure = have_connection(identity_of(sample.envelope))) {
    state_.note([&](Tally& tally) { tally.add_reply(*failure); });
    return std::vector<smtp::Outcome>(to.size(), *failure);
  }
  ++used_;
  const auto begun = std::chrono::steady_clock::now();
  std::vector<smtp::Outcome> outcomes = sender_.send({sample.envelope.from.value_or(""), to, sample.data});
  const auto took = std::chrono::steady_clock::now() - begun;
  state_.answered();
  state_.note([&](Tally& tally) {
    ++tally.tries;
    tally.message.add(took);
    for (const smtp::Outcome& each : outcomes) {
      tally.add_reply(each);
      if (each.fate == smtp::Fate::accepted) ++tally.recipients;
    }
  });
  return outcomes;
}

/// Nothing: there is one, for this client.
std::optional<smtp::Outcome> Courier::have_connection(const Identity& identity) {
  if (used_ < options_.reuse && identity == identity_ && sender_.is_open()) return std::nullopt;
  sender_.close();
  const auto begun = std::chrono::steady_clock::now();
  auto failure = sender_.open(dialog_of(identity));
  const auto took = std::chrono::steady_clock::now() - begun;
  identity_ = identity;
  used_ = 0;
  if (sender_.connected()) {
    reached_ = true;
    state_.answered();
  }
  state_.note([&](Tally& tally) {
    ++(failure ? tally.connection_failures : tally.connections);
    if (!failure) tally.connect.add(took);
  });
  return failure;
}

Courier::Identity Courier::identity_of(const Envelope& envelope) const {
  Identity identity;
  if (options_.introduce == Introduce::no || !envelope.peer) return identity;
  identity.client = envelope.peer;
  if (!options_.recorded_helo) return identity;
  if (auto helo = smtp::parse_helo(envelope.helo)) identity.helo = std::move(*helo);
  return identity;
}

smtp::ClientOptions Courier::dialog_of(const Identity& identity) const {
  smtp::ClientOptions dialog;
  dialog.lmtp = options_.lmtp;
  dialog.helo = options_.helo;
  if (options_.introduce == Introduce::proxy) {
    dialog.preamble = smtp::make_proxy_header(identity.client);
    if (!identity.helo.empty()) dialog.helo = identity.helo;
  } else if (options_.introduce == Introduce::xclient) {
    dialog.client = identity.client;
    dialog.client_helo = identity.helo;
  }
  return dialog;
}

}  // namespace maildrop::replay
