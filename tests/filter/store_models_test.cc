/// store_models_test.cc: what filters learn from is asked for once, and again when it is another.
#include "filter/store_models.h"

#include <catch2/catch.hpp>
#include <map>

#include "filter/chain_source.h"
#include "store/backends.h"

namespace maildrop::filter {
namespace {

using Names = std::vector<std::string>;

struct FakeModels final : Models {
  std::map<std::string, store::Model, std::less<>> all;
  bool down = false, damaged = false, unreadable = false;
  mutable int read = 0, asked = 0;

  Result<std::optional<std::string>> model(std::string_view name) const override {
    ++read;
    if (down || unreadable) return fail(Code::unavailable, "down");
    if (damaged) return fail(Code::corrupt, "damaged");
    const auto at = all.find(name);
    if (at == all.end()) return std::nullopt;
    return at->second.bytes;
  }
  Result<std::uint64_t> version(std::string_view name) const override {
    ++asked;
    if (down) return fail(Code::unavailable, "down");
    const auto at = all.find(name);
    return at == all.end() ? std::uint64_t{0} : at->second.version;
  }
};

std::string made_of;  // the last filter: its model, or why there is none

class Learnt final : public Filter {
 public:
  Finding judge(Phase, const mail::Transaction&, Facts&) const override { return {}; }
};

Result<std::unique_ptr<Filter>> make_learnt(const Config&, const Means& means) {
  const auto model = means.model("m");
  made_of = !model ? model.error().what : model->value_or("none");
  return std::make_unique<Learnt>();
}

const FilterUse& in_use(const FilterSettings&) {
  static const FilterUse use{.mode = FilterUse::Mode::enforce};
  return use;
}

const FilterKind kLearns{"learns", "goes by a model", bit(Phase::mail), {}, Evidence::own, in_use, make_learnt};
const FilterKind kSimple{"simple",
                         "goes by nothing",
                         bit(Phase::mail),
                         {},
                         Evidence::own,
                         in_use,
                         [](const Config&) -> Result<std::unique_ptr<Filter>> { return std::make_unique<Learnt>(); }};

}  // namespace

TEST_CASE("models of a store are what filters are made of") {
  const SystemClock clock;
  store::OpenOptions options;
  options.url = "memory:models";
  options.role = store::Role::writer;
  options.clock = &clock;
  const auto store = store::open_store(options);
  REQUIRE(store);
  const StoreModels models((*store)->models());
  CHECK(models.version("m") == 0u);
  CHECK(models.model("m")->has_value() == false);
  const auto version = (*store)->models().put("m", "table");
  CHECK(models.version("m") == *version);
  CHECK(models.model("m") == "table");
  CHECK(models.model("no name").error().code == Code::invalid);
  REQUIRE(Chain::make({}, {&kLearns, 1}, {}, {&models}));
  CHECK(made_of == "table");
  REQUIRE(Chain::make_for("learns", {}, {&kLearns, 1}, {}, {&models}));
  CHECK(made_of == "table");
  REQUIRE(Chain::make({}, {&kLearns, 1}));
  CHECK(made_of == "none");
}

TEST_CASE("a chain is made again when a model that it was made of is another") {
  FakeModels models;
  models.all["m"] = {1, "one"};
  ChainSource source({&models}, {&kLearns, 1});
  CHECK(source.renew_models() == Names{});
  const auto first = source.make({});
  REQUIRE(first);
  CHECK(made_of == "one");

  models.all["other"] = {5, "nobody asked for it"};
  const int read = models.read;
  CHECK(source.renew_models() == Names{});
  CHECK(models.read == read);
  CHECK(source.latest() == *first);

  models.all["m"] = {2, "two"};
  CHECK(source.renew_models() == Names{"m"});
  CHECK(made_of == "two");
  CHECK(source.latest() != *first);
  CHECK(source.renew_models() == Names{});

  models.all.erase("m");
  CHECK(source.renew_models() == Names{"m"});
  CHECK(made_of == "none");
  models.all["m"] = {3, "three"};
  CHECK(source.renew_models() == Names{"m"});
  CHECK(made_of == "three");
}

TEST_CASE("while a store does not answer, filters stay as they are") {
  FakeModels models;
  models.all["m"] = {1, "one"};
  ChainSource source({&models}, {&kLearns, 1});
  REQUIRE(source.make({}));
  const auto chain = source.latest();
  models.down = true;
  models.all["m"] = {2, "two"};
  CHECK(source.renew_models() == Names{});
  CHECK(source.latest() == chain);
  models.down = false;
  CHECK(source.renew_models() == Names{"m"});
  CHECK(made_of == "two");
}

TEST_CASE("filters that were made while a store was down are made again when it answers") {
  FakeModels models;
  models.all["m"] = {1, "one"};
  models.down = true;
  ChainSource source({&models}, {&kLearns, 1});
  REQUIRE(source.make({}));
  CHECK(made_of == "down");
  CHECK(source.renew_models() == Names{});
  models.down = false;
  models.unreadable = true;
  CHECK(source.renew_models() == Names{});  // no news, and it goes on looking
  models.unreadable = false;
  CHECK(source.renew_models() == Names{"m"});
  CHECK(made_of == "one");
}

TEST_CASE("a damaged model is read once, until it is another") {
  FakeModels models;
  models.all["m"] = {1, "one"};
  models.damaged = true;
  ChainSource source({&models}, {&kLearns, 1});
  REQUIRE(source.make({}));
  CHECK(made_of == "damaged");
  const int read = models.read;
  CHECK(source.renew_models() == Names{});
  CHECK(models.read == read);
  models.damaged = false;
  models.all["m"] = {2, "two"};
  CHECK(source.renew_models() == Names{"m"});
  CHECK(made_of == "two");
}

TEST_CASE("a reload while a model cannot be had keeps the one there was, and says so") {
  FakeModels models;
  models.all["m"] = {1, "one"};
  ChainSource source({&models}, {&kLearns, 1});
  REQUIRE(source.make({}));
  SECTION("the store does not answer") { models.down = true; }
  SECTION("nor what is in it") { models.unreadable = true; }
  SECTION("it is damaged") { models.damaged = true; }
  for (int i = 0; i < 2; ++i) {
    REQUIRE(source.make({}));
    CHECK(made_of == "one");
    REQUIRE(source.problems().size() == 1);
    CHECK(source.problems().front().older);
    CHECK(source.renew_models() == Names{});
    CHECK(made_of == "one");
  }
  models.down = models.unreadable = models.damaged = false;
  models.all["m"] = {2, "two"};
  CHECK(source.renew_models() == Names{"m"});
  CHECK(made_of == "two");
  CHECK(source.problems().empty());
}

TEST_CASE("where no filter goes by models nobody asks for any") {
  FakeModels models;
  ChainSource source({&models}, {&kSimple, 1});
  REQUIRE(source.make({}));
  CHECK(source.renew_models() == Names{});
  CHECK(models.read + models.asked == 0);
}

}  // namespace maildrop::filter
