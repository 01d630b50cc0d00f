/// handshake.h: who may have a WebSocket (RFC 6455) in place of an answer. Pure.
#pragma once

#include <optional>

#include "api/answer.h"

namespace maildrop::api {

bool wants_web_socket(const Request& request);
/// Pages everywhere may open a socket, and CORS does not keep them: who may not read what comes by it is told here.
/// nothing: the answer is 101.
std::optional<Fault> refuse_web_socket(const Request& request, const Config& config);

}  // namespace maildrop::api
