/// graphql_lexer.h: the text of a GraphQL request, cut into tokens. GraphQL of October 2021, section 2.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop::api {

/// `message` is a fixed phrase: nothing of what a stranger wrote.
struct GraphqlError {
  std::string_view message;
  std::size_t at = 0;  // offset into the text
};

inline tl::unexpected<GraphqlError> graphql_fault(std::string_view message, std::size_t at) {
  return tl::unexpected(GraphqlError{message, at});
}

template <class T>
using GraphqlResult = tl::expected<T, GraphqlError>;

struct GraphqlToken {
  enum class Kind : std::uint8_t { end, sign, name, number, string };
  Kind kind = Kind::end;
  std::string text;  // a string's value; of others as they are written
  std::size_t at = 0;
};

inline constexpr std::size_t kMostGraphqlTokens = 1000;  // the longest query that a client was seen to send has 60

/// Commas, comments and blanks are no tokens. The last one is Kind::end. O(n).
GraphqlResult<std::vector<GraphqlToken>> graphql_tokens(std::string_view text);

/// From 1, both; a column is a byte.
struct GraphqlPlace {
  std::size_t line = 1;
  std::size_t column = 1;
};
GraphqlPlace graphql_place(std::string_view text, std::size_t at);

}  // namespace maildrop::api
