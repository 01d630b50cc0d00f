/// loop_resolvers.cc: questions that go to all loops, and answers that come back from them.
#include "loop_resolvers.h"

#include <netinet/in.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "dns/unbound_resolver.h"

namespace maildrop::cmd {

namespace {

/// Who asks by hand is on this machine, and has no more of dns.lookups than any client.
IpAddress asker() { return IpAddress::from_v4(INADDR_LOOPBACK); }

dns::Answer answer_by(std::chrono::steady_clock::time_point end, std::future<dns::Answer>& told) try {
  if (told.wait_until(end) == std::future_status::ready) return told.get();
  return {.status = dns::Status::timed_out};
} catch (const std::future_error&) {  // the promise went
  return {};
}

}  // namespace

LoopResolvers::LoopResolvers(service::Loops& loops, const DnsSettings& settings, metrics::Registry& metrics) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    boost::asio::io_context& context = loops.at(i).context();
    lanes_.push_back(
        {&context, dns::make_unbound_resolver(context, settings, static_cast<unsigned>(loops.size()), metrics)});
  }
}

std::vector<dns::Answer> LoopResolvers::ask(const dns::Question& question, Millis patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::vector<std::future<dns::Answer>> told;
  for (Lane& lane : lanes_) {
    auto promise = std::make_shared<std::promise<dns::Answer>>();
    told.push_back(promise->get_future());
    // When its turn comes, we may wait no more: the promise is then kept to nobody.
    boost::asio::post(*lane.context,
                      [&lane, question, promise = std::move(promise)] { look_up(lane, question, promise); });
  }
  std::vector<dns::Answer> answers;
  for (auto& each : told) answers.push_back(answer_by(end, each));
  return answers;
}

/// A promise that is not kept breaks when the last who could keep it goes: the lookup, with the resolver.
void LoopResolvers::look_up(Lane& lane, const dns::Question& question, const Told& told) {
  if (!lane.resolver) return;
  std::list<dns::Lookup> one(1);
  dns::Lookup& lookup = one.front();
  lookup = lane.resolver->ask(question, asker(), [&lane, told, place = one.begin()](const dns::Answer& answer) {
    lane.lookups.erase(place);
    told->set_value(answer);
  });
  if (lookup.answer()) return told->set_value(*lookup.answer());
  lane.lookups.splice(lane.lookups.end(), one);
}

void LoopResolvers::end(std::size_t loop) {
  lanes_[loop].resolver.reset();
  lanes_[loop].lookups.clear();
}

}  // namespace maildrop::cmd
