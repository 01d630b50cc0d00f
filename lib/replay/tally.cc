/// tally.cc: counts, and keeps what it counts by few.
#include "replay/tally.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::replay {

namespace {

constexpr std::size_t kShortestId = 10;  // `4XyZ1b2c3D`: ids of queues are that long or longer; enhanced codes are not

/// An id or an address.
bool is_another_each_time(std::string_view word) {
  if (word.find('@') != word.npos) return true;
  if (word.size() > 2 && word.front() == '[' && word.back() == ']') return true;
  return word.size() >= kShortestId &&
         std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string reply_kind(std::string_view reply) {
  std::string out;
  for (const std::string_view word : split(reply, ' ')) {
    if (word.empty()) continue;
    if (!out.empty()) out += ' ';
    out += is_another_each_time(word) ? "*" : word;
  }
  return terminal_safe(utf8_prefix(out, Tally::kReplyBytes));
}

void Tally::add_reply(const smtp::Outcome& outcome) {
  if (outcome.fate == smtp::Fate::unsendable || outcome.fate == smtp::Fate::lost) return;
  const std::string kind = reply_kind(outcome.text);
  if (replies.size() >= kReplies && replies.count(kind) == 0) {
    ++other_replies;
  } else {
    ++replies[kind];
  }
}

void Tally::add_trouble(std::string name, std::string_view what) {
  if (troubles.size() >= kTroublesNamed) {
    ++more_troubles;
  } else {
    troubles.push_back({std::move(name), std::string(utf8_prefix(what, kTroubleBytes))});
  }
}

void Tally::add_message(smtp::Fate fate, const std::string& name, const std::string& why) {
  switch (fate) {
    case smtp::Fate::accepted: ++accepted; return;
    case smtp::Fate::deferred: ++deferred; break;
    case smtp::Fate::refused: ++refused; break;
    case smtp::Fate::unsendable: ++broken; break;
    case smtp::Fate::lost: ++lost; break;
  }
  add_trouble(name, why);
}

}  // namespace maildrop::replay
