/// filter_train_test.cc: maildrop filter train: what it learns, writes and tells.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "capture.h"
#include "filter/bayes_model.h"
#include "filter/bayes_tokens.h"
#include "run_words.h"

namespace maildrop::cmd {
namespace {

/// Two folders of mail, and a place for a model.
struct Lectures {
  Lectures() {
    for (int i = 0; i < 40; ++i) {
      write("spam/" + std::to_string(i), "Subject: free money\n\nbuy cheap pills " + letters(i) + "\n");
      write("ham/" + std::to_string(i), "Subject: dinner\n\nwe lost the game " + letters(i) + "\n");
    }
  }
  static std::string letters(int i) { return std::string(static_cast<std::size_t>(i % 20 + 1), 'x'); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder / name).parent_path());
    std::ofstream(folder / name) << text;
  }
  std::string read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder / name, std::ios::binary).rdbuf();
    return text.str();
  }
  std::string model() const { return folder / "m"; }

  /// `maildrop filter train --to m WORDS`
  test::Ran train(std::vector<std::string> words) const {
    words.insert(words.begin(), {"filter", "train", "--to", model()});
    return test::run_words(words);
  }

  test::Folder folder;
};

}  // namespace

TEST_CASE("filter train: learns of both, adds to what is there, and begins anew when told so") {
  const Lectures mail;
  const test::Ran first = mail.train({"--spam", mail.folder / "spam", "--ham", mail.folder / "ham"});
  CHECK(first.err.empty());
  CHECK(first.status == 0);
  CHECK(first.out.find(" of 40 spam and ") != std::string::npos);
  CHECK(first.out.find("taught until now: 40 spam, 40 ham\n") != std::string::npos);
  const auto model = filter::BayesModel::open(mail.model());
  REQUIRE(model);
  CHECK(model->judge(filter::BayesTokens("\r\ncheap pills").features()) > 0.9);
  CHECK(model->judge(filter::BayesTokens("\r\nthe game").features()) < -0.9);
  const std::string bytes = mail.read("m");
  const test::Ran again = mail.train({"--label-by-folder", mail.folder / "."});
  CHECK(again.out ==
        "learned from 0 of 40 spam and 0 of 40 ham; the others were known\n1 broken\n"
        "taught until now: 80 spam, 80 ham\n");
  CHECK(again.err.find("/m' is no message") != std::string::npos);  // the model, which is no mail
  // Anew, the other way round: the same mail, the same model.
  CHECK(mail.train({"--anew", "-q", "--ham", mail.folder / "ham", "--spam", mail.folder / "spam"}).out.empty());
  CHECK(mail.read("m") == bytes);
}

TEST_CASE("filter train: reports for programs, too") {
  const Lectures mail;
  mail.write("broken/1", "no mail\n");
  const test::Ran run = mail.train(
      {"--json", "-q", "--spam", mail.folder / "spam", "--ham", mail.folder / "ham", "--ham", mail.folder / "broken"});
  CHECK(run.status == 0);
  const auto report = nlohmann::json::parse(run.out);
  CHECK(report["schema"] == "maildrop.trained/1");
  CHECK(report["read"] == nlohmann::json{{"spam", 40}, {"ham", 40}});
  CHECK(report["learned"]["spam"] >= 1);
  CHECK(report["unlabelled"] == 0);
  CHECK(report["broken"] == 1);
  CHECK(report["taught"] == report["read"]);
}

TEST_CASE("filter train: a file is as others are, and keeps its mode") {
  const Lectures mail;
  const auto mode = [&] {
    struct stat found {};
    return ::stat(mail.model().c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
  };
  const mode_t before = ::umask(027);
  CHECK(mail.train({"--spam", mail.folder / "spam"}).status == 0);
  ::umask(before);
  CHECK(mode() == 0640);
  CHECK(::chmod(mail.model().c_str(), 0604) == 0);
  CHECK(mail.train({"--ham", mail.folder / "ham"}).status == 0);
  CHECK(mode() == 0604);
}

TEST_CASE("filter train: what cannot be learned from changes nothing") {
  const Lectures mail;
  CHECK(mail.train({}).status == exit_usage);
  const test::Ran unlabelled = mail.train({mail.folder / "spam"});
  CHECK(unlabelled.status == exit_data);
  CHECK(unlabelled.err.find("nothing has a label") != std::string::npos);
  mail.write("broken/1", "no mail\n");
  CHECK(mail.train({"--spam", mail.folder / "broken"}).status == exit_data);
  CHECK_FALSE(std::filesystem::exists(mail.model()));
  mail.write("m", "no model");
  const test::Ran damaged = mail.train({"--spam", mail.folder / "spam"});
  CHECK(damaged.status == exit_data);
  CHECK(damaged.err.find("--anew") != std::string::npos);
  CHECK(mail.read("m") == "no model");
  const test::Ran some = mail.train({"--anew", "--spam", mail.folder / "spam", mail.folder / "ham/1"});
  CHECK(some.status == 0);
  CHECK(some.out.find("\n1 without a label\n") != std::string::npos);
}

}  // namespace maildrop::cmd
