/// ask_services.h: answers of services, for those who may wait.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "service/request.h"

namespace maildrop::service {

struct Question {
  std::shared_ptr<const Request> request;
  Millis timeout;
};

/// Asks all at once, about `text`; answers in the order of the questions, errors as of ServiceClient. Blocks for the
/// longest timeout at most.
std::vector<Result<Answer>> ask_services(std::span<const Question> questions, const std::string& text);

}  // namespace maildrop::service
