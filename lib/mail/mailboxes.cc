/// mailboxes.cc: an address list, token by token. What was seen of a mailbox is kept until a comma, or another address,
/// ends it.
#include "mail/mailboxes.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "mail/address.h"

namespace maildrop::mail {
namespace {

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Of a word: any byte but those that mean something, and white space.
bool is_word(char c) { return !is_white(c) && std::string_view("()<>[]:;@,.\"").find(c) == std::string_view::npos; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  MailboxDomains read() {
    while (at_ < text_.size()) step();
    end_mailbox();
    return std::move(found_);
  }

 private:
  void step() {
    switch (text_[at_]) {
      case '(': return skip_comment();
      case '"': return skip_quoted();
      case '@': return take_domain();
      case '<': return open_angle();
      case '>': return close_angle();
      case ':': return end_route();
      case ',':
      case ';': return in_angle_ ? next() : end_mailbox();  // `<@a,@b:c@d>`: a route has commas
      default: return next();
    }
  }

  void next() { ++at_; }

  /// Nested as they may be; `at_` is then behind it.
  void skip_comment() {
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '(') {
        ++depth;
      } else if (text_[at_] == ')' && --depth == 0) {
        return next();
      }
    }
    end_too_soon();
  }

  void skip_quoted() {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        return next();
      }
    }
    end_too_soon();
  }

  void end_too_soon() {
    at_ = text_.size();
    found_.unreadable = true;
  }

  void skip_blanks() {
    while (at_ < text_.size() && (is_white(text_[at_]) || text_[at_] == '(')) {
      if (text_[at_] == '(')
        skip_comment();
      else
        next();
    }
  }

  /// Words with dots between them, and white space and comments around the dots (RFC 5322 4.4), or a literal.
  void take_domain() {
    next();
    skip_blanks();
    std::string domain;
    if (at_ < text_.size() && text_[at_] == '[') {
      const std::size_t end = std::min(text_.find(']', at_), text_.size() - 1);
      domain = text_.substr(at_, end + 1 - at_);
      at_ = end + 1;
    } else {
      take_words(domain);
    }
    domains_.push_back(std::move(domain));
  }

  void take_words(std::string& domain) {
    for (bool dot = true; at_ < text_.size(); skip_blanks()) {
      const bool is_dot = text_[at_] == '.';
      if (!is_dot && (!is_word(text_[at_]) || !dot)) return;
      const std::size_t start = at_++;
      while (!is_dot && at_ < text_.size() && is_word(text_[at_])) ++at_;
      domain += text_.substr(start, at_ - start);
      dot = is_dot;
    }
  }

  /// What was before it is a name, unless it is in brackets itself, or there is nothing in these.
  void open_angle() {
    if (had_angle_) settle();
    before_ = std::exchange(domains_, {});
    in_angle_ = had_angle_ = true;
    next();
    skip_blanks();
    in_route_ = at_ < text_.size() && text_[at_] == '@';
  }

  void close_angle() {
    if (domains_.empty()) domains_ = std::move(before_);
    settle();
    in_angle_ = false;
    next();
  }

  /// The end of a source route, of whose hosts nobody is the author.
  void end_route() {
    if (std::exchange(in_route_, false)) domains_.clear();
    next();
  }

  void end_mailbox() {
    if (in_angle_) found_.unreadable = true;
    settle();
    in_angle_ = had_angle_ = in_route_ = false;
    if (at_ < text_.size()) next();
  }

  void settle() {
    for (const std::string& domain : domains_) {
      if (found_.cut || found_.addresses == kMostRead) {
        found_.cut = true;
        break;
      }
      ++found_.addresses;
      auto canonical = canonical_domain(domain);
      if (canonical)
        found_.add(std::move(*canonical));
      else
        found_.unreadable = true;
    }
    domains_.clear();
    before_.clear();
  }

  static constexpr std::size_t kMostRead = 100;  // domains of a field: one beyond ASCII costs microseconds

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> domains_{};  // of the mailbox that is read
  std::vector<std::string> before_{};   // of what stands before its brackets
  bool in_angle_ = false;
  bool in_route_ = false;
  bool had_angle_ = false;  // the mailbox has an address in brackets
  MailboxDomains found_{};
};

}  // namespace

void MailboxDomains::add(std::string domain) {
  if (std::find(domains.begin(), domains.end(), domain) != domains.end()) return;
  if (domains.size() == kMost)
    cut = true;
  else
    domains.push_back(std::move(domain));
}

MailboxDomains mailbox_domains(std::string_view field) { return Reader(field).read(); }

}  // namespace maildrop::mail
