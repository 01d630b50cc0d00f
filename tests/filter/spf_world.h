/// spf_world.h: the DNS as a table, that answers at once or later.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/text.h"
#include "filter/spf_check.h"

namespace maildrop::filter::test {

class SpfWorld {
 public:
  enum class Pace {
    at_once,
    in_rounds,   // all that was asked in a try is known in the next
    one_by_one,  // of all that is not known yet, what was asked last
  };

  /// `put("example.com", "MX", "10 mx.example.com")`; a name without a type is there without records.
  void put(std::string_view name, std::string_view type, std::string_view value) {
    auto& records = names_[to_lower(name)];
    dns::Record record;
    if (type == "CNAME") {
      aliases_[to_lower(name)] = to_lower(value);
      return;
    }
    const dns::Type of = *dns::parse_type(type);
    if (of == dns::Type::a || of == dns::Type::aaaa) {
      record.address = *IpAddress::parse(value);
    } else if (of == dns::Type::mx) {
      record.preference = static_cast<unsigned>(std::stoul(std::string(value)));
      record.text = to_lower(value.substr(value.find(' ') + 1));
      if (record.text == ".") record.text.clear();
    } else {
      record.text = of == dns::Type::txt ? std::string(value) : to_lower(value);
    }
    records[of].insert(record);
  }
  /// For what else is asked about that name there is no answer.
  void silence(std::string_view name) {
    silent_.insert(to_lower(name));
    names_[to_lower(name)];
  }

  SpfOutcome check(const SpfQuery& query, Pace pace = Pace::at_once) {
    known_.clear();
    rounds = most_asked = 0;
    for (;;) {
      REQUIRE(++rounds < 500);
      std::vector<dns::Question> missing;
      unsigned asked = 0;
      const std::optional<SpfOutcome> outcome = spf_check(query, [&](const dns::Question& question) {
        ++asked;
        if (const auto found = known_.find(question); found != known_.end()) return &found->second;
        if (pace == Pace::at_once) return &(known_[question] = answer(question));
        missing.push_back(question);
        return static_cast<dns::Answer*>(nullptr);
      });
      most_asked = std::max(most_asked, asked);
      CHECK(outcome.has_value() == missing.empty());
      if (outcome) return *outcome;
      if (pace == Pace::one_by_one) missing.erase(missing.begin(), missing.end() - 1);
      for (const dns::Question& question : missing) known_[question] = answer(question);
    }
  }

  bool was_asked(std::string_view name, dns::Type type) const {
    return known_.contains(*dns::Question::make(name, type));
  }

  unsigned rounds = 0;
  unsigned most_asked = 0;  // in one round

 private:
  dns::Answer answer(const dns::Question& question) const {
    std::string name = question.name;
    for (int i = 0; i < 10; ++i) {
      const auto there = names_.find(name);
      if (there == names_.end()) return {.status = dns::Status::no_name};
      if (const auto records = there->second.find(question.type); records != there->second.end())
        return {.status = dns::Status::found, .records = {records->second.begin(), records->second.end()}};
      if (silent_.contains(name)) return {.status = dns::Status::timed_out};
      const auto alias = aliases_.find(name);
      if (alias == aliases_.end()) return {.status = dns::Status::no_data};
      name = alias->second;
    }
    return {.status = dns::Status::failed};
  }

  std::map<std::string, std::map<dns::Type, std::set<dns::Record>>> names_;
  std::map<std::string, std::string> aliases_;
  std::set<std::string> silent_;
  std::map<dns::Question, dns::Answer> known_;
};

}  // namespace maildrop::filter::test
