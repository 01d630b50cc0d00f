/// filter.h: one opinion about a transaction. The contract that every filter keeps.
///
/// A filter says what it found; the configuration says what that is worth (filter.NAME.mode and weight; scoring.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/config.h"
#include "core/net.h"
#include "core/result.h"
#include "filter/facts.h"
#include "filter/means.h"
#include "filter/verdict.h"
#include "mail/transaction.h"

namespace maildrop::filter {

/// What a filter found at a phase. The default: nothing.
struct Finding {
  Action action = Action::pass;  // what it would have done
  double score = 0;              // how much like spam it is: more is worse, below 0 speaks for it
  std::string reply{};           // `5.7.1 listed by zen.example`, for an action that refuses; the code may be left
                                 // out (scoring.h); empty: the phase's own
  std::string reason{};          // for operators, one line; kept with the message
  Millis delay{0};
  bool allows = false;  // nothing that filters find matters any more, in this session, or from MAIL on in this
                        // transaction
  bool spares = false;  // no sum of scores refuses it any more, as long as `allows` would hold; it is marked as ever
  bool failed = false;  // it cannot tell: filter.NAME.on_error decides
  bool faulty = false;  // and that is a fault of its own: an operator should know

  static Finding score_of(double score, std::string reason) { return {.score = score, .reason = std::move(reason)}; }
  static Finding act(Action action, double score, std::string reply, std::string reason) {
    return {.action = action, .score = score, .reply = std::move(reply), .reason = std::move(reason)};
  }
  static Finding allow(std::string reason) { return {.reason = std::move(reason), .allows = true}; }
  static Finding fail(std::string reason) { return {.reason = std::move(reason), .failed = true}; }
  /// By a service that was asked.
  static Finding unanswered(const Error& why) { return why.code == Code::invalid ? fault(why.what) : fail(why.what); }
  static Finding fault(std::string reason) { return {.reason = std::move(reason), .failed = true, .faulty = true}; }
};

/// What is wrong with a file that filters go by, and keeps none of them from being asked.
struct FileProblem {
  std::string file;
  std::string what;      // why it is not as it is there
  bool older = false;    // what it was before is in its place
  std::string script{};  // of a script: what it is called; empty: of none, or of one whose name is taken
  friend bool operator==(const FileProblem&, const FileProblem&) = default;
};

/// Thread-safe: one for all sessions. Pure: what it gives depends on its arguments alone, so it is the same live, in a
/// test, and in a replay.
class Filter {
 public:
  virtual ~Filter() = default;

  /// Of the phases of its kind, those its settings leave.
  virtual std::uint8_t phases() const { return UINT8_MAX; }

  /// The service that it asks (service::endpoint_of() of its requests); nothing: none.
  virtual std::optional<Endpoint> service() const { return std::nullopt; }

  /// It goes by what it was taught from mail: of that mail its findings tell nothing.
  virtual bool is_taught() const { return false; }

  /// Of the files that it was made with.
  virtual std::vector<FileProblem> problems() const { return {}; }

  /// The transaction is as far as it has come at `phase`; of the recipients the last one is asked about. Where a fact
  /// is not known yet (nullptr) it returns whatever: it is asked again, from the begin, when all that it asked for is
  /// there. What it throws is a failed finding.
  virtual Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const = 0;
};

/// For FilterKind::make, whose errors begin with the setting that is wrong: `url: 'x' names no address`.
template <class T>
Result<T> in_setting(std::string_view setting, Result<T> made) {
  if (made) return made;
  return fail(made.error().code, std::string(setting) + ": " + made.error().what);
}

/// How a filter is made: of its settings, or of them and of Means. Its errors are those of in_setting().
class FilterMaker {
 public:
  using Made = Result<std::unique_ptr<Filter>>;
  using OfConfig = Made (*)(const Config&);
  using OfMeans = Made (*)(const Config&, const Means&);

  template <class Make>
  requires std::is_convertible_v<Make, OfConfig>
  constexpr FilterMaker(Make make) : of_config_(make) {}
  template <class Make>
  requires std::is_convertible_v<Make, OfMeans>
  constexpr FilterMaker(Make make) : of_means_(make) {}

  Made operator()(const Config& config, const Means& means = {}) const {
    return of_means_ != nullptr ? of_means_(config, means) : of_config_(config);
  }

 private:
  OfConfig of_config_ = nullptr;
  OfMeans of_means_ = nullptr;
};

/// What the findings of a filter are evidence of. Who sends spam is told to others by the first alone: by what this
/// server saw itself, and they may want to know.
enum class Evidence : std::uint8_t {
  own,   // of the mail, and of how its client behaves
  list,  // of what somebody else says of them
  wish   // of what we want or remember: said of others, it would feed on itself
};

/// One line of the table of filters.
struct FilterKind {
  std::string_view name;  // as in settings, metrics, traces: [a-z_]
  std::string_view summary;
  std::uint8_t phases;                      // bit() of each it wants to be asked at
  std::span<const std::string_view> tells;  // facts that it tells to those behind it
  Evidence evidence;
  const FilterUse& (*use)(const FilterSettings&);  // its part of the settings
  FilterMaker make;
};

}  // namespace maildrop::filter
