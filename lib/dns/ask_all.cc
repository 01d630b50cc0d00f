/// ask_all.cc: a loop, a resolver and as many lookups as there are questions.
#include "dns/ask_all.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <utility>

#include "dns/unbound_resolver.h"

namespace maildrop::dns {

struct Asker::State {
  boost::asio::io_context loop{1};
  metrics::Registry unseen;
  std::unique_ptr<Resolver> resolver;
};

Asker::Asker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Asker::~Asker() = default;

Result<std::unique_ptr<Asker>> Asker::make(const DnsSettings& settings) {
  auto state = std::make_unique<State>();
  state->resolver = TRY(make_unbound_resolver(state->loop, settings, 1, state->unseen));
  return std::unique_ptr<Asker>(new Asker(std::move(state)));
}

std::vector<Answer> Asker::ask(std::span<const Question> questions) {
  std::vector<Answer> answers(questions.size());
  std::vector<Lookup> lookups(questions.size());
  std::size_t missing = questions.size();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    lookups[i] = state_->resolver->ask(questions[i], IpAddress(), [&answers, &missing, i](const Answer& answer) {
      --missing;
      answers[i] = answer;
    });
    if (!lookups[i].answer()) continue;
    --missing;
    answers[i] = *lookups[i].answer();
  }
  while (missing > 0) {
    if (state_->loop.stopped()) state_->loop.restart();
    state_->loop.run_one();
  }
  return answers;
}

Result<std::vector<Answer>> ask_all(const DnsSettings& settings, std::span<const Question> questions) {
  DnsSettings own = settings;
  own.lookups = std::max(own.lookups, static_cast<unsigned>(questions.size()));
  const std::unique_ptr<Asker> asker = TRY(Asker::make(own));
  return asker->ask(questions);
}

}  // namespace maildrop::dns
