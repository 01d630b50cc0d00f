/// local_store.h: the store that the configuration names, opened for a command.
#pragma once

#include <memory>
#include <string>

#include "command.h"
#include "core/clock.h"
#include "mail/inbox.h"
#include "store/backends.h"

namespace maildrop::cmd {

/// The inbox that somebody means by `name`. Prints what is wrong with it and gives 67.
tl::expected<mail::Inbox, int> inbox_named(const std::string& name, const InboxSettings& settings);

/// The folder of a store that nobody named is ours to make; a path that somebody wrote (`url` is `resolved`) is theirs.
void make_state_folder(const std::string& url, const std::string& resolved);

struct LocalStore {
  store::OpenOptions options;  // for its feed
  std::unique_ptr<store::Store> store;
};
/// How to open it. Prints why that makes no sense and gives the status: 66 for one inside another process.
tl::expected<store::OpenOptions, int> local_options(const LoadedConfig& loaded, const Globals& globals,
                                                    const Clock& clock, store::Role role = store::Role::reader);
/// Prints why it cannot be opened and gives the status: 66 where there is none, 77 where permissions keep it from us.
tl::expected<LocalStore, int> open_local_store(const LoadedConfig& loaded, const Globals& globals, const Clock& clock,
                                               store::Role role = store::Role::reader);
/// The same for an error of store::open_feed().
int no_store(const std::string& url, const Error& error);

}  // namespace maildrop::cmd
