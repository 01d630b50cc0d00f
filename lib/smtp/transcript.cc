/// transcript.cc: lines of a dialog, up to a limit.
#include "smtp/transcript.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::smtp {

namespace {

constexpr std::string_view kCut = "...\n";
constexpr std::size_t kFirstRoom = 384;  // what most dialogs of one message take

/// `AUTH PLAIN` of `AUTH PLAIN dXNlcg...`.
std::string_view without_secret(std::string_view line) {
  if (!equals_ignoring_case(line.substr(0, 5), "AUTH ")) return line;
  const std::size_t mechanism = line.find_first_not_of(' ', 5);
  return line.substr(0, line.find(' ', std::min(mechanism, line.size())));
}

}  // namespace

void Transcript::begin(std::string_view session, unsigned message) {
  text_.clear();
  full_ = limit_ == 0;
  if (full_) return;
  text_.reserve(std::min(limit_, kFirstRoom));
  add("session ", std::string(session) + ", message " + std::to_string(message));
}

void Transcript::client(std::string_view line) { add("C: ", without_secret(line)); }

void Transcript::server(std::string_view replies) {
  bool goes_on = false;
  while (!full_ && !replies.empty()) {
    const std::size_t end = std::min(replies.find("\r\n"), replies.size());
    if (!goes_on) add("S: ", replies.substr(0, end));
    goes_on = end > 3 && replies[3] == '-';
    replies.remove_prefix(std::min(end + 2, replies.size()));
  }
}

void Transcript::content(std::uint64_t bytes) { add("C: ", "(" + std::to_string(bytes) + " bytes)"); }

void Transcript::add(std::string_view who, std::string_view line) {
  if (full_) return;
  const std::size_t before = text_.size();
  text_ += who;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      text_ += c;
    } else {
      constexpr std::string_view kDigits = "0123456789abcdef";
      text_ += "\\x";
      text_ += kDigits[byte >> 4];
      text_ += kDigits[byte & 15];
    }
  }
  text_ += '\n';
  if (text_.size() + kCut.size() <= limit_) return;
  full_ = true;
  text_.resize(before);
  if (before + kCut.size() <= limit_) text_ += kCut;
}

}  // namespace maildrop::smtp
