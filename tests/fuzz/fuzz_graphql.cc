/// fuzz_graphql.cc: any bytes as a GraphQL request; the lines before the first empty one are its variables, as JSON.
/// What is read stays within its bounds, and what it asks for are only fields and arguments that there are.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/graphql_call.h"
#include "core/text.h"

using namespace maildrop;
using namespace maildrop::api;

namespace {

constexpr GraphqlParameter kParameters[] = {{"mailbox"}, {"id", false}};
constexpr std::string_view kLeaves[] = {"id", "subject"};

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
bool is_fine(const GraphqlResult<T>& result, std::string_view text) {
  if (result) return true;
  require(!result.error().message.empty() && result.error().at <= text.size());
  const GraphqlPlace place = graphql_place(text, result.error().at);
  require(place.line >= 1 && place.column >= 1 && place.line + place.column <= text.size() + 2);
  return false;
}

std::size_t count(const std::vector<GraphqlField>& fields, std::size_t depth) {
  require(fields.empty() || depth <= kMostGraphqlDepth);
  std::size_t all = fields.size();
  for (const GraphqlField& field : fields) all += count(field.fields, depth + 1);
  return all;
}

void check_tokens(std::string_view text) {
  const auto tokens = graphql_tokens(text);
  if (!is_fine(tokens, text)) return;
  require(!tokens->empty() && tokens->size() <= kMostGraphqlTokens + 1);
  require(tokens->back().kind == GraphqlToken::Kind::end);
  for (const GraphqlToken& token : *tokens) require(token.at <= text.size());
}

void check_field(const GraphqlField& field, const GraphqlOperation& operation, const Json& variables,
                 std::string_view text) {
  const auto arguments = graphql_arguments(field, kParameters, operation, variables);
  if (is_fine(arguments, text)) {
    require(arguments->contains("mailbox") && arguments->size() <= std::size(kParameters));
    const bool plain = is_valid_utf8(text);  // as what comes by JSON or in a query always is
    for (const auto& [name, value] : *arguments) require(!plain || is_valid_utf8(value));
  }
  if (is_fine(check_graphql_leaves(field, kLeaves), text)) require(field.fields.size() <= kMostGraphqlFields);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t empty = all.find("\n\n");
  const bool has_variables = empty != std::string_view::npos;
  const std::string_view text = has_variables ? all.substr(empty + 2) : all;
  const Result<Json> given = parse_json(has_variables ? all.substr(0, empty) : "null");
  const Json variables = given && given->is_object() ? *given : Json(nullptr);

  check_tokens(text);
  const auto operations = parse_graphql(text);
  if (!is_fine(operations, text)) return 0;
  require(!operations->empty());
  std::size_t fields = 0;
  for (const GraphqlOperation& operation : *operations) {
    require(operation.at <= text.size());
    fields += count(operation.fields, 1);
    const auto found = graphql_operation(*operations, operation.name);
    if (is_fine(found, text)) require(*found != nullptr);
    const auto values = graphql_variables(operation, variables);
    if (!is_fine(values, text)) continue;
    require(values->size() <= operation.variables.size());
    for (const GraphqlField& field : operation.fields) check_field(field, operation, *values, text);
  }
  require(fields <= kMostGraphqlFields);
  return 0;
}
