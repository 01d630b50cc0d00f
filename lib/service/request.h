/// request.h: a question to a service nearby, in the protocol that it speaks, and what it answers: values.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "core/net.h"
#include "service/http_request.h"
#include "service/milter_request.h"

namespace maildrop::service {

using Request = std::variant<HttpRequest, MilterRequest>;
using Answer = std::variant<HttpAnswer, MilterAnswer>;  // of the protocol of the question

const Endpoint& endpoint_of(const Request& request);
/// Whom it is put to, in a word: an endpoint, with HTTP and the path behind it.
std::string name_of(const Request& request);

/// Bytes of memory, about.
std::uint64_t memory_of(const Request& request);
std::uint64_t memory_of(const Answer& answer);

}  // namespace maildrop::service
