-- same_subject.lua: a subject that many clients send within an hour.
filter { mode = "score" }

function message(tx, facts)
  if #tx.subject < 10 then return end
  local count, why = facts.count(tx.subject:lower(), 1, 3600)
  if not count then return fail(why) end
  if count > 20 then return score(3, count .. " messages with this subject within an hour") end
end
