/// transcript.cc: lines of a dialog, up to a limit.
#include "smtp/transcript.h"

#include <algorithm>

#include "core/text.h"

namespace maildrop::smtp {

namespace {

constexpr std::string_view kCut = "...\n";
constexpr std::size_t kFirstRoom = 384;  // what most dialogs of one message take

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_blank(char c) { return c == ' ' || is_control(c); }

/// The end of the word behind the first one: of `AUTH PLAIN` in `AUTH PLAIN dXNlcg...`.
std::size_t end_of_mechanism(std::string_view line) {
  const auto skip = [&](std::size_t at, bool blanks) {
    while (at < line.size() && is_blank(line[at]) == blanks) ++at;
    return at;
  };
  return skip(skip(skip(skip(0, true), false), true), false);
}

bool is_auth(std::string_view line) {
  const std::size_t begin = std::find_if_not(line.begin(), line.end(), is_blank) - line.begin();
  return equals_ignoring_case(line.substr(begin, 4), "AUTH") && (line.size() == begin + 4 || is_blank(line[begin + 4]));
}

std::string size_of(std::uint64_t bytes) { return "(" + std::to_string(bytes) + " bytes)"; }

}  // namespace

void Transcript::begin(std::string_view session, unsigned message) {
  if (text_.capacity() > kFirstRoom) std::string().swap(text_);
  text_.clear();
  full_ = limit_ == 0;
  if (full_) return;
  text_.reserve(std::min(limit_, kFirstRoom));
  add("session ", std::string(session) + ", message " + std::to_string(message));
}

void Transcript::client(std::string_view line, bool known) {
  if (is_auth(line)) {
    auth_ = true;
    line = line.substr(0, end_of_mechanism(line));
  } else if (auth_ && !known) {
    return content(line.size());
  }
  add("C: ", line);
}

void Transcript::server(std::string_view replies) {
  bool goes_on = false;
  while (!full_ && !replies.empty()) {
    const std::size_t end = std::min(replies.find("\r\n"), replies.size());
    if (!goes_on) add("S: ", replies.substr(0, end));
    goes_on = end > 3 && replies[3] == '-';
    replies.remove_prefix(std::min(end + 2, replies.size()));
  }
}

void Transcript::content(std::uint64_t bytes) { add("C: ", size_of(bytes)); }

void Transcript::add(std::string_view who, std::string_view line) {
  if (full_) return;
  const auto controls = static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return is_control(c); }));  // by a pointer is not inlined
  const std::size_t size = text_.size() + who.size() + line.size() + 3 * controls + 1;
  full_ = size + kCut.size() > limit_;
  if (full_) {
    if (text_.size() + kCut.size() <= limit_) text_ += kCut;
    return;
  }
  if (size + kCut.size() > text_.capacity())
    text_.reserve(std::min(limit_, std::max(2 * text_.capacity(), size + kCut.size())));
  text_ += who;
  if (controls == 0) text_ += line;
  for (const char c : controls == 0 ? std::string_view() : line) {
    if (!is_control(c)) {
      text_ += c;
    } else {
      text_ += "\\x" + to_hex({&c, 1});
    }
  }
  text_ += '\n';
}

}  // namespace maildrop::smtp
