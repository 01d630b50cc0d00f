/// place.cc: where the client is: in which country, and in whose network.
#include <algorithm>

#include "core/text.h"
#include "filter/filter.h"
#include "filter/place_database.h"

namespace maildrop::filter {

namespace {

constexpr std::string_view kPlaceTells[] = {"country", "asn", "as_name"};
constexpr std::string_view kPlaceReply = "5.7.1 mail from where you are is not taken here";

template <class T>
bool contains(const std::vector<T>& list, const T& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

class WhereFrom final : public Filter {
 public:
  WhereFrom(const PlaceFilter& settings, Places places, std::vector<FileProblem> problems)
      : settings_(settings), places_(std::move(places)), problems_(std::move(problems)) {}

  std::vector<FileProblem> problems() const override { return problems_; }

  Finding judge(Phase, const mail::Transaction& transaction, Facts& facts) const override {
    if (transaction.peer.local) return {};
    const Place place = look_up(places_, transaction.peer.address);
    if (!place.is_known()) return {};
    tell(place, facts);
    return finding_of(place);
  }

 private:
  static void tell(const Place& place, Facts& facts) {
    if (!place.country.empty()) facts.tell("country", place.country);
    if (place.asn != 0) facts.tell("asn", std::to_string(place.asn));
    if (!place.as_name.empty()) facts.tell("as_name", place.as_name);
  }

  /// What is known; behind what scores, how much.
  struct Sum {
    double score = 0;
    std::string reason{};

    void add(const std::string& what) { reason += (reason.empty() ? "" : ", ") + what; }
    void add(const std::string& what, double points) {
      add(points == 0 ? what : what + " (" + format_number(points) + ")");
      score += points;
    }
  };

  Finding finding_of(const Place& place) const {
    Sum sum;
    const PlaceFilter& has = settings_;
    if (!place.country.empty()) sum.add(place.country, contains(has.countries, place.country) ? has.country_score : 0);
    if (place.asn != 0)
      sum.add("AS" + std::to_string(place.asn) + (place.as_name.empty() ? "" : " ") + place.as_name,
              contains(has.asns, place.asn) ? has.asn_score : 0);
    if (place.drop) sum.add("drop", has.drop_score);
    if (place.anycast) sum.add("anycast");
    if (place.proxy) sum.add("proxy");
    if (place.satellite) sum.add("satellite");
    if (sum.score <= 0) return Finding::score_of(sum.score, std::move(sum.reason));
    return Finding::act(Action::reject, sum.score, std::string(kPlaceReply), std::move(sum.reason));
  }

  PlaceFilter settings_;
  Places places_;
  std::vector<FileProblem> problems_;  // of its files
};

Result<std::unique_ptr<Filter>> make_place(const Config& config) {
  std::vector<FileProblem> problems;
  Places places = TRY(open_places(config.filter.place, problems));
  return std::make_unique<WhereFrom>(config.filter.place, std::move(places), std::move(problems));
}

}  // namespace

extern const FilterKind kPlace{"place",
                               "Where the client is: in which country, and in whose network.",
                               bit(Phase::connect),
                               kPlaceTells,
                               Evidence::wish,
                               [](const FilterSettings& settings) -> const FilterUse& { return settings.place; },
                               make_place};

}  // namespace maildrop::filter
