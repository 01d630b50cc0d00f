/// summary.cc: counts, and keeps what it counts by few.
#include "replay/summary.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace maildrop::replay {

namespace {

bool found_something(const Hit& hit) { return !hit.failed || hit.score != 0 || hit.action != filter::Action::pass; }

/// Without it, the message would not have come to this.
bool made_it_so(const Hit& hit, Fate fate) { return is_caught(hit.without) != is_caught(fate); }

Mistake mistake_of(const Outcome& outcome) {
  Mistake mistake{std::string(utf8_prefix(outcome.name, Summary::kNameBytes)), outcome.label, outcome.fate, outcome.by,
                  outcome.score};
  std::vector<const Hit*> hits;
  for (const Hit& hit : outcome.hits) hits.push_back(&hit);
  std::stable_sort(hits.begin(), hits.end(), [&outcome](const Hit* a, const Hit* b) {
    const bool a_made = made_it_so(*a, outcome.fate), b_made = made_it_so(*b, outcome.fate);
    return a_made != b_made ? a_made : std::abs(a->score) > std::abs(b->score);
  });
  hits.resize(std::min(hits.size(), Summary::kReasonsNamed));
  for (const Hit* hit : hits)
    mistake.reasons.push_back(
        {hit->filter, hit->score, hit->counts, std::string(utf8_prefix(hit->reason, Summary::kReasonBytes))});
  return mistake;
}

Confusion confusion_of(const FatesPerLabel& fates) {
  Confusion confusion;
  for (const Label label : {Label::spam, Label::ham})
    for (std::size_t fate = 0; fate < kFates; ++fate)
      confusion.add(label, static_cast<Fate>(fate), fates[place_of(label)][fate]);
  return confusion;
}

}  // namespace

Summary::Summary(const std::vector<std::string>& names) {
  for (const std::string& name : names) filters.push_back({name});
}

void Summary::add(const Outcome& outcome) {
  const std::size_t label = place_of(outcome.label);
  ++messages;
  bytes += outcome.size;
  ++fates[label][place_of(outcome.fate)];
  scores[label].add(outcome.score);
  timeline.add(outcome.time, outcome.label, is_caught(outcome.fate));
  if (outcome.fate != Fate::accepted) ++decided_by[outcome.by][label];
  for (const Hit& hit : outcome.hits) {
    FilterSummary& filter = filters[hit.filter];
    filter.hits[label] += found_something(hit) ? 1 : 0;
    filter.failed += hit.failed ? 1 : 0;
    filter.unique[label] += outcome.fate != Fate::accepted && hit.without == Fate::accepted ? 1 : 0;
    filter.saved[label] += outcome.fate == Fate::accepted && hit.without != Fate::accepted ? 1 : 0;
    ++filter.with[label][place_of(outcome.fate)];
    ++filter.without[label][place_of(hit.without)];
  }
  const bool harmed = outcome.label == Label::ham && is_caught(outcome.fate);
  const bool missed = outcome.label == Label::spam && outcome.fate == Fate::accepted;
  std::vector<Mistake>& mistakes = harmed ? false_positives : false_negatives;
  if ((harmed || missed) && mistakes.size() < kMistakesNamed) mistakes.push_back(mistake_of(outcome));
}

std::uint64_t Summary::count(Label label) const {
  std::uint64_t all = 0;
  for (const std::uint64_t each : fates[place_of(label)]) all += each;
  return all;
}

Confusion Summary::confusion() const { return confusion_of(fates); }

Confusion Summary::confusion_without(std::size_t filter) const {
  FatesPerLabel changed = fates;
  for (std::size_t label = 0; label < kLabels; ++label)
    for (std::size_t fate = 0; fate < kFates; ++fate)
      changed[label][fate] =
          changed[label][fate] - filters[filter].with[label][fate] + filters[filter].without[label][fate];
  return confusion_of(changed);
}

std::uint64_t Summary::accepted_without(std::size_t filter, Label label) const {
  const FilterSummary& each = filters[filter];
  return count(label, Fate::accepted) + each.unique[place_of(label)] - each.saved[place_of(label)];
}

}  // namespace maildrop::replay
