/// survey.cc: the largest of many, in bounded memory.
#include "store/survey.h"

#include <algorithm>
#include <utility>

namespace maildrop::store {

namespace {

using Figures = std::vector<InboxFigures>;

/// Names decide where all else is the same, so that a list has one order.
bool comes_first(Survey::Order order, const InboxFigures& a, const InboxFigures& b) {
  switch (order) {
    case Survey::Order::size:
      if (a.bytes != b.bytes) return a.bytes > b.bytes;
      break;
    case Survey::Order::age:
      if (a.oldest != b.oldest) return a.oldest < b.oldest;
      break;
    case Survey::Order::messages:
      if (a.messages != b.messages) return a.messages > b.messages;
      break;
  }
  return a.name < b.name;
}

auto comparison(std::size_t order) {
  return [order = static_cast<Survey::Order>(order)](const InboxFigures& a, const InboxFigures& b) {
    return comes_first(order, a, b);
  };
}

}  // namespace

Result<void> Survey::go_on(Store& store) {
  if (done_) return {};
  for (const Found& found : TRY(store.scan(cursor_, kScanPage))) add(found);
  if (cursor_.done()) end();
  return {};
}

/// Those of an inbox come together.
void Survey::add(const Found& found) {
  const Summary& summary = found.summary;
  all_.add(found.spot.inbox, summary);
  if (open_.messages > 0 && open_.name != found.spot.inbox.name()) end_inbox();
  if (open_.messages == 0) {
    open_.name = found.spot.inbox.name();
    open_.oldest = open_.newest = summary.received;
  }
  ++open_.messages;
  open_.bytes += summary.size;
  open_.oldest = std::min(open_.oldest, summary.received);
  open_.newest = std::max(open_.newest, summary.received);
  Holder& holder = by_source_[source_of(summary.peer)];
  ++holder.messages;
  holder.bytes += summary.size;
  holder.left += summary.size;
  if (by_source_.size() > most_sources_) drop_small_sources();
}

/// The first kMost are found again when twice as many are there: that costs each inbox a constant time.
void Survey::end_inbox() {
  for (std::size_t i = 0; i < std::size(inboxes_); ++i) {
    Figures& list = inboxes_[i];
    list.push_back(open_);
    if (list.size() < 2 * kMost) continue;
    std::nth_element(list.begin(), list.begin() + kMost, list.end(), comparison(i));
    list.resize(kMost);
  }
  open_ = InboxFigures();
}

/// Misra and Gries (1982), by medians (Anderson et al., IMC 2017): the median is taken from all that is left, and half
/// of them go. Each time that is half of them times the median at least, and in the end no more than all bytes. So all
/// medians together are no more than all bytes by half of them; and nobody who went has lost more than the medians
/// while he was there.
void Survey::drop_small_sources() {
  std::vector<std::uint64_t> all;
  all.reserve(by_source_.size());
  for (const auto& [source, holder] : by_source_) all.push_back(holder.left);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  std::erase_if(by_source_, [&](const auto& each) { return each.second.left <= *middle; });
  for (auto& [source, holder] : by_source_) holder.left -= *middle;
}

void Survey::end() {
  if (open_.messages > 0) end_inbox();
  for (std::size_t i = 0; i < std::size(inboxes_); ++i) {
    std::sort(inboxes_[i].begin(), inboxes_[i].end(), comparison(i));
    if (inboxes_[i].size() > kMost) inboxes_[i].resize(kMost);
  }
  for (const auto& [source, holder] : by_source_) sources_.push_back({source, holder.messages, holder.bytes});
  std::sort(sources_.begin(), sources_.end(), [](const SourceFigures& a, const SourceFigures& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.source < b.source;
  });
  if (sources_.size() > kMost) sources_.resize(kMost);
  by_source_.clear();
  ended_ = clock_.now();
  done_ = true;
}

}  // namespace maildrop::store
