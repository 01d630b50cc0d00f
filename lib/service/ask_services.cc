/// ask_services.cc: a loop that ends with the last answer.
#include "service/ask_services.h"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <utility>

#include "service/service_client.h"

namespace maildrop::service {

std::vector<Result<Answer>> ask_services(std::span<const Question> questions, const std::string& text) {
  boost::asio::io_context loop{1};
  ServiceClient client(loop);
  std::vector<Result<Answer>> answers(questions.size(), fail(Code::internal, "not asked"));
  std::vector<ServiceCall> calls;
  std::size_t open = questions.size();
  const Monotonic now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < questions.size(); ++i)
    calls.push_back(client.ask(questions[i].request, &text, IpAddress(), now + questions[i].timeout,
                               [&answers, &open, i](Result<Answer> answer) {
                                 answers[i] = std::move(answer);
                                 --open;
                               }));
  while (open > 0) loop.run_one();
  return answers;
}

}  // namespace maildrop::service
