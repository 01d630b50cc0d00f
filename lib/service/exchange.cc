/// exchange.cc: which protocol a question is asked in.
#include "service/exchange.h"

#include "service/http_exchange.h"
#include "service/milter_dialog.h"

namespace maildrop::service {

std::unique_ptr<Exchange> make_exchange(const Request& request, const std::string& text, const AnswerLimits& limits) {
  if (const auto* http = std::get_if<HttpRequest>(&request)) return std::make_unique<HttpExchange>(*http, text, limits);
  return std::make_unique<MilterDialog>(std::get<MilterRequest>(request), text);
}

}  // namespace maildrop::service
