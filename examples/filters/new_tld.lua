-- new_tld.lua: senders below top-level domains that are sold for nothing.
filter { mode = "score", summary = "The sender's top-level domain is on our list." }

local bad = set("bad_tlds")  -- bad_tlds.txt beside this file, one to a line

function mail(tx, facts)
  local tld = tx.from_domain:match("[^.]+$")
  if bad[tld] then return score(2, "top-level domain " .. tld) end
end
