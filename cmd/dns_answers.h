/// dns_answers.h: questions as people ask them, and answers of the DNS as JSON (schema maildrop.dns/1), there and back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "dns/answer.h"
#include "json_line.h"

namespace maildrop::cmd {

/// `type` empty: A, of an address PTR, which is asked for by its name.
///   invalid   neither a name nor an address, or no such type
Result<dns::Question> parse_question(const std::string& name, const std::string& type);

/// An answer as it is shown.
struct ShownAnswer {
  dns::Status status = dns::Status::failed;
  std::vector<std::string> records{};
  dns::Source source = dns::Source::servers;
  std::optional<std::chrono::seconds> age{};
  std::chrono::seconds ttl{0};
  std::uint64_t loops = 1;  // that say so

  friend bool operator==(const ShownAnswer&, const ShownAnswer&) = default;
};
ShownAnswer shown_answer(const dns::Question& question, const dns::Answer& answer);

/// What loops say, each thing once, as old as the eldest has it; first what is known and is the eldest of all.
std::vector<ShownAnswer> shown_by_loops(const dns::Question& question, std::span<const dns::Answer> answers);

Json json_of_answer(const dns::Question& question, const ShownAnswer& answer);
/// The first answer, how many loops say so, and in `others` what others say. REQUIRES: there is one.
Json json_of_loops(const dns::Question& question, const std::vector<ShownAnswer>& answers);
/// The same from a server, which is not trusted: text of records is still to be made safe. One at least.
///   corrupt   not of the schema
Result<std::vector<ShownAnswer>> parse_loops(const Json& object);

}  // namespace maildrop::cmd
