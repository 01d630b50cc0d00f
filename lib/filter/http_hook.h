/// http_hook.h: what a service of an operator's own is asked about mail, and what it may say: JSON, see
/// maildrop-filters(7). Pure.
#pragma once

#include <optional>
#include <string>

#include "core/result.h"
#include "filter/facts.h"
#include "filter/filter.h"
#include "mail/transaction.h"
#include "service/http_request.h"

namespace maildrop::filter {

/// `with_message`: the message itself, too, in Base64.
service::HttpRequest hook_question(const service::HttpUrl& url, Phase phase, const mail::Transaction& transaction,
                                   const Facts::Told& facts, bool with_message);

struct HookAnswer {
  Finding finding;
  std::optional<std::string> tell{};
};
/// invalid: it is not what maildrop-filters(7) says. Nothing that is not understood is passed over.
Result<HookAnswer> parse_hook_answer(const service::HttpAnswer& answer);

}  // namespace maildrop::filter
