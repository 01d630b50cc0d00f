/// text.h: making strangers' text safe to show, and the small formats that settings and screens share.
///
/// What a sender wrote is an attack until shown otherwise: ESC sequences in a terminal, CR and LF in a log,
/// bidi controls anywhere. Every output goes through one of the *_safe functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace maildrop {

enum class Lines { one, many };  // many: newline and tab may stay

/// For a terminal: valid UTF-8, without C0 (but \n and \t with Lines::many; CRLF becomes \n), DEL, C1, ESC, bidi and
/// other format controls (but the joiners U+200C and U+200D), line and paragraph separators. What is taken out becomes
/// U+FFFD.
std::string terminal_safe(std::string_view text, Lines lines = Lines::one);

/// For a log line: as terminal_safe, but joiners are taken out too; what is taken out becomes `\xNN` or `\u{NNNN}`,
/// quotes and backslashes are escaped, and the result is quoted when it is empty or holds a space, `=` or a quote. At
/// most `max` bytes of the text are shown, then `...`.
void append_log_value(std::string& out, std::string_view text, std::size_t max);

/// The text as valid UTF-8: each byte that is not part of a well-formed sequence becomes U+FFFD.
std::string valid_utf8(std::string_view text);
bool is_valid_utf8(std::string_view text);

/// The columns a terminal uses for valid UTF-8 without controls (East Asian wide counts two, combining none).
std::size_t display_width(std::string_view utf8);
/// Cut to at most `columns`, ending in an ellipsis when cut; never within a character or before its combining marks.
std::string cut_to_width(std::string_view utf8, std::size_t columns);

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }  // ASCII
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
std::string to_lower(std::string_view ascii);
bool equals_ignoring_case(std::string_view a, std::string_view b);           // ASCII
std::string_view trim(std::string_view text);                                // spaces, tabs, CR, LF
std::vector<std::string_view> split(std::string_view text, char separator);  // "" gives {""}

/// `'text'`: the subject of an error.
std::string in_quotes(std::string_view text);
/// Adds `entry` to a list, behind `between` where it is not the first.
void append_entry(std::string& list, std::string_view between, std::string_view entry);

/// The candidate nearest to `name` (edit distance at most 2 and less than half its length), or empty.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

/// The first `max` bytes, or up to three fewer, so that no UTF-8 character is cut: half of one would make the whole
/// look like another charset. Bytes that are no UTF-8 are cut at `max`.
std::string_view utf8_prefix(std::string_view text, std::size_t max);

/// 0..15, or -1 for what is no hexadecimal digit.
int hex_digit(char c);
/// Two digits for each byte, small letters.
std::string to_hex(std::string_view bytes);
/// The reverse, letters of either case. invalid: an odd number of digits, or something else.
Result<std::string> from_hex(std::string_view hex);

/// `512KiB`, `10MB`, `4096`: KB MB GB count in thousands, KiB MiB GiB (and K M G) in 1024. Case does not matter.
Result<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);        // exact, reads back: `512KiB`, `1000`
std::string format_size_short(std::uint64_t bytes);  // for people: `512K`, `1.5M`

/// As short as it can be told and read back: `4.5`, `1.1`, `-3`, `1e+20`.
std::string format_number(float number);
std::string format_number(double number);

/// `500ms`, `30s`, `5m`, `24h`, `7d`, and sums of these: `1h30m`. A bare number is refused, but 0.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::milliseconds duration);  // exact, reads back: `1h30m`
std::string format_age(std::chrono::milliseconds age);            // for people: `5s`, `12m`, `3h`, `2d`

}  // namespace maildrop
