/// request.cc: what is the same for questions in all protocols.
#include "service/request.h"

namespace maildrop::service {

namespace {

template <class Pairs>
std::uint64_t memory_of_pairs(const Pairs& pairs) {
  std::uint64_t bytes = 0;
  for (const auto& [name, value] : pairs) bytes += 2 * sizeof name + name.size() + value.size();
  return bytes;
}

std::uint64_t memory(const HttpRequest& request) {
  return request.url.target.size() + request.body.size() + request.rest.size() + memory_of_pairs(request.fields);
}

std::uint64_t memory(const MilterRequest& request) {
  std::uint64_t bytes = request.helo.size() + request.from.size() + memory_of_pairs(request.fields);
  for (const std::string& to : request.to) bytes += sizeof to + to.size();
  return bytes;
}

}  // namespace

const Endpoint& endpoint_of(const Request& request) {
  if (const auto* http = std::get_if<HttpRequest>(&request)) return http->url.endpoint;
  return std::get<MilterRequest>(request).endpoint;
}

std::string name_of(const Request& request) {
  const auto* http = std::get_if<HttpRequest>(&request);
  return endpoint_of(request).to_string() + (http ? http->url.target : "");
}

std::uint64_t memory_of(const Request& request) {
  return sizeof request + std::visit([](const auto& each) { return memory(each); }, request);
}

std::uint64_t memory_of(const Answer& answer) {
  if (const auto* http = std::get_if<HttpAnswer>(&answer)) return http->body.size();
  return std::get<MilterAnswer>(answer).text.size();
}

}  // namespace maildrop::service
