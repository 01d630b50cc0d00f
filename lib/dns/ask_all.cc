/// ask_all.cc: a loop, a resolver and as many lookups as there are questions.
#include "dns/ask_all.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "dns/unbound_resolver.h"

namespace maildrop::dns {

struct Asker::State {
  explicit State(const DnsSettings& settings) : resolver(make_unbound_resolver(loop, settings, 1, unseen)) {}

  boost::asio::io_context loop{1};
  metrics::Registry unseen;
  std::unique_ptr<Resolver> resolver;
};

Asker::Asker(const DnsSettings& settings) : state_(std::make_unique<State>(settings)) {}
Asker::~Asker() = default;

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

std::vector<Answer> ask_all(const DnsSettings& settings, std::span<const Question> questions) {
  DnsSettings own = settings;
  own.lookups = std::max(own.lookups, static_cast<unsigned>(questions.size()));
  return Asker(own).ask(questions);
}

}  // namespace maildrop::dns
