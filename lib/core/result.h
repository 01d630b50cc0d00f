/// result.h: errors as values. What every function that can fail returns.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace maildrop {

/// What a caller may branch on. Everything else a person needs is in Error::what.
enum class Code {
  invalid,      // the input breaks a rule; the same input will fail again
  not_found,    // nothing under that name
  over_limit,   // a named limit is reached; less, or later, may pass
  unavailable,  // something we depend on is down, full or locked
  timed_out,    // no answer by the deadline; it may still happen
  corrupt,      // stored data is not what we wrote
  internal,     // our own fault
};

inline constexpr std::array kAllCodes{Code::invalid,   Code::not_found, Code::over_limit, Code::unavailable,
                                      Code::timed_out, Code::corrupt,   Code::internal};

/// Whether the same may pass later: decided once. HTTP answers such an error 5xx, the exit status is then neither 65
/// nor 66 (both tested), and commands that wait try again. SMTP answers 4xx to any error of a store: no mail is lost.
constexpr bool is_transient(Code code) {
  return code == Code::over_limit || code == Code::unavailable || code == Code::timed_out || code == Code::corrupt ||
         code == Code::internal;
}

std::string_view to_string(Code code);

/// `what`: lower case, no full stop, what failed first, the subject in quotes: `cannot open 'x.db': disk full`.
/// It may hold a stranger's bytes: escape it (text.h) before it is shown.
struct Error {
  Code code = Code::internal;
  std::string what;
};

template <class T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, std::string what) {
  return tl::unexpected<Error>(Error{code, std::move(what)});
}

/// Code::invalid, as most that is read by hand fails: what is wrong, or what a text is that is wrong.
inline tl::unexpected<Error> invalid(std::string what) { return fail(Code::invalid, std::move(what)); }
inline tl::unexpected<Error> invalid(std::string_view text, std::string_view why) {
  return fail(Code::invalid, "'" + std::string(text) + "' " + std::string(why));
}

namespace detail {
template <class T>
T take(tl::expected<T, Error>&& result) {
  return std::move(*result);
}
inline void take(tl::expected<void, Error>&&) {}
}  // namespace detail

}  // namespace maildrop

/// The value of `expr`, or a return of its error from the enclosing function. Not in coroutines (HOUSE: a statement
/// expression must not hold a co_await).
#define TRY(expr)                                                                               \
  __extension__({                                                                               \
    auto try_result_ = (expr);                                                                  \
    if (!try_result_) return tl::unexpected<::maildrop::Error>(std::move(try_result_).error()); \
    ::maildrop::detail::take(std::move(try_result_));                                           \
  })
