-- own_list.lua: a list of addresses in the DNS, asked by hand, and a name that must be there.
filter { mode = "observe", timeout = 0.5 }

function connect(tx, facts)
  local listed, why = facts.dns(facts.reverse("bl.example.net"), "a")
  if listed then return reject("5.7.1 listed by bl.example.net", "listed: " .. listed[1]) end
  if why ~= "no_name" and why ~= "no_data" then return fail("bl.example.net: " .. why) end
end
