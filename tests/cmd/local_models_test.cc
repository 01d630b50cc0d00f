/// local_models_test: a command has the models of a store that is there, and makes none.
#include "local_models.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

namespace maildrop::cmd {

TEST_CASE("local models: those of the store, which is opened when one is asked for and never made") {
  std::string folder = std::filesystem::temp_directory_path().string() + "/maildrop-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string url = "sqlite:" + folder + "/mail.db";
  {
    const LocalModels models(Config{}, url);
    CHECK(models.version("m") == 0u);
    CHECK(models.model("m")->has_value() == false);
    CHECK(std::filesystem::is_empty(folder));

    const SystemClock clock;
    store::OpenOptions options = store::open_options(Config{}, url, clock);
    options.role = store::Role::writer;
    const auto store = store::open_store(options);
    REQUIRE(store);
    const auto version = (*store)->models().put("m", "table");
    CHECK(models.version("m") == *version);
    CHECK(models.model("m") == "table");
    CHECK(models.means().model("m") == "table");
    CHECK(LocalModels(Config{}, "memory:local").model("m")->has_value() == false);
    CHECK(LocalModels(Config{}, "gopher:x").model("m").error().code == Code::invalid);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace maildrop::cmd
