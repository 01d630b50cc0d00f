/// sample.h: one case for a filter as a file: what is set, who comes, what the world answers, what is wanted.
///
///   # a comment                                  mode, lists, whatever the filter goes by
///   set filter.access.deny = 192.0.2.0/24        `../x`: a file, as seen from the sample's folder
///   peer 192.0.2.1                               the client; `name mail.example.com`: as a balancer told
///   syn 45000034...                              of TCP: the headers by which it came, as hexadecimal digits
///   helo mail.example.com
///   early greeting                               or helo, data: what mail::Early has
///   from a@example.com                           nothing behind it: <>
///   size 4000                                    MAIL's SIZE=; `smtputf8`: its SMTPUTF8
///   to bob@localhost                             each line one more recipient; `to bob` is that inbox
///   dns MX example.com = 10 mx.example.com       as dns/recorded.h has it; `silent`: no answer ever comes
///   ledger 2m put greylist 25h KEY = VALUE       what was done two minutes ago, as store/ledger.h has it: SPACE,
///   ledger 0s add SPACE WINDOW AMOUNT KEY        lifetime, the key, which may have blanks, and perhaps a value
///   ledger 0s take SPACE PERIOD TOKENS BURST COST KEY
///   ledger silent                                no answer ever comes; `unavailable`: it fails
///   call http://127.0.0.1:8000/ = 200 {}         what a service answers: a status, and the body; or `silent`
///   milter 127.0.0.1:8891 = reject rcpt 5.7.1 no what a milter says: pass, quarantine, discard, defer or reject; about
///                                                what; and its text. Or `silent`
///   want connect reject 7 denied by 192.0.2.0/24 PHASE ACTION SCORE REASON; ACTION may be allow or failed
///   want nothing at helo, mail                   it is asked at these phases, and finds nothing
///   want not asked                               at any phase
///   told spf = pass                              a fact that it tells
///   ---
///   the message, its lines ended by CRLF
///
/// The name of the file begins with that of the filter, up to the first `-`, or what `with NAME` adds to it; all others
/// are off. `want` names all that the filter finds which is not silent, in order; of recipients that are refused,
/// behind the others. A sample must have a line with which it fails when nobody asks the filter, or somebody does: a
/// finding, a fact that is told, or one of the last two of `want`.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "filter/lua_script.h"
#include "filter/table_world.h"
#include "filter/verdict.h"
#include "mail/transaction.h"

namespace maildrop::filter {

struct Sample {
  std::string filter;
  std::vector<std::string> with{};
  Config config{};
  mail::Transaction transaction{};  // without recipients
  std::vector<std::string> to{};
  std::vector<std::string> want{};       // findings
  std::vector<Phase> want_nothing_at{};  // where it is asked, and finds nothing
  bool want_not_asked = false;
  std::vector<std::string> told{};  // `spf = pass`
  std::string message{};
};

/// What it says of the world, `world` has then. `clock` is that of `world`. Blocking.
///   not_found  the file cannot be read
///   invalid    `line 3: ...`: it is no sample; or there is nothing in it by which it could fail
Result<Sample> read_sample(const std::string& path, TableWorld& world, FakeClock& clock);

/// An address, or an inbox: that is at the first of our domains.
Result<mail::Address> recipient_of(const std::string& text, const Config& config);

struct SampleFindings {
  std::vector<std::string> found{};  // as `want` has it
  std::vector<std::string> told{};   // of the facts that the sample names
  std::vector<Phase> asked{};        // where the filter was asked, and came to its end; each once
};

/// Filters are those of the table, and `scripts`.
///   not_found  there is no filter of that name
///   invalid    the settings of one are
Result<SampleFindings> play_sample(const Sample& sample, TableWorld& world, const Clock& clock,
                                   std::span<const std::shared_ptr<const LuaScript>> scripts = {});

/// What is wanted and was not found, or the other way round, for people: `wanted ...`, `found  ...`. Empty: it is as
/// wanted.
std::vector<std::string> differences(const Sample& sample, const SampleFindings& findings);

}  // namespace maildrop::filter
