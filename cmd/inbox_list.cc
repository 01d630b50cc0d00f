/// inbox_list.cc: the list of an inbox, for eyes or for a pipe.
#include <algorithm>

#include "core/aligned.h"
#include "core/text.h"
#include "inbox.h"

namespace maildrop::cmd {
namespace {

constexpr std::size_t kAgeWidth = 4;
constexpr std::size_t kSizeWidth = 5;
constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 20;  // columns for sender and subject, however narrow the terminal is

std::string fitted(const std::string& text, std::size_t width, Align to = Align::left) {
  return aligned(cut_to_width(text, width), width, to);
}

std::string age_of(const store::Summary& summary, Time now) {
  return format_age(std::max(now - summary.received, Time::duration::zero()));
}

}  // namespace

std::string sender_of(const store::Summary& summary) {
  if (!summary.header_from.empty()) return summary.header_from;
  return summary.from.empty() ? "<>" : summary.from;
}

std::string marked_subject(const store::Summary& summary) {
  if (summary.mark == store::Mark::none) return summary.subject;
  return "[" + std::string(name_of(summary.mark)) + "] " + summary.subject;
}

Table::Table(const Screen& screen, std::size_t prefix, Time now) : screen_(screen), prefix_(prefix), now_(now) {
  const std::size_t fixed = prefix_ + kAgeWidth + kSizeWidth + 4 * kGap;
  const std::size_t left = std::max(screen_.width > fixed ? screen_.width - fixed : 0, kNarrowest);
  from_ = left / 3;
  subject_ = left - from_;
}

void Table::fit(const Summaries& messages) {
  std::size_t from = 4, subject = 7;  // their headings
  for (const store::Summary& each : messages) {
    from = std::max(from, display_width(terminal_safe(sender_of(each))));
    subject = std::max(subject, display_width(terminal_safe(marked_subject(each))));
  }
  const std::size_t left = from_ + subject_;
  from_ = std::min(from, from_);
  subject_ = std::min(subject, left - from_);
}

std::string Table::line(const std::vector<std::string>& cells) const {
  const std::string gap(kGap, ' ');
  return fitted(cells[0], prefix_) + gap + fitted(cells[1], kAgeWidth, Align::right) + gap + fitted(cells[2], from_) +
         gap + fitted(cells[3], subject_) + gap + fitted(cells[4], kSizeWidth, Align::right);
}

std::string Table::heading() const {
  if (screen_.width == 0) return "";
  return screen_.bold(line({"ID", "AGE", "FROM", "SUBJECT", "SIZE"})) + "\n";
}

std::string Table::row(const store::Summary& summary) const {
  const std::string id = terminal_safe(summary.id.text());
  const std::string from = terminal_safe(sender_of(summary));
  const std::string subject = terminal_safe(marked_subject(summary));
  if (screen_.width == 0) {
    return id + "\t" + rfc3339(summary.received) + "\t" + from + "\t" + subject + "\t" + std::to_string(summary.size) +
           "\n";
  }
  return line({id.substr(0, prefix_), age_of(summary, now_), from, subject, format_size_short(summary.size)}) + "\n";
}

}  // namespace maildrop::cmd
