/// setting_rows.cc: values from and to text, and how each is kept.
#include "core/setting_rows.h"

#include <charconv>

#include "core/text.h"

namespace maildrop::rows {

namespace {

Result<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return fail(Code::invalid, "'" + std::string(text) + "' is no whole number");
  return value;
}

Result<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return fail(Code::invalid, "'" + std::string(text) + "' is no number");
  return value;
}

template <class T, class Format>
Result<void> check_range(const T& value, const Range<T>& range, Format format) {
  if (value >= range.least && value <= range.most) return {};
  return fail(Code::invalid, format(value) + " is not in " + format(range.least) + ".." + format(range.most));
}

}  // namespace

Result<std::string_view> single(const Values& values) {
  if (values.size() != 1) return fail(Code::invalid, "one value is needed, not " + std::to_string(values.size()));
  return std::string_view(values.front());
}

Setting number_row(std::string_view key, Range<unsigned> range, Member<unsigned> member, std::string_view values,
                   std::string_view help) {
  Setting row{key, Setting::Type::number, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    const std::uint64_t value = TRY(parse_number(text));
    TRY(check_range<std::uint64_t>(value, {range.least, range.most},
                                   [](std::uint64_t n) { return std::to_string(n); }));
    member(config) = static_cast<unsigned>(value);
    return {};
  };
  row.get = [=](const Config& config) { return Values{std::to_string(member(const_cast<Config&>(config)))}; };
  return row;
}

Setting decimal_row(std::string_view key, Range<double> range, Member<double> member, std::string_view values,
                    std::string_view help) {
  Setting row{key, Setting::Type::decimal, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    const double value = TRY(parse_decimal(text));
    TRY(check_range(value, range, [](double n) { return format_number(n); }));
    member(config) = value;
    return {};
  };
  row.get = [=](const Config& config) { return Values{format_number(member(const_cast<Config&>(config)))}; };
  return row;
}

Setting size_row(std::string_view key, Range<std::uint64_t> range, Member<std::uint64_t> member,
                 std::string_view values, std::string_view help) {
  Setting row{key, Setting::Type::size, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    const std::uint64_t value = TRY(parse_size(text));
    TRY(check_range(value, range, format_size));
    member(config) = value;
    return {};
  };
  row.get = [=](const Config& config) { return Values{format_size(member(const_cast<Config&>(config)))}; };
  return row;
}

Setting duration_row(std::string_view key, Range<Millis> range, Member<Millis> member, std::string_view values,
                     std::string_view help) {
  Setting row{key, Setting::Type::duration, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    const Millis value = TRY(parse_duration(text));
    TRY(check_range(value, range, format_duration));
    member(config) = value;
    return {};
  };
  row.get = [=](const Config& config) { return Values{format_duration(member(const_cast<Config&>(config)))}; };
  return row;
}

Setting boolean_row(std::string_view key, Member<bool> member, std::string_view help) {
  Setting row{key, Setting::Type::boolean, "true | false", help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    if (text != "true" && text != "false")
      return fail(Code::invalid, "'" + std::string(text) + "' is not true or false");
    member(config) = text == "true";
    return {};
  };
  row.get = [=](const Config& config) { return Values{member(const_cast<Config&>(config)) ? "true" : "false"}; };
  return row;
}

Setting text_row(std::string_view key, Member<std::string> member, Result<void> (*check)(std::string_view),
                 std::string_view values, std::string_view help) {
  Setting row{key, Setting::Type::text, values, help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    TRY(check(text));
    member(config) = text;
    return {};
  };
  row.get = [=](const Config& config) { return Values{member(const_cast<Config&>(config))}; };
  return row;
}

Setting endpoints_row(std::string_view key, Member<std::vector<Endpoint>> member, std::string_view help) {
  return list_row(
      key, member, [](const std::string& text) { return Endpoint::parse(text); },
      [](const Endpoint& endpoint) { return endpoint.to_string(); }, "ADDRESS:PORT | *:PORT | unix:PATH | fd:NAME, ...",
      help);
}

/// Permissions of a file, in octal as everywhere.
Setting mode_row(std::string_view key, Member<unsigned> member, std::string_view help) {
  Setting row{key, Setting::Type::text, "0..0777, octal", help, false, false, {}, {}};
  row.set = [=](Config& config, const Values& given) -> Result<void> {
    const std::string_view text = TRY(single(given));
    unsigned mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || mode > 0777)
      return fail(Code::invalid, "'" + std::string(text) + "' is no mode: write it in octal, such as 0660");
    member(config) = mode;
    return {};
  };
  row.get = [=](const Config& config) {
    const unsigned mode = member(const_cast<Config&>(config));
    std::string digits = "0000";
    for (unsigned i = 0; i < 4; ++i) digits[3 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7));
    return Values{digits};
  };
  return row;
}

Setting networks_row(std::string_view key, Member<std::vector<Network>> member, std::string_view help) {
  return list_row(
      key, member, [](const std::string& text) { return Network::parse(text); },
      [](const Network& network) { return network.to_string(); }, "NETWORK, ...", help);
}

Setting never_empty(Setting row, std::string_view or_else) {
  row.set = [set = std::move(row.set), or_else](Config& config, const Values& given) -> Result<void> {
    if (given.empty()) return fail(Code::invalid, "is empty, and " + std::string(or_else));
    return set(config, given);
  };
  return row;
}

Setting reloadable(Setting row) {
  row.reloadable = true;
  return row;
}

}  // namespace maildrop::rows
