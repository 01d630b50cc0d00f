/// generate.h: texts made from the command tree and the tables: the checked-in ones are compared with these.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/route.h"
#include "help.h"

namespace maildrop::cmd {

/// NAME and SYNOPSIS of a manual page in man(7).
std::string man_head(const CommandText& command);
/// OPTIONS, those of subcommands under headings of their own.
std::string man_options(const CommandText& command);
/// COMMANDS of maildrop(1).
std::string man_commands(const CommandText& root);
/// A table of HTTP routes, for maildrop-api(7) and maildrop-admin(8).
std::string man_routes(std::span<const api::Route> routes);

/// Completion scripts for the whole tree.
std::string bash_completion(const CommandText& root);
std::string zsh_completion(const CommandText& root);
std::string fish_completion(const CommandText& root);

/// The help without what follows its first sentence, for a completion's side note.
std::string brief(const std::string& help);

}  // namespace maildrop::cmd
