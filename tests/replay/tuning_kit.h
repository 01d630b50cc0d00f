/// tuning_kit.h: mail as filters could have found it, the same on any machine.
#pragma once

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "replay/tuning.h"

namespace maildrop::replay::tuning_kit {

/// What one filter gives, and of how many of a hundred.
struct Gives {
  double score;
  unsigned spam, ham;
};

inline Examples examples_of(const std::vector<Gives>& filters, std::uint32_t spam, std::uint32_t ham) {
  auto examples = Examples::create();
  REQUIRE(examples);
  std::mt19937 random(5);
  for (std::uint32_t i = 0; i < spam + ham; ++i) {
    Example example{i < spam};
    for (std::size_t at = 0; at < filters.size(); ++at)
      if (random() % 100 < (example.spam ? filters[at].spam : filters[at].ham))
        example.scores.emplace_back(at, filters[at].score);
    REQUIRE(examples->add(example, {0, i * 2654435761u}));
  }
  REQUIRE(examples->divide(TuningOptions::kFolds));
  return std::move(*examples);
}

inline Tunable tunable(const std::string& name, double weight = 1, bool counts = true, bool fitted = true) {
  return {.name = name, .weight = weight, .counts = counts, .fitted = fitted};
}

inline bool go_on(unsigned, unsigned) { return true; }

}  // namespace maildrop::replay::tuning_kit
