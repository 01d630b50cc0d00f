/// model_scenes.h: what every store promises of models (store/models.h).
#pragma once

#include "store/stage.h"

namespace maildrop::store::test {

/// `name size` of each.
inline Ids listed(Store& store) {
  Ids lines;
  const auto models = store.models().list();
  REQUIRE(models);
  for (const ModelInfo& model : *models) lines.push_back(model.name + " " + std::to_string(model.size));
  return lines;
}

/// What it is now; `none`: there is none.
inline std::string model_of(Store& store, std::string_view name) {
  const auto model = store.models().get(name);
  REQUIRE(model);
  const auto version = store.models().version(name);
  REQUIRE(version);
  CHECK(*version == (*model ? (*model)->version : 0));
  return *model ? (*model)->bytes : "none";
}

inline const Scene kModelScenes[] = {
    {"where no model is there is none",
     [](Stage& s) {
       CHECK(listed(s.store).empty());
       CHECK(model_of(s.store, "bayes") == "none");
       CHECK(s.store.models().remove("bayes") == false);
       CHECK(listed(s.store).empty());
     }},
    {"a model comes back byte for byte, whatever its size",
     [](Stage& s) {
       std::string large(kModelPiece + 5, 'x');
       for (std::size_t i = 0; i < large.size(); i += 977) large[i] = static_cast<char>(i / 977);
       REQUIRE(s.store.models().put("large", large));
       REQUIRE(s.store.models().put("exact", std::string_view(large).substr(0, kModelPiece)));
       REQUIRE(s.store.models().put("empty", ""));
       CHECK(model_of(s.store, "large") == large);
       CHECK(model_of(s.store, "exact") == large.substr(0, kModelPiece));
       CHECK(model_of(s.store, "empty").empty());
       CHECK(listed(s.store) == Ids{"empty 0", "exact 1048576", "large 1048581"});
     }},
    {"a model that is put takes the place of the one before, under a greater version",
     [](Stage& s) {
       Models& models = s.store.models();
       const auto first = models.put("a", "one"), other = models.put("b", "other"), second = models.put("a", "");
       REQUIRE((first && other && second));
       CHECK(*first >= static_cast<std::uint64_t>(to_millis(s.now())));
       CHECK(*other > *first);
       CHECK(*second > *other);
       CHECK(model_of(s.store, "a").empty());
       CHECK(model_of(s.store, "b") == "other");
       CHECK(models.version("a") == *second);
     }},
    {"a model that was removed has gone, and its version does not come again",
     [](Stage& s) {
       Models& models = s.store.models();
       const auto first = models.put("a", "one");
       REQUIRE(first);
       REQUIRE(models.put("b", "other"));
       CHECK(models.remove("a") == true);
       CHECK(model_of(s.store, "a") == "none");
       CHECK(listed(s.store) == Ids{"b 5"});
       const auto second = models.put("a", "one");
       REQUIRE(second);
       CHECK(*second > *first);
     }},
    {"a model that had a version elsewhere keeps it, and new ones go on above",
     [](Stage& s) {
       Models& models = s.store.models();
       CHECK(models.put("a", "one", 1000) == 1000u);
       CHECK(models.put("a", "two", 500) == 500u);
       CHECK(models.put("b", "other", 500) == 501u);  // no two have the same
       CHECK(models.put("b", "another", 501) == 501u);
       CHECK(model_of(s.store, "a") == "two");
       CHECK(model_of(s.store, "b") == "another");
       CHECK(models.put("a", "late", kMostVersion) == kMostVersion);
       const auto next = models.put("b", "new"), last = models.put("b", "newer");
       REQUIRE((next && last));
       CHECK(*next > kMostVersion);
       CHECK(*last > *next);
       CHECK(models.put("a", "no number", kMostVersion + 1).error().code == Code::invalid);
       CHECK(model_of(s.store, "a") == "late");
     }},
    {"models are no mail: they stay when all of it expires, and no count has them",
     [](Stage& s) {
       REQUIRE(s.store.models().put("bayes", "table"));
       s.put({"bob"});
       CHECK(s.store.stats()->messages == 1);
       s.world.clock.advance(s.caps().max_age + 1s);
       REQUIRE(s.store.purge({}));
       CHECK(s.store.stats()->messages == 0);
       CHECK(walk(s.store).empty());
       CHECK(model_of(s.store, "bayes") == "table");
     }},
    {"what cannot be a model's name is refused",
     [](Stage& s) {
       for (const char* name : {"", "Bayes", "a b", "a/b", "a:b", "../x", "n12345678901234567890123456789012"}) {
         INFO(name);
         const auto put = s.store.models().put(name, "x");
         REQUIRE(!put);
         CHECK(put.error().code == Code::invalid);
         CHECK(s.store.models().get(name).error().code == Code::invalid);
         CHECK(s.store.models().remove(name).error().code == Code::invalid);
       }
     }},
};

}  // namespace maildrop::store::test
