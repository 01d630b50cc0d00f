/// ask_all.cc: a loop, a resolver and as many lookups as there are questions.
#include "dns/ask_all.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "dns/unbound_resolver.h"

namespace maildrop::dns {

Result<std::vector<Answer>> ask_all(const DnsSettings& settings, std::span<const Question> questions) {
  DnsSettings own = settings;
  own.lookups = std::max(own.lookups, static_cast<unsigned>(questions.size()));
  boost::asio::io_context loop(1);
  metrics::Registry unseen;
  const std::unique_ptr<Resolver> resolver = TRY(make_unbound_resolver(loop, own, 1, unseen));
  std::vector<Answer> answers(questions.size());
  std::vector<Lookup> lookups(questions.size());
  std::size_t missing = questions.size();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    lookups[i] = resolver->ask(questions[i], IpAddress(), [&answers, &missing, i](const Answer& answer) {
      --missing;
      answers[i] = answer;
    });
    if (!lookups[i].answer()) continue;
    --missing;
    answers[i] = *lookups[i].answer();
  }
  while (missing > 0) loop.run_one();
  return answers;
}

}  // namespace maildrop::dns
