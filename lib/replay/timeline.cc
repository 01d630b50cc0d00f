/// timeline.cc: slots that become wider.
#include "replay/timeline.h"

#include <iterator>

namespace maildrop::replay {

namespace {

constexpr std::int64_t kMinute = 60'000;                                        // milliseconds, as all here
constexpr std::int64_t kSteps[] = {1, 5, 15, 60, 180, 360, 720, 1440, 10'080};  // minutes; from then on doubled
constexpr std::int64_t kMonday = 4 * 1440 * kMinute;                            // 5 January 1970
constexpr std::int64_t kYear10000 = 253'402'300'800'000;

std::int64_t floored(std::int64_t number, std::int64_t by) { return number / by - (number % by < 0 ? 1 : 0); }

}  // namespace

Timeline::Slot& Timeline::Slot::operator+=(const Slot& more) {
  for (std::size_t i = 0; i < kLabels; ++i) {
    all[i] += more.all[i];
    caught[i] += more.caught[i];
  }
  return *this;
}

std::int64_t Timeline::width_of(unsigned step) {
  constexpr unsigned kLast = std::size(kSteps) - 1;
  return step <= kLast ? kSteps[step] * kMinute : (kSteps[kLast] * kMinute) << (step - kLast);
}

std::map<std::int64_t, Timeline::Slot> Timeline::widened(const std::map<std::int64_t, Slot>& slots, unsigned from,
                                                         unsigned to) {
  const std::int64_t ratio = width_of(to) / width_of(from);
  std::map<std::int64_t, Slot> wide;
  for (const auto& [at, slot] : slots) wide.try_emplace(wide.end(), floored(at, ratio))->second += slot;
  return wide;
}

void Timeline::add(Time time, Label label, bool caught) {
  Slot one;
  one.all[static_cast<std::size_t>(label)] = 1;
  one.caught[static_cast<std::size_t>(label)] = caught ? 1 : 0;
  const std::int64_t millis = to_millis(time);
  if (millis <= 0 || millis >= kYear10000) {
    undated_ += one;
    return;
  }
  slots_[floored(millis - kMonday, width_of(step_))] += one;
  while (slots_.size() > kKept) {
    slots_ = widened(slots_, step_, step_ + 1);
    ++step_;
  }
}

Timeline::View Timeline::view() const {
  View view;
  view.undated = undated_;
  if (slots_.empty()) return view;
  std::uint64_t messages = 0;
  for (const auto& [at, slot] : slots_) messages += slot.messages();

  auto first = slots_.begin(), last = std::prev(slots_.end());
  std::uint64_t left = messages / 200;
  for (; first != last && first->second.messages() <= left; ++first) left -= first->second.messages();
  left = messages / 200;
  for (; last != first && last->second.messages() <= left; --last) left -= last->second.messages();
  const std::int64_t near = (last->first - first->first) / 4 + 1;
  while (first != slots_.begin() && first->first - std::prev(first)->first <= near) --first;
  while (std::next(last) != slots_.end() && std::next(last)->first - last->first <= near) ++last;
  if (2 * (last->first - first->first + 1) >= std::prev(slots_.end())->first - slots_.begin()->first + 1) {
    first = slots_.begin();
    last = std::prev(slots_.end());
  }
  for (auto each = slots_.begin(); each != first; ++each) view.before += each->second;
  for (auto each = std::next(last); each != slots_.end(); ++each) view.after += each->second;

  unsigned step = step_;
  std::map<std::int64_t, Slot> shown(first, std::next(last));
  while (shown.rbegin()->first - shown.begin()->first + 1 > static_cast<std::int64_t>(kShown)) {
    shown = widened(shown, step, step + 1);
    ++step;
  }
  const std::int64_t begin = shown.begin()->first;
  view.width = std::chrono::milliseconds(width_of(step));
  view.first = from_millis(begin * width_of(step) + kMonday);
  view.slots.resize(static_cast<std::size_t>(shown.rbegin()->first - begin + 1));
  for (const auto& [at, slot] : shown) view.slots[static_cast<std::size_t>(at - begin)] = slot;
  return view;
}

}  // namespace maildrop::replay
