/// fuzz_bayes.cc: any bytes as a message, and as a model: what is seen is bounded and safe to show, and a model is read
/// whole or not at all.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "core/text.h"
#include "filter/bayes_model.h"
#include "filter/bayes_tokens.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const BayesTokens tokens(bytes);
  const auto features = tokens.features();
  require(features.size() <= BayesTokens::kMostFeatures);
  require(std::set(features.begin(), features.end()).size() == features.size());
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::string text = tokens.text_of(i);
    require(!text.empty() && terminal_safe(text) == text && text.find(',') == std::string::npos);
  }
  if (!bytes.starts_with("\x28\xB5\x2F\xFD")) return 0;
  const auto model = BayesModel::parse(bytes);
  require(!model || model->bytes().has_value());
  return 0;
}
