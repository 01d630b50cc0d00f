/// explain.cc: maildrop explain: what the filters would find, and why, of a transaction that somebody makes up.
#include <memory>

#include "command.h"
#include "explanation.h"

namespace maildrop::cmd {
namespace {

constexpr std::string_view kExplainExamples =
    "maildrop explain --ip 192.0.2.1 --helo mail.example.com --from a@example.com --to bob message.eml\n"
    "maildrop explain --ip 192.0.2.1 --set filter.access.deny=192.0.2.0/24\n"
    "maildrop explain --ip 192.0.2.1 --facts facts.txt --json";

std::function<int()> declare_explain(CLI::App& app, const Globals& globals) {
  auto options = std::make_shared<ExplainOptions>();
  add_explain_options(app, *options)->required();
  return [options, &globals] { return explain("explain", *options, globals); };
}

}  // namespace

extern const Command explain_command{"explain", "Tell what filters find of a transaction, and why.", declare_explain,
                                     false, kExplainExamples};

}  // namespace maildrop::cmd
