/// settings_filter_lua.cc: the rows of filters that are Lua files.
#include "core/filter_rows.h"

namespace maildrop::rows {

void add_lua(std::vector<Setting>& rows) {
  add_use(rows, "lua", [](Config& config) -> FilterUse& { return config.filter.lua; });
  rows.push_back(reloadable(text_row(
      "filter.lua.folder", MEMBER(filter.lua.folder), [](std::string_view) { return Result<void>{}; }, "PATH",
      "Where the Lua files are that are filters, see maildrop-filters(7). What is written there is read again at once. "
      "Empty: there are none. filter.lua.mode is the most that theirs can be.")));
  rows.push_back(reloadable(size_row("filter.lua.memory", {256 * kKiB, kGiB}, MEMBER(filter.lua.memory), "256KiB..1GiB",
                                     "Bytes that a script may hold, for each loop.")));
  rows.push_back(
      reloadable(number_row("filter.lua.instructions", {10'000, 1'000'000'000}, MEMBER(filter.lua.instructions),
                            "10000..1000000000", "Instructions of Lua that a call of a script may take.")));
  rows.push_back(
      reloadable(duration_row("filter.lua.time", {Millis(1), std::chrono::seconds(1)}, MEMBER(filter.lua.time),
                              "1ms..1s", "How long a call of a script may take; what it waits for is not counted.")));
}

}  // namespace maildrop::rows
