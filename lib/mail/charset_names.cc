/// charset_names.cc: the names, in a table of our own.
///
/// Strangers choose the names, and iconv must not see them: where glibc has no gconv-modules.cache, it keeps each name
/// that it was ever asked for (110 bytes), known or not. There is no EBCDIC, which no mail is written in.
#include "mail/charset_names.h"

#include <string>
#include <unordered_map>

#include "core/text.h"

namespace maildrop::mail {
namespace {

constexpr std::size_t kLongestCharset = 40;  // the longest in use is about 30

struct Row {
  std::string_view iconv;
  std::string_view names;  // letters and digits alone
};

constexpr Row kRows[] = {
    {"US-ASCII", "usascii ascii ansix341968 iso646us"},
    {"UTF-8", "utf8 unicode11utf8"},
    {"UTF-7", "utf7 unicode11utf7"},
    {"UTF-16", "utf16"},
    {"UTF-16BE", "utf16be"},
    {"UTF-16LE", "utf16le"},
    {"UTF-32", "utf32"},
    {"UTF-32BE", "utf32be"},
    {"UTF-32LE", "utf32le"},
    {"UCS-2", "ucs2 iso10646ucs2"},
    {"UCS-4", "ucs4 iso10646ucs4"},
    {"WINDOWS-1252", "iso88591 latin1 l1 isoir100 iso885911987 csisolatin1 windows1252 cp1252 xcp1252 ibm819 cp819"},
    {"ISO-8859-2", "iso88592 latin2 l2 csisolatin2"},
    {"ISO-8859-3", "iso88593 latin3 csisolatin3"},
    {"ISO-8859-4", "iso88594 latin4 csisolatin4"},
    {"ISO-8859-5", "iso88595 cyrillic csisolatincyrillic"},
    {"ISO-8859-6", "iso88596 arabic csisolatinarabic"},
    {"ISO-8859-7", "iso88597 greek csisolatingreek"},
    {"ISO-8859-8", "iso88598 iso88598i iso88598e hebrew csisolatinhebrew"},
    {"ISO-8859-9", "iso88599 latin5 csisolatin5"},
    {"ISO-8859-10", "iso885910 latin6 csisolatin6"},
    {"ISO-8859-11", "iso885911"},
    {"ISO-8859-13", "iso885913 latin7"},
    {"ISO-8859-14", "iso885914 latin8"},
    {"ISO-8859-15", "iso885915 latin9 latin0"},
    {"ISO-8859-16", "iso885916 latin10"},
    {"CP1250", "windows1250 cp1250"},
    {"CP1251", "windows1251 cp1251"},
    {"CP1253", "windows1253 cp1253"},
    {"CP1254", "windows1254 cp1254"},
    {"CP1255", "windows1255 cp1255"},
    {"CP1256", "windows1256 cp1256"},
    {"CP1257", "windows1257 cp1257"},
    {"CP1258", "windows1258 cp1258"},
    {"CP874", "windows874 cp874 ibm874"},
    {"KOI8-R", "koi8r cskoi8r koi8"},
    {"KOI8-U", "koi8u koi8ru"},
    {"KOI8-T", "koi8t"},
    {"CP437", "cp437 ibm437"},
    {"CP737", "cp737 ibm737"},
    {"CP775", "cp775 ibm775"},
    {"CP850", "cp850 ibm850"},
    {"CP852", "cp852 ibm852"},
    {"CP855", "cp855 ibm855"},
    {"CP857", "cp857 ibm857"},
    {"CP858", "cp858 ibm858"},
    {"CP860", "cp860 ibm860"},
    {"CP861", "cp861 ibm861"},
    {"CP862", "cp862 ibm862 dos862"},
    {"CP863", "cp863 ibm863"},
    {"CP864", "cp864 ibm864"},
    {"CP865", "cp865 ibm865"},
    {"CP866", "cp866 ibm866 dos866"},
    {"CP869", "cp869 ibm869"},
    {"CP1125", "cp1125"},
    {"ISO-2022-JP", "iso2022jp csiso2022jp"},
    {"ISO-2022-JP-2", "iso2022jp1 iso2022jp2 csiso2022jp2"},
    {"ISO-2022-JP-3", "iso2022jp3"},
    {"ISO-2022-KR", "iso2022kr csiso2022kr"},
    {"ISO-2022-CN", "iso2022cn"},
    {"EUC-JP", "eucjp ujis xeucjp cseucpkdfmtjapanese"},
    {"EUC-JISX0213", "eucjisx0213"},
    {"CP932", "shiftjis sjis xsjis cp932 ms932 mskanji windows31j csshiftjis cswindows31j"},
    {"SHIFT_JISX0213", "shiftjisx0213 shiftjis2004"},
    {"UHC", "euckr uhc ksc56011987 ksc5601 cp949 ms949 windows949 cseuckr"},
    {"JOHAB", "johab"},
    {"GB18030", "gb2312 gb231280 gb18030 gbk xgbk cp936 ms936 windows936 euccn cngb csgb2312"},
    {"BIG5", "big5 cnbig5 csbig5 xxbig5"},
    {"CP950", "cp950 windows950"},
    {"BIG5-HKSCS", "big5hkscs"},
    {"EUC-TW", "euctw xeuctw"},
    {"TIS-620", "tis620"},
    {"VISCII", "viscii csviscii"},
    {"TCVN", "tcvn tcvn5712"},
    {"ARMSCII-8", "armscii8"},
    {"GEORGIAN-PS", "georgianps"},
    {"GEORGIAN-ACADEMY", "georgianacademy"},
    {"PT154", "pt154"},
    {"RK1048", "rk1048"},
    {"MACINTOSH", "macintosh mac macroman xmacroman"},
    {"MAC-CYRILLIC", "maccyrillic xmaccyrillic"},
    {"MAC-CENTRALEUROPE", "maccentraleurope xmacce"},
};

std::unordered_map<std::string_view, std::string_view> by_name() {
  std::unordered_map<std::string_view, std::string_view> out;
  for (const Row& row : kRows) {
    for (const std::string_view name : split(row.names, ' ')) out.emplace(name, row.iconv);
  }
  return out;
}

bool is_punctuation(char c) { return c == '-' || c == '_' || c == '.' || c == ':'; }

}  // namespace

std::vector<std::string_view> iconv_names() {
  std::vector<std::string_view> out;
  for (const Row& row : kRows) out.push_back(row.iconv);
  return out;
}

std::string_view iconv_name(std::string_view charset) {
  static const auto names = by_name();
  if (charset.size() > kLongestCharset) return {};
  std::string name = to_lower(charset);
  std::erase_if(name, is_punctuation);
  const auto found = names.find(name);
  return found == names.end() ? std::string_view() : found->second;
}

}  // namespace maildrop::mail
