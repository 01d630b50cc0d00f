/// classic_alias.cc: numbers to the base of 36, by OpenSSL's large ones.
#include "mail/classic_alias.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "core/config.h"

namespace maildrop::mail {
namespace {

constexpr std::string_view kClassicPrefix = "d-";
constexpr std::size_t kMostLetters = 62;  // with kClassicPrefix the 64 of a local part
constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDecimals = kDigits.substr(0, 10);

struct Free {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(char* text) const { OPENSSL_free(text); }
};
using BigNumber = std::unique_ptr<BIGNUM, Free>;

/// None of this fails but for lack of memory.
void require(bool done) {
  if (!done) throw std::bad_alloc();
}

BigNumber from_decimal(const std::string& digits) {
  BIGNUM* number = nullptr;
  require(BN_dec2bn(&number, digits.c_str()) != 0);
  return BigNumber(number);
}

std::string to_decimal(const BigNumber& number) {
  const std::unique_ptr<char, Free> digits(BN_bn2dec(number.get()));
  require(digits != nullptr);
  return digits.get();
}

/// REQUIRES: is_number(letters).
BigNumber from_base36(std::string_view letters) {
  BigNumber number(BN_new());
  require(number != nullptr);
  for (const char c : letters)
    require(BN_mul_word(number.get(), kDigits.size()) == 1 && BN_add_word(number.get(), kDigits.find(c)) == 1);
  return number;
}

std::string to_base36(BigNumber number) {
  std::string letters;
  while (!BN_is_zero(number.get())) {
    const BN_ULONG digit = BN_div_word(number.get(), kDigits.size());
    require(digit < kDigits.size());
    letters += kDigits[digit];
  }
  std::reverse(letters.begin(), letters.end());
  return letters;
}

/// Whether it is what to_base36() gives of some number above 0.
bool is_number(std::string_view letters) {
  return !letters.empty() && letters.front() != '0' && letters.find_first_not_of(kDigits) == std::string_view::npos;
}

}  // namespace

Result<ClassicAliases> ClassicAliases::make(std::string_view modifier) {
  if (modifier.empty() || modifier.size() > kMostClassicModifier ||
      modifier.find_first_not_of(kDecimals) != std::string_view::npos)
    return fail(Code::invalid, "the modifier of classic aliases is no decimal number");
  return ClassicAliases(modifier);
}

Result<std::string> ClassicAliases::encode(std::string_view name) const {
  if (!is_number(name))
    return fail(Code::invalid, "classic aliases are of names of a-z 0-9 that do not begin with 0 alone");
  constexpr std::string_view kTooLong = "the name is too long for a classic alias";
  if (name.size() > kMostLetters) return fail(Code::over_limit, std::string(kTooLong));  // an alias is never shorter
  std::string digits = to_decimal(from_base36(name));
  digits += '1';  // in front when all is reversed, so that the zeros that come there count
  std::reverse(digits.begin(), digits.end());
  BigNumber number = from_decimal(digits);
  require(BN_add(number.get(), number.get(), from_decimal(modifier_).get()) == 1);
  const std::string letters = to_base36(std::move(number));
  if (letters.size() > kMostLetters) return fail(Code::over_limit, std::string(kTooLong));
  return std::string(kClassicPrefix) + letters;
}

Result<std::string> ClassicAliases::decode(std::string_view alias) const {
  const auto none = [] { return fail(Code::not_found, "it is no classic alias of any name"); };
  if (!alias.starts_with(kClassicPrefix)) return none();
  alias.remove_prefix(kClassicPrefix.size());
  if (alias.size() > kMostLetters || !is_number(alias)) return none();
  const BigNumber number = from_base36(alias);
  require(BN_sub(number.get(), number.get(), from_decimal(modifier_).get()) == 1);
  std::string digits = to_decimal(number);  // perhaps with a minus
  // encode() puts the 1 in front; and what stands last was the first digit of a number.
  if (digits.size() < 2 || digits.front() != '1' || digits.back() == '0') return none();
  std::reverse(digits.begin(), digits.end());
  digits.pop_back();
  return to_base36(from_decimal(digits));
}

}  // namespace maildrop::mail
